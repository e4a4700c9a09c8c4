"""Where things stand in this repository, for the house tests."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "streamproc"


@cache
def pyproject() -> dict[str, Any]:
    """``pyproject.toml``, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git would commit from here: tracked, or new and not ignored."""
    listed = subprocess.run(
        [
            *("git", "-c", "safe.directory=*", "ls-files"),
            *("-z", "--cached", "--others", "--exclude-standard"),
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    paths = sorted({ROOT / name for name in listed.decode().split("\0") if name})
    return tuple(path for path in paths if path.is_file())


def python_files(*folders: str) -> list[Path]:
    """The Python modules below these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def names(paths: list[Path]) -> list[str]:
    """The paths as a person writes them, for test ids and messages."""
    return [str(path.relative_to(ROOT)) for path in paths]
