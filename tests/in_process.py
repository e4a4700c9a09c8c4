"""The command line within a test's own process: what it said, and its exit code."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from streamproc.cli.main import main


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run a command to its end."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    return Ended(int(ended.value.code or 0), printed.out, printed.err)
