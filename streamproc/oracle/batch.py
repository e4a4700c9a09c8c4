"""The canonical form of all tallies, computed in one pass over the log, with nothing clever.

One memory per (topic, partition, host), because each input topic is folded on its own and a host
lives in one partition. Figures are kept per host and session, whatever topic they came from.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from streamproc.events.codec import Codec
from streamproc.events.comments import CommentPosted
from streamproc.events.hosts import HostProfiled
from streamproc.events.orders import OrderFailed, OrderPaid, OrderRefunded
from streamproc.events.registry import (
    AnyEvent,
    CommentTopicEvent,
    OrderTopicEvent,
    RoomTopicEvent,
    ViewerTopicEvent,
)
from streamproc.events.rejected import Rejected
from streamproc.events.whose import whose
from streamproc.oracle.lines import Line, OrderFact, contributions
from streamproc.oracle.senses import Heard, Reader, senses
from streamproc.oracle.sessions import Canonical, Session, people, without_empty
from streamproc.oracle.shop import Shop
from streamproc.oracle.sold import HostSold
from streamproc.oracle.uniques import member

ORDERS_TOPIC = "live.orders.v1"
ORDERS_ALLOWANCE_MS = 900_000
OTHER_ALLOWANCE_MS = 120_000
BUCKET_MS = 30_000
AHEAD_MS = 300_000
BUCKET_KEPT_MS = 120_000
DAY_MS = 86_400_000
SEEN_DAYS = 1
ATTEMPTS_TOLD_APART = 20_000
"""Failed attempts of a session that are told apart by their ids; all are by those of their events."""

_MISSING = object()
_Told = OrderTopicEvent | CommentTopicEvent | ViewerTopicEvent | RoomTopicEvent
"""An event of one broadcast."""


class LogRecord(NamedTuple):
    """One record as the log holds it.

    Units: ``timestamp_ms`` is Kafka's record timestamp.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


@dataclass
class _Memory:
    """What is remembered of one host in one topic and partition."""

    watermark_ms: int | None = None
    seen: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    attempts: set[tuple[str, str]] = field(default_factory=set)
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    profiles: dict[int, HostProfiled] = field(default_factory=dict)

    def is_late(self, occurred_at_ms: int, allowance_ms: int) -> bool:
        """Whether something that old is late now."""
        return self.watermark_ms is not None and occurred_at_ms + allowance_ms < self.watermark_ms

    def fail(self, event: OrderFailed) -> None:
        """Remember an attempt that counts, if it is among the first of its session."""
        self.failed[event.session_id] += 1
        if self.failed[event.session_id] <= ATTEMPTS_TOLD_APART:
            self.attempts.add((event.session_id, event.attempt_id))

    def move(self, occurred_at_ms: int) -> None:
        """Let the watermark see an applied event; forget the buckets that died of it."""
        if self.watermark_ms is None or occurred_at_ms > self.watermark_ms:
            self.watermark_ms = occurred_at_ms
            for bucket in [each for each in self.seen if not _is_live(each, occurred_at_ms)]:
                del self.seen[bucket]


@dataclass
class _Count:
    """What became of the records of one partition."""

    applied: int = 0
    duplicate: int = 0
    rejected: int = 0
    late: int = 0
    ahead: int = 0


