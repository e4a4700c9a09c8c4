"""What was made of each string so far, remembered within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

MOST_REMEMBERED: Final = 1 << 16
MOST_CHARS: Final = 200
"""What is longer hardly comes twice."""
T = TypeVar("T")


class Memo(dict[str, T]):
    """What was made of each string so far: of so many at most, and of short ones only.

    Shapes: ask by subscript; ``make`` is called where nothing is remembered.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> T:
        made = self._make(key)
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        if len(key) <= MOST_CHARS:
            self[key] = made
        return made
