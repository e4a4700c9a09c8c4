"""The page of exit codes, written from the errors: ``python -m tests.house.exit_codes``."""

from __future__ import annotations

import inspect
import sys

from streamproc import errors
from streamproc.errors import StreamprocError

OTHERS = {
    0: ("", "all is well; for `verify` and `demo --check`: everything agrees"),
    2: ("", "the command line is wrong; `--help` shows what it takes"),
}
HEAD = """\
# Exit codes

Written by `make docs` from `streamproc/errors.py`; do not edit by hand.

Every failure is told in three parts: what happened, where, and what to do. A process manager may
restart the worker after any of them: a restart never changes a total. Where the cause does not go
away by itself (a setting, a lost changelog), the worker stops again with the same code, and nothing
was acknowledged.

| code | error | meaning |
|---:|---|---|
"""


def kinds() -> list[type[StreamprocError]]:
    """Every kind of error, by its code."""
    found = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, StreamprocError)
    ]
    return sorted(found, key=lambda kind: kind.exit_code)


def page() -> str:
    """The page, as Markdown."""
    rows = {kind.exit_code: (kind.__name__, kind.meaning) for kind in kinds()} | OTHERS
    lines = (
        f"| {code} | {f'`{name}`' if name else ''} | {meaning} |"
        for code, (name, meaning) in sorted(rows.items())
    )
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
