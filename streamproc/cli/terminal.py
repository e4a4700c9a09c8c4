"""What people see of an error: one screen, on stderr."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from streamproc.errors import StreamprocError

WIDTH_WITHOUT_TERMINAL = 140
EXIT_OF_SIGNAL = 128
"""And the signal's number: what a process ends with that a signal has stopped."""
INTERRUPTED = EXIT_OF_SIGNAL + signal.SIGINT


def output_console(*, stderr: bool = False) -> Console:
    """Where results go: as wide as the terminal, or wide enough for every table in a file."""
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_WITHOUT_TERMINAL
    return console


def error_console() -> Console:
    """Where errors and progress go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def tell(error: StreamprocError) -> None:
    """Print what happened, where, what to do, and the exit code that follows."""
    text = Text()
    text.append("streamproc: ", style="bold red")
    text.append(f"{error.what}\n", style="bold")
    for name, words in (("where", error.where), ("what to do", error.hint)):
        if words:
            text.append(f"  {name + ':':<12}", style="dim")
            text.append(f"{words}\n")
    text.append(f"  {'exit code:':<12}", style="dim")
    text.append(f"{error.exit_code} ({type(error).__name__}, docs/exit-codes.md)")
    error_console().print(text)


def end_at_once(error: StreamprocError) -> NoReturn:
    """Tell an error and end the process without a graceful stop.

    A worker that was fenced, or whose flush failed, must not wait for anything that it still holds. It ends
    also where nobody can be told, as where the log is on the disk that is full.
    """
    try:
        tell(error)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(error.exit_code)
