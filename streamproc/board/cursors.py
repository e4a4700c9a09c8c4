"""Cursors: where a page ended, so that the next one goes on there though everything moves.

A cursor is a place in an order, written out: whatever has its form is one, and none is ever out of date.
"""

from __future__ import annotations

from typing import Final

Place = tuple[int, int, str]
"""A sort key: two numbers and an id."""

CURSOR: Final = r"^-?[0-9]~-?[0-9]{1,18}~[A-Za-z0-9_.:-]{1,160}(?!\n)$"
LENGTH_MAX: Final = 200


def cursor_of(place: Place) -> str:
    """A cursor behind a place."""
    first, second, name = place
    return f"{first}~{second}~{name}"


def place_of(cursor: str) -> Place:
    """The place that a cursor stands behind. Shapes: ``cursor`` has the form of one."""
    first, second, name = cursor.split("~")
    return int(first), int(second), name
