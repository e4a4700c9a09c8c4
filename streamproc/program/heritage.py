"""What a new state takes over from the one that it replaces: what no log tells again.

Source: docs/adr/0013-a-rebuild-is-a-new-incarnation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import MsgspecError

from streamproc.events.outputs import decode_alert
from streamproc.events.registry import HOSTS_TOPIC, ORDERS_TOPIC
from streamproc.program.codecs import (
    READ,
    unpack_block,
    unpack_minute,
    unpack_people,
    unpack_profile,
    unpack_session,
)
from streamproc.program.expiry import STAMP_BYTES
from streamproc.program.floor_codec import unpack_floor, unpack_pulse, unpack_sold
from streamproc.program.judging.alert_records import is_sound, is_told_of, keep_told
from streamproc.program.keys import NUMBER_BYTES, Kind, parse
from streamproc.program.order_codec import open_order
from streamproc.program.reach import Record, begun_ms, order_lines, whole_since_ms
from streamproc.program.records import Records
from streamproc.program.rejected_codec import REJECTED_BYTES, unpack_rejected
from streamproc.program.sense_codec import unpack_asked, unpack_sense, unpack_senses
from streamproc.program.watching_codec import unpack_watching
from streamproc.protocol import Inherited
from streamproc.tally.figures import FIGURES
from streamproc.tally.profiles import replaces
from streamproc.tally.timing import BUCKET_MS

Part = tuple[str, str, str]
"""Host, session, and a topic that told of it."""

OF_CLOCK: Final = frozenset((Kind.ALERT, Kind.OUTBOX))
_OF_PART: Final = frozenset(Kind) - OF_CLOCK - {Kind.LINE, Kind.SEEN, Kind.PROFILE}

_OPEN: Final[dict[int, Callable[[bytes, bytes, str], Any]]] = {
    Kind.LINE: lambda key, value, _: open_order(key, value).order(),
    Kind.SESSION: lambda key, value, _: unpack_session(key, value),
    Kind.MINUTE: lambda key, value, topic: unpack_minute(key, value, FIGURES[topic]),
    Kind.SEEN: lambda _, value, __: unpack_block(value),
    Kind.PROFILE: lambda _, value, __: unpack_profile(value),
    Kind.PEOPLE: lambda key, value, _: unpack_people(key, value).members.counts(),
    Kind.SENSE: lambda key, value, _: unpack_sense(key, value),
    Kind.SENSES: lambda key, value, _: unpack_senses(key, value),
    Kind.ASKED: lambda key, value, _: unpack_asked(key, value),
    Kind.FLOOR: lambda _, value, __: unpack_floor(value),
    Kind.PULSE: lambda _, value, __: unpack_pulse(value),
    Kind.SOLD: lambda _, value, __: unpack_sold(value),
    Kind.REJECTED: lambda _, value, __: (unpack_rejected(value), value[REJECTED_BYTES - 1]),
    Kind.WATCHING: lambda _, value, __: unpack_watching(value),
    Kind.ATTEMPT: lambda _, value, __: value[STAMP_BYTES],
}


def is_whole(key: bytes, value: bytes) -> bool:
    """Whether a record can be restored: of a version that is read, and nothing of it is broken."""
    try:
        if key[0] in OF_CLOCK:
            return is_sound(key, value)
        if (key[0], value[0]) not in READ:
            return False
        parsed = parse(key)
        _OPEN[parsed.kind](key, value, parsed.topic)
    except (LookupError, TypeError, ValueError, MsgspecError):
        return False
    return True


def inherit(
    records: Records,
    earlier: Iterable[Record],
    published: Iterable[bytes],
    cut: Mapping[str, int | None],
    *,
    damaged: bool,
) -> Inherited:
    """Take over from a state that is replaced; see ``Heir``."""
    earlier, unread, taken = list(earlier), 0, 0
    if cut:
        taken = _inherit_told(records, earlier, cut, damaged=damaged)
    for key, value in earlier:
        if key and key[0] not in OF_CLOCK:
            continue
        if is_sound(key, value):
            records.put(key, value)
        else:
            unread += 1
    for step in map(decode_alert, published):
        if is_told_of(records, step):
            keep_told(records, step)
    return Inherited(taken, unread)


def _inherit_told(
    records: Records, earlier: list[Record], cut: Mapping[str, int | None], *, damaged: bool
) -> int:
    """Take over what a log told that lost its beginning; how many records that are."""
    made = dict(records.items())
    told = _Told(made, earlier, cut)
    for key in made:
        if key[0] in _OF_PART and told.is_replaced(_part(key), damaged=damaged):
            records.delete(key)
    for head in list(records.buckets):
        if told.is_early(head + bytes(NUMBER_BYTES)):
            records.drop(records.buckets[head])
    kept = [(key, value) for key, value in earlier if told.stands(key, value)]
    for key, value in kept:
        records.put(key, value)
    return len(kept)


class _Told:
    """Which records of an earlier state stand, because the log tells of them in part or not at all.

    Shapes: ``made`` are the records that what is left of the log makes, but for event ids.
    """

    def __init__(
        self, made: Mapping[bytes, bytes], earlier: list[Record], cut: Mapping[str, int | None]
    ) -> None:
        self._made = made
        self._names = HOSTS_TOPIC in cut
        self._since_ms = {topic: whole_since_ms(first_ms) for topic, first_ms in cut.items()}
        self._orders: set[tuple[str, str]] = set()
        self._broadcasts = {
            broadcast
            for begun in (begun_ms(earlier), begun_ms(made.items()))
            for broadcast, topics in begun.items()
            if any(at_ms < self._since_ms.get(topic, 0) for topic, at_ms in topics.items())
        }
        if (since_ms := self._since_ms.get(ORDERS_TOPIC)) is not None:
            self._add_orders(earlier, since_ms)
        self._known = {_part(key) for key, _ in earlier if key[0] == Kind.SESSION}

    def _add_orders(self, earlier: list[Record], since_ms: int) -> None:
        """Note what orders join that began before."""
        left = order_lines(self._made.items())
        contradicted = {line[:3] for line in left if line.line.contradicted}
        for line in order_lines(earlier):
            by_gone = line.line.contradicted and line[:3] not in contradicted
            if by_gone or line.first_ms < since_ms:
                self._orders.add((line.host_id, line.order_id))
                self._broadcasts |= line.broadcasts

    def is_replaced(self, part: Part, *, damaged: bool) -> bool:
        """Whether what is left of the log made of a part less than the earlier state knows.

        Shapes: what a damaged state knows nothing of may be what it lost; else it knows why.
        """
        return part[:2] in self._broadcasts and (part in self._known or not damaged)

    def is_early(self, key: bytes) -> bool:
        """Whether event ids are of a time of which the log does not tell everything."""
        parsed = parse(key)
        return parsed.numbers[0] * BUCKET_MS < self._since_ms.get(parsed.topic, 0)

    def stands(self, key: bytes, value: bytes) -> bool:
        """Whether a record of the earlier state is to be taken over."""
        if key[0] in _OF_PART:
            part = _part(key)
            return part[:2] in self._broadcasts and part in self._known
        if key[0] == Kind.LINE:
            parsed = parse(key)
            return (parsed.host_id, parsed.ids[0]) in self._orders
        if key[0] == Kind.PROFILE:
            held = self._made.get(key)
            left = None if held is None else unpack_profile(held)
            return self._names and replaces(unpack_profile(value), left)
        return key[0] == Kind.SEEN and self.is_early(key)


def _part(key: bytes) -> Part:
    parsed = parse(key)
    # what was rejected may be of no broadcast
    return parsed.host_id, parsed.ids[0] if parsed.ids else "", parsed.topic
