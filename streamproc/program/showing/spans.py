"""Which minutes there are of each broadcast, so that nobody need look for them among all records."""

from __future__ import annotations

from typing import Final

from streamproc.program.keys import NUMBER_BYTES, SEPARATOR

_HEAD: Final = 2
_TAIL: Final = NUMBER_BYTES + len(SEPARATOR)


class Span:
    """From which minute to which there may be any.

    Shapes: ``last`` is below ``first`` where there are none.
    """

    __slots__ = ("first", "last")

    def __init__(self, first: int = 0, last: int = -1) -> None:
        self.first = first
        self.last = last

    def numbers(self) -> range:
        """The numbers of those minutes."""
        return range(self.first, self.last + 1)


class Spans:
    """The spans of the broadcasts of a partition, by their ids, and the ids of those with minutes."""

    def __init__(self) -> None:
        self._spans: dict[bytes, Span] = {}

    def of(self, ids: bytes) -> Span:
        """The span of a broadcast; it grows as minutes are noted."""
        return self._spans.setdefault(ids, Span())

    def note(self, key: bytes) -> bytes:
        """A minute was written or restored; the ids of its broadcast."""
        ids, number = key[_HEAD:-_TAIL], int.from_bytes(key[-NUMBER_BYTES:], "big")
        span = self._spans.get(ids)
        if span is None:
            self._spans[ids] = Span(number, number)
        elif number > span.last:
            if span.last < span.first:
                span.first = number
            span.last = number
        elif number < span.first:
            span.first = number
        return ids

    def forget(self, oldest: int) -> None:
        """There is no minute any more that comes before one."""
        for ids, span in list(self._spans.items()):
            if span.last < oldest:
                del self._spans[ids]
            else:
                span.first = max(span.first, oldest)