class Collected:
    """All facts of a log: records in, sessions out; comments only if a reading is given."""

    def __init__(self, reading: Reader | None = None) -> None:
        self.reading = reading
        self.codecs: dict[str, Codec] = {}
        self.memories: dict[tuple[str, int, str], _Memory] = defaultdict(_Memory)
        self.sessions: dict[str, dict[str, Session]] = defaultdict(lambda: defaultdict(Session))
        self.heard: dict[tuple[str, str], list[Heard]] = defaultdict(list)
        self.shops: dict[tuple[str, str], Shop] = defaultdict(Shop)
        self.sold: dict[str, HostSold] = defaultdict(HostSold)
        self.days: dict[tuple[str, int], int] = defaultdict(int)
        self.rejected: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.counts: dict[str, dict[int, _Count]] = defaultdict(lambda: defaultdict(_Count))
        self.last_ms: int | None = None

    def take(self, record: LogRecord) -> None:
        """Decode a record, decide what it is, count it."""
        count = self.counts[record.topic][record.partition]
        event = decoded(self.codecs, record)
        if isinstance(event, Rejected):
            count.rejected += 1
            self.rejected[whose(record.key, record.value)][record.topic] += 1
            return
        memory = self.memories[record.topic, record.partition, event.host_id]
        counts_at_ms = _counts_at_ms(event, record)
        ahead = counts_at_ms != event.occurred_at_ms
        is_near = event.occurred_at_ms <= record.timestamp_ms + 2 * AHEAD_MS
        known_until_ms = event.occurred_at_ms if ahead and is_near else 0
        if not isinstance(event, OrderFact):  # whose time is part of what it says of its line
            event = msgspec.structs.replace(event, occurred_at_ms=counts_at_ms)
        allowance_ms = ORDERS_ALLOWANCE_MS if record.topic == ORDERS_TOPIC else OTHER_ALLOWANCE_MS
        late = memory.is_late(event.occurred_at_ms, allowance_ms)
        late = late and not isinstance(event, OrderRefunded)  # posted at its own time, however old
        if isinstance(event, OrderFact):  # also one that loses against another was told
            session = self.sessions[event.host_id][event.session_id]
            session.begin(record.topic, event.occurred_at_ms)
            if isinstance(event, OrderPaid) and event.buyer_key is not None:
                session.meet("buyers", member(event.buyer_key), event.occurred_at_ms, late=late)
        place = record.topic, record.partition
        if self._is_duplicate(memory, event, self.days[place], known_until_ms, late=late):
            count.duplicate += 1
            return
        count.applied += 1
        count.late += late
        count.ahead += ahead
        memory.move(counts_at_ms)
        self.days[place] = max(self.days[place], counts_at_ms // DAY_MS)
        self.last_ms = max(self.last_ms or 0, counts_at_ms)
        if isinstance(event, HostProfiled):
            memory.profiles[event.valid_from_ms] = event
            return
        self._add(event, record, counts_at_ms, late=late)

    def _is_duplicate(
        self, memory: _Memory, event: AnyEvent, today: int, known_until_ms: int, *, late: bool
    ) -> bool:
        """Whether an event says nothing new, or loses; if not, it is remembered.

        Shapes: ``today`` is the day that the topic has come to in this partition.
        """
        if isinstance(event, HostProfiled):
            return _is_held_profile(memory, event)
        if isinstance(event, OrderFact):
            name = (event.order_id, event.line_id)
            line = memory.lines.setdefault(name, Line(*name))
            return not self.sold[event.host_id].take(line, event, late=late)
        if isinstance(event, OrderFailed):
            known = (event.session_id, event.attempt_id) in memory.attempts
            return known or _is_seen(memory, event, today, known_until_ms)
        return _is_seen(memory, event, today, known_until_ms)

    def _add(self, event: _Told, record: LogRecord, at_ms: int, *, late: bool) -> None:
        """Let its session know of an applied event, which was seen at a time."""
        session = self.sessions[event.host_id][event.session_id]
        session.begin(record.topic, at_ms)
        seen_ms = session.seen_ms.get(record.topic, 0)
        session.seen_ms[record.topic] = max(seen_ms, at_ms)
        if late:
            session.late[record.topic] += 1
        if isinstance(event, CommentPosted) and self.reading is not None:
            heard = Heard(event, record.partition, record.offset, late)
            self.heard[event.host_id, event.session_id].append(heard)
        self.shops[event.host_id, event.session_id].take(event)
        if isinstance(event, OrderFailed):
            self.memories[record.topic, record.partition, event.host_id].fail(event)
            self.sold[event.host_id].fail(event, late=late)
        if not isinstance(event, OrderFact):
            session.take(event, late=late)
            for name, key in people(event):
                session.meet(name, member(key), event.occurred_at_ms, late=late)

    def add_lines(self) -> None:
        """Let order lines add what they do, once everything is told of them."""
        for (_, _, host), memory in self.memories.items():
            for session_id, added in contributions(memory.lines.values()):
                self.sessions[host][session_id].added.append(added)

    def profiles(self) -> dict[str, HostProfiled]:
        """The profile of each host with the greatest start."""
        newest: dict[str, HostProfiled] = {}
        for memory in self.memories.values():
            for profile in memory.profiles.values():
                held = newest.get(profile.host_id)
                if held is None or profile.valid_from_ms > held.valid_from_ms:
                    newest[profile.host_id] = profile
        return newest

    def contradicted(self) -> set[tuple[str, str, str]]:
        """Host, order and line of each line that two versions of one fact were told of."""
        return {
            (host, *name)
            for (_, _, host), memory in self.memories.items()
            for name, line in memory.lines.items()
            if line.is_contradicted
        }

    def canonical(self) -> Canonical:
        """The canonical form of what was taken so far."""
        names = {host: profile.name for host, profile in self.profiles().items()}
        hosts: Canonical = {}
        for host in {*self.sessions, *names}:
            sessions = {name: each.canonical() for name, each in self.sessions[host].items()}
            for name, session in sessions.items():
                session.update(self.sold[host].canonical(name))
                session.update(without_empty(self.shops[host, name].canonical()))
                session.update(self._meant(host, name))
            entry = {"sessions": without_empty(sessions), "name": names.get(host, "")}
            hosts[host] = without_empty(entry)
        accounting = {
            topic: {str(partition): without_empty(vars(each)) for partition, each in of.items()}
            for topic, of in self.counts.items()
        }
        rejected: Canonical = defaultdict(dict)
        for (host, name), by_topic in self.rejected.items():
            rejected[host][name] = dict(by_topic)
        form = {"hosts": without_empty(hosts), "rejected": rejected, "accounting": accounting}
        canonical: Canonical = _sorted(form)
        return canonical

    def _meant(self, host: str, session: str) -> Canonical:
        """What the comments of a session meant, if anything."""
        if self.reading is None:
            return {}
        return without_empty({"senses": senses(self.heard[host, session], self.reading)})


def compute(records: Iterable[LogRecord], reading: Reader | None = None) -> Canonical:
    """The canonical form of a log: ``hosts``, ``rejected`` and ``accounting``.

    Shapes: records of one partition in offset order; partitions and topics interleave at will. What
        comments meant, ``senses`` of a session, only if ``reading`` tells what a text means.
    Errors: none, for any bytes: what cannot be used is counted as rejected.
    """
    return collected(records, reading).canonical()


def collected(records: Iterable[LogRecord], reading: Reader | None = None) -> Collected:
    """Every fact of a log, by host and session. Shapes: records as in :func:`compute`."""
    facts = Collected(reading)
    for record in records:
        facts.take(record)
    facts.add_lines()
    return facts


def until(records: Iterable[LogRecord], as_of_ms: int) -> Iterator[LogRecord]:
    """The records without events that happened later; what is no event is left in."""
    codecs: dict[str, Codec] = {}
    for record in records:
        event = decoded(codecs, record)
        if isinstance(event, Rejected) or _counts_at_ms(event, record) <= as_of_ms:
            yield record


def decoded(codecs: dict[str, Codec], record: LogRecord) -> AnyEvent | Rejected:
    """What a record holds. Shapes: ``codecs`` by topic, filled while they are asked for."""
    codec = codecs.get(record.topic)
    if codec is None:
        codec = codecs[record.topic] = Codec(record.topic)
    return codec.decode(record.key, record.value, record.timestamp_ms)


def digest(canonical: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a canonical form."""
    return hashlib.sha256(msgspec.json.encode(canonical, order="sorted")).hexdigest()


def differences(left: Mapping[str, Any], right: Mapping[str, Any], limit: int = 20) -> list[str]:
    """What differs, one line a value, by path; at most ``limit`` lines and one that counts more.

    Shapes: ``hosts / h-1 / sessions / s-1 / totals / comments: 3 | 4``, left value first.
    """
    lines: list[str] = []
    more = 0
    for line in _differences((), left, right):
        if len(lines) < limit:
            lines.append(line)
        else:
            more += 1
    if more:
        lines.append(f"and {more} more differences")
    return lines


def _counts_at_ms(event: AnyEvent, record: LogRecord) -> int:
    """When an event happened: not after it was written down, but for clocks that are a little wrong."""
    is_ahead = event.occurred_at_ms > record.timestamp_ms + AHEAD_MS
    return record.timestamp_ms if is_ahead else event.occurred_at_ms


def _is_held_profile(memory: _Memory, profile: HostProfiled) -> bool:
    """Whether a profile is, or loses against, the one held for its start: the last one told stands."""
    held = memory.profiles.get(profile.valid_from_ms)
    if held is None:
        return False
    new = (profile.occurred_at_ms, profile.event_id)
    return new <= (held.occurred_at_ms, held.event_id)


def _is_live(bucket: int, at_ms: int) -> bool:
    """Whether event ids of this bucket are still remembered at a time."""
    return (bucket + 1) * BUCKET_MS + BUCKET_KEPT_MS > at_ms


def _is_seen(memory: _Memory, event: AnyEvent, today: int, known_until_ms: int) -> bool:
    """Whether this event id is remembered; it is from now on, by when it was told."""
    # a mirrored comment bears the id of the one that it copies, and is another event: no id has a space
    is_copy = isinstance(event, CommentPosted) and event.mirrored
    name = f"copy of {event.event_id}" if is_copy else event.event_id
    oldest_ms = max(0, today - SEEN_DAYS) * DAY_MS
    told_ms = max(event.occurred_at_ms, memory.watermark_ms or 0, oldest_ms)
    for bucket, event_ids in memory.seen.items():
        if bucket * BUCKET_MS < oldest_ms or not _is_live(bucket, told_ms):
            continue
        if name in event_ids:
            return True
    memory.seen[max(told_ms, known_until_ms) // BUCKET_MS].add(name)
    return False


def _sorted(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same value with the keys of every object in order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value


def _differences(path: tuple[str, ...], left: object, right: object) -> Iterator[str]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted({*left, *right}):
            yield from _differences((*path, key), left.get(key, _MISSING), right.get(key, _MISSING))
    elif left is _MISSING or right is _MISSING or left != right:
        yield f"{' / '.join(path)}: {_shown(left)} | {_shown(right)}"


def _shown(value: object) -> str:
    return "missing" if value is _MISSING else msgspec.json.encode(value).decode()
