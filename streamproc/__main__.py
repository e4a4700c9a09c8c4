"""``python -m streamproc``: the command line."""

from __future__ import annotations

from streamproc.cli.main import main

if __name__ == "__main__":
    main()
