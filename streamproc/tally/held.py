"""A record of the state that is open: what it tells, and whether that changed."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """What is told under a key.

    Shapes: ``dirty`` if it changed since it was written; ``number`` of the minute, if it is of one.
    """

    __slots__ = ("dirty", "key", "number", "told")

    def __init__(self, key: bytes, told: T, number: int = -1) -> None:
        self.key = key
        self.dirty = False
        self.told = told
        self.number = number
