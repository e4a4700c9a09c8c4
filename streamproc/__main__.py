"""``python -m streamproc``: the command line."""

from __future__ import annotations

from streamproc.cli.entry import start

if __name__ == "__main__":
    start()
