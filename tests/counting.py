"""A small program for tests of the engine: every way to lose, double or tear a record shows in it.

Per topic: a count and a sum by record key; one state key by event id, which counts how often the event
was folded; and the key's last event id as a state key of its own, so that keys are deleted too. Once
its partition is caught up, ``tick`` says so in the state.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from streamproc.errors import NewerState
from streamproc.protocol import Batch, BatchReport, DeadLetter, Outputs, Published

SUM, SEEN, LAST, CLOCK, FUTURE = b"\x01", b"\x02", b"\x03", b"\x04", b"\x7f"
CAUGHT_UP = CLOCK + b"caught-up"
GARBAGE = "garbage"
_PAIR = struct.Struct(">qq")


def event(event_id: str, amount: int) -> bytes:
    """The value of a record that counts."""
    return f"{event_id} {amount}".encode()


def _parsed(value: bytes | None) -> tuple[bytes, int] | None:
    words = (value or b"").split(b" ")
    if len(words) != 2 or not words[1].isdigit():
        return None
    return words[0], int(words[1])


class CountingProgram:
    """Counts, sums and remembers, as the engine's ``Program``."""

    def __init__(self) -> None:
        self.state: dict[bytes, bytes] = {}
        self._last: dict[bytes, bytes] = {}
        self._dirty: set[bytes] = set()
        self._letters: list[DeadLetter] = []

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        for key, value in records:
            if key.startswith(FUTURE):
                raise NewerState("the state holds a kind of record unknown here", hint="upgrade")
            self.state[key] = value
            if key.startswith(LAST):
                self._last[key.rsplit(b"|", 1)[0]] = key

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        rejected = 0
        for index, (key, value) in enumerate(zip(batch.keys, batch.values, strict=True)):
            parsed = _parsed(value)
            if parsed is None:
                rejected += 1
                self._letters.append(_letter(batch, index))
            else:
                self._fold(topic.encode() + b"|", key or b"", *parsed)
        return BatchReport(
            applied=len(batch) - rejected, rejected=rejected, dirty_keys=len(self._dirty)
        )

    def _fold(self, prefix: bytes, key: bytes, event_id: bytes, amount: int) -> None:
        self._add(SUM + prefix + key, amount)
        self._add(SEEN + prefix + event_id, amount)
        slot = LAST + prefix + key
        held = self._last.get(slot)
        if held is not None:
            del self.state[held]
            self._dirty.add(held)
        self._last[slot] = last = slot + b"|" + event_id
        self._put(last, b"")

    def _add(self, key: bytes, amount: int) -> None:
        count, total = _PAIR.unpack(self.state.get(key, bytes(_PAIR.size)))
        self._put(key, _PAIR.pack(count + 1, total + amount))

    def _put(self, key: bytes, value: bytes) -> None:
        self.state[key] = value
        self._dirty.add(key)

    def tick(self, now_ms: int, caught_up: bool) -> None:
        if caught_up and CAUGHT_UP not in self.state:
            self._put(CAUGHT_UP, b"yes")

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        taken = [(key, self.state.get(key)) for key in sorted(self._dirty)]
        self._dirty = set()
        return taken

    def value(self, key: bytes) -> bytes | None:
        return self.state.get(key)

    def take_outputs(self) -> Outputs:
        letters, self._letters = self._letters, []
        return Outputs(dead_letters=letters)

    def delivered(self, published: Sequence[Published]) -> None:
        raise AssertionError(published)


def _letter(batch: Batch, index: int) -> DeadLetter:
    return DeadLetter(
        topic=batch.topic,
        partition=batch.partition,
        offset=batch.offsets[index],
        key=batch.keys[index],
        value=batch.values[index],
        headers=batch.headers.get(index, ()),
        reason=GARBAGE,
        detail="neither an id nor an amount",
    )


def totals(state: dict[bytes, bytes], topic: str) -> tuple[int, int, int]:
    """What a state says of one topic: how many events, their sum, and how many distinct ids."""
    prefix = topic.encode() + b"|"
    sums = [_PAIR.unpack(v) for k, v in state.items() if k.startswith(SUM + prefix)]
    distinct = sum(1 for key in state if key.startswith(SEEN + prefix))
    return sum(count for count, _ in sums), sum(total for _, total in sums), distinct
