"""What was made of each string so far, remembered within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, TypeVar

MOST_REMEMBERED: Final = 1 << 16
MOST_CHARS: Final = 200
"""What is longer hardly comes twice."""
T = TypeVar("T")


class MemoOfMany(Generic[T]):
    """What was made of each string so far, as ``Memo``, made of all at once that are not known.

    Shapes: ``make`` gives one for each string, in order; none comes twice.
    """

    def __init__(self, make: Callable[[Sequence[str]], Iterable[T]]) -> None:
        self._make = make
        self._known: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def of(self, keys: Sequence[str]) -> list[T]:
        """What is made of each, in order."""
        known = self._known
        missing = list(set(keys).difference(known))
        if len(known) + len(missing) > MOST_REMEMBERED:
            known.clear()
            missing = list(set(keys))
        if missing:
            known.update(zip(missing, self._make(missing), strict=True))
        found = list(map(known.__getitem__, keys))
        for key in missing:
            if len(key) > MOST_CHARS:
                del known[key]
        return found


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
