"""How far back the records of a state reach, and what a log that lost its beginning tells whole.

Source: docs/state.md, "When the log has lost its beginning".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from streamproc.events.limits import DAY_MS
from streamproc.program.codecs import unpack_session
from streamproc.program.keys import Kind, parse
from streamproc.program.order_codec import open_order
from streamproc.tally.orders import Line
from streamproc.tally.streams import NEVER_MS
from streamproc.tally.timing import MINUTE_MS

Record = tuple[bytes, bytes]
Broadcast = tuple[str, str]
"""Host and session."""

_MINUTES: Final = frozenset((Kind.MINUTE, Kind.SENSES, Kind.SOLD))


def whole_since_ms(first_record_ms: int | None) -> int:
    """From when on everything that happened is told by a log whose beginning is gone.

    What is gone was appended before the first record that is left, and no event lies more than a day
    ahead of its record: so the next whole minute a day later, at which also a bucket of event ids begins.
    Shapes: None: no record is left, and nothing is told whole.
    """
    if first_record_ms is None:
        return NEVER_MS
    return ((first_record_ms + DAY_MS) // MINUTE_MS + 1) * MINUTE_MS


def begun_ms(records: Iterable[Record]) -> dict[Broadcast, dict[str, int]]:
    """When each topic first told of each broadcast, as far as the state still knows.

    Shapes: by broadcast, then by topic that told of it: the begin that its session keeps, the first of its
        minutes or when the broadcast started if that is earlier; of a session that an earlier version began
        and that has no minutes any more, the time of its last event.
    """
    minutes: dict[Broadcast, dict[str, int]] = {}
    seen: dict[Broadcast, dict[str, int]] = {}
    started: dict[Broadcast, int] = {}
    for key, value in records:
        if key[0] in _MINUTES:
            parsed = parse(key)
            of = minutes.setdefault((parsed.host_id, parsed.ids[0]), {})
            at_ms = parsed.numbers[0] * MINUTE_MS
            of[parsed.topic] = min(at_ms, of.get(parsed.topic, at_ms))
        elif key[0] == Kind.SESSION:
            parsed, session = parse(key), unpack_session(key, value)
            broadcast = (parsed.host_id, parsed.ids[0])
            seen.setdefault(broadcast, {})[parsed.topic] = session.begun_ms or session.seen_ms
            lifecycle = session.told.lifecycle
            if lifecycle is not None and lifecycle.started_first_ms is not None:
                started[broadcast] = lifecycle.started_first_ms
    for broadcast, topics in minutes.items():
        of = seen.setdefault(broadcast, {})
        of.update({topic: min(at_ms, of.get(topic, at_ms)) for topic, at_ms in topics.items()})
    for broadcast, at_ms in started.items():
        seen[broadcast] = {topic: min(at_ms, of) for topic, of in seen[broadcast].items()}
    return seen


class OrderLine(NamedTuple):
    """A line of an order, with the broadcasts that its facts were told of."""

    host_id: str
    order_id: str
    line_id: str
    line: Line

    @property
    def first_ms(self) -> int:
        """The time of its first fact; of versions that lost nothing is known."""
        return min(fact.at_ms for fact in self.line.facts())

    @property
    def broadcasts(self) -> set[Broadcast]:
        """The broadcasts that its facts were told of."""
        return {(self.host_id, fact.session_id) for fact in self.line.facts()}


def order_lines(records: Iterable[Record]) -> Iterator[OrderLine]:
    """Every line of every order of a state."""
    for key, value in records:
        if key[0] == Kind.LINE:
            parsed = parse(key)
            for line_id, line in open_order(key, value).order().lines.items():
                yield OrderLine(parsed.host_id, parsed.ids[0], line_id, line)
