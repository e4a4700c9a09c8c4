"""Where the program ``streamproc`` begins: what must hold before anything is imported.

Imports take most of a second. Who presses Ctrl-C meanwhile ends a program that has done nothing, and
needs no traceback to know it.
"""

from __future__ import annotations

import io
import signal
import sys


def start() -> None:
    """Run the command line; until it is loaded, an interrupt ends the process without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from streamproc.cli.main import main

    main()


def listen_to_interrupts() -> None:
    """From now on an interrupt is Python's to handle: the command is loaded.

    Shapes: whoever ignores interrupts, as ``nohup`` does, goes on ignoring them.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def write_what_can_be_written() -> None:
    """Let output show a sign for what a terminal's encoding lacks, rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
