"""What reading comments is measured by: lines as people type them, and the floors that must be reached."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from streamproc.cli.comment_files import labelled_lines

_FOLDER: Final = Path(__file__).parent
FLOORS: Final[dict[str, Any]] = tomllib.loads((_FOLDER / "comments_floors.toml").read_text("utf-8"))

Line = dict[str, Any]


def typed_lines() -> list[Line]:
    """The labelled lines, the traps among them: more of these than in a room."""
    return labelled_lines(_FOLDER / "comments_typed.jsonl")
