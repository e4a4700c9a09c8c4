"""Labelled lines read from disk, and which files the commands about comments go by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from streamproc.cli.config import settings_of
from streamproc.errors import BadInput
from streamproc.lexicons.files import read_text


class Named(NamedTuple):
    """The files that were asked for."""

    catalog: Path | None
    lexicon: Path | None


def named(catalog: Path | None, lexicon: Path | None) -> Named:
    """The files of the options, or those of the settings. Errors: ``BadSetting``."""
    held = settings_of().comments
    return Named(
        catalog or (Path(held.catalog) if held.catalog else None),
        lexicon or (Path(held.lexicon) if held.lexicon else None),
    )


def labelled_lines(file: Path) -> list[dict[str, Any]]:
    """The lines of a labelled file. Errors: ``BadInput`` naming the first line that is none."""
    lines = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            lines.append({**found, "text": str(found["text"]), "labels": list(found["labels"])})
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput(
                "the line is no labelled comment",
                where=f"{file}:{number}",
                hint='each line needs "text" and "labels"',
            ) from error
    return lines
