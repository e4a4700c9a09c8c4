"""How the program begins and ends where nobody can be told."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from streamproc.cli.display import LiveTable
from streamproc.errors import FlushFailed

GOLDEN = Path(__file__).parents[2] / "golden" / "replay.jsonl"
INTERRUPTED_AT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["streamproc", "topics", "--help"]
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
from streamproc.cli.entry import start
start()
"""


@pytest.mark.parametrize("name", ["typer", "streamproc.cli.topics", "aiokafka"])
def test_an_interrupt_while_it_loads_ends_it_without_a_word(name: str) -> None:
    program = INTERRUPTED_AT.format(name=name)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_an_interrupt_of_a_loaded_command_is_the_commands_to_handle() -> None:
    program = (
        "import signal, sys\n"
        "from streamproc.cli.entry import listen_to_interrupts\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "listen_to_interrupts()\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "listen_to_interrupts()\n"
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_encoding_that_lacks_a_sign_does_not_end_it() -> None:
    ascii_only = ["env", "PYTHONIOENCODING=ascii", sys.executable]
    ended = subprocess.run(
        [*ascii_only, "-m", "streamproc", "replay", str(GOLDEN)], capture_output=True
    )

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"host-a" in ended.stdout
    assert ended.stdout.isascii()


@pytest.mark.parametrize(
    "program",
    [
        "from streamproc.cli.terminal import end_at_once; end_at_once(FlushFailed('full'))",
        "import streamproc.cli.main as m; m.build = fail; m.main(['topics'])",
    ],
    ids=["at once", "in order"],
)
def test_an_error_that_cannot_be_told_ends_with_its_code(program: str) -> None:
    begin = (
        "from streamproc.errors import FlushFailed\ndef fail(given): raise FlushFailed('full')\n"
    )
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", begin + program], stderr=full)

    assert ended.returncode == FlushFailed.exit_code


def test_a_terminal_that_was_closed_ends_no_worker() -> None:
    master, slave = pty.openpty()
    terminal = os.fdopen(slave, "w")
    with LiveTable(Console(file=terminal)) as table:
        table.note("connecting")
        os.close(master)

        table.note("connecting again")
        table.note("and again")
    with pytest.raises(OSError, match="Input/output"):
        terminal.close()  # what it could not take
