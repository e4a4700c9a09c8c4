"""The function library: its text, and its name, which holds a digest of the text."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

_FILE: Final = "functions.lua"
_PLACE: Final = "@LIBRARY@"
_DIGEST_LENGTH: Final = 8
FAMILY: Final = "streamproc_"
"""What the name of every release's library begins with."""


@cache
def library_name() -> str:
    """What the library is called; it changes with its text, so that releases can run side by side."""
    digest = hashlib.sha256(_text().encode()).hexdigest()
    return f"{FAMILY}{digest[:_DIGEST_LENGTH]}"


@cache
def library_source() -> str:
    """What ``FUNCTION LOAD`` takes."""
    return _text().replace(_PLACE, library_name())


def function(name: str) -> bytes:
    """What the server calls one of its functions."""
    return f"{library_name()}_{name}".encode()


def _text() -> str:
    return files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
