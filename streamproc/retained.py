"""What of a state a log can still decide that lost its beginning to retention or compaction.

Both sides lose the same, state and log, and what is left out is told. It goes by the log and the state
alone; where nothing is gone, nothing is left out.

Source: docs/state.md, "When the log has lost its beginning".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from msgspec import structs

from streamproc.engine.fence import TopicPosition
from streamproc.events.registry import HOSTS_TOPIC, INPUT_TOPICS, ORDERS_TOPIC
from streamproc.oracle.batch import Collected
from streamproc.program.codecs import unpack_profile
from streamproc.program.keys import Kind, parse
from streamproc.program.reach import Broadcast, Record, begun_ms, order_lines, whole_since_ms
from streamproc.tally.streams import NEVER_MS

Tree = dict[str, Any]
SHOWN: Final = 5
"""So many of what is left out are named."""


class Left(NamedTuple):
    """What is left of one partition of a topic.

    Shapes: ``first_offset`` is where its log begins, ``first_ms`` the timestamp of the first record in it
        (None: there is none), ``records`` how many of it the state covers.
    """

    first_offset: int
    first_ms: int | None
    records: int


@dataclass
class Gone:
    """What the log of one partition lost that the state folded.

    Shapes: ``records`` by topic; ``since_ms`` by topic, from when on it tells everything, of topics of
        which the beginning is gone. Of profiles any may be gone: that topic is compacted.
    """

    records: dict[str, int] = field(default_factory=dict)
    since_ms: dict[str, int] = field(default_factory=dict)


def gone(positions: Mapping[str, TopicPosition], left: Mapping[str, Left]) -> Gone:
    """What is gone of the log of one partition. Shapes: both by topic."""
    found = Gone()
    for topic, of in left.items():
        position = positions[topic]
        is_cut = of.first_offset > position.first_offset
        lost = position.applied + position.duplicate + position.rejected - of.records
        if lost <= 0 or not (is_cut or topic == HOSTS_TOPIC):
            continue
        found.records[topic] = lost
        if topic != HOSTS_TOPIC:
            found.since_ms[topic] = whole_since_ms(of.first_ms)
    return found


def accounting_of(
    positions: Mapping[int, Mapping[str, TopicPosition]], losses: Mapping[int, Gone]
) -> dict[str, dict[int, dict[str, int]]]:
    """What the fences account for, by topic and partition; ``gone`` is told where records are gone."""
    accounting: dict[str, dict[int, dict[str, int]]] = {}
    for topic in INPUT_TOPICS:
        of = accounting[topic] = {}
        for number, by_topic in sorted(positions.items()):
            if topic in by_topic:
                position, lost = by_topic[topic], losses[number].records.get(topic)
                counts = {**structs.asdict(position), "unaccounted": position.unaccounted}
                of[number] = counts if lost is None else {**counts, "gone": lost}
    return accounting


def comparable(accounting: Mapping[str, Mapping[int, Mapping[str, int]]]) -> Tree:
    """That accounting in the oracle's form, of partitions that can be compared."""
    names = ("ahead", "applied", "duplicate", "late", "rejected")
    form = {
        topic: {
            str(number): {name: counts[name] for name in names if counts[name]}
            for number, counts in by_partition.items()
            if "gone" not in counts and any(counts[name] for name in names)
        }
        for topic, by_partition in accounting.items()
    }
    return {topic: each for topic, each in form.items() if each}


def drop_accounting(expected: Tree, losses: Mapping[int, Gone]) -> list[str]:
    """Leave what became of the log's records out where some are gone; say where.

    Shapes: ``losses`` by partition; the state's side is to leave out the same.
    """
    notes = []
    for number, loss in sorted(losses.items()):
        for topic, records in loss.records.items():
            expected["accounting"].get(topic, {}).pop(str(number), None)
            notes.append(
                f"{topic}, partition {number}: {records} records that the state folded are gone from"
                f" the log (retention or compaction); their accounting cannot be compared"
                + _since(topic, loss)
            )
    expected["accounting"] = {topic: each for topic, each in expected["accounting"].items() if each}
    return notes


def _since(topic: str, loss: Gone) -> str:
    since_ms = loss.since_ms.get(topic)
    if since_ms is None:
        return ""
    if since_ms == NEVER_MS:
        return ", nor any broadcast that it told of"
    since = datetime.fromtimestamp(since_ms / 1000, UTC)
    return f", nor broadcasts that it told of before {since:%Y-%m-%d %H:%M} UTC"


def drop_untold(
    held: Tree,
    expected: Tree,
    state: Mapping[int, Collection[Record]],
    log: Collected,
    losses: Mapping[int, Gone],
) -> list[str]:
    """Leave out of both sides what the log cannot decide any more; say of how much.

    Shapes: ``state`` are the records of each partition. A broadcast of which the log holds a part and the
        state nothing at all stays: that is lost, whatever else is gone.
    """
    untold = _Untold()
    for number, loss in losses.items():
        if loss.records:
            untold.take(number, loss, state.get(number, ()), log)
    broadcasts = untold.broadcasts - {
        each for each in untold.broadcasts - untold.known if _tells_of(log, each)
    }
    hosts = {each for each in untold.hosts if _name(held, each) != _name(expected, each)}
    for form in (held, expected):
        _drop(form, broadcasts, hosts)
    return list(_notes(broadcasts, untold.orders, hosts))


@dataclass
class _Untold:
    """What the log may tell in part. Shapes: ``known`` are the broadcasts that the state knows."""

    known: set[Broadcast] = field(default_factory=set)
    broadcasts: set[Broadcast] = field(default_factory=set)
    orders: set[tuple[str, str]] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)

    def take(self, number: int, loss: Gone, records: Collection[Record], log: Collected) -> None:
        """Look at the records of a partition."""
        if loss.since_ms:
            begun = begun_ms(records)
            self.known |= begun.keys()
            self.broadcasts |= _earlier(begun, loss) | _earlier(_told(log, number), loss)
        if (since_ms := loss.since_ms.get(ORDERS_TOPIC)) is not None:
            contradicted = log.contradicted()
            for line in order_lines(records):
                by_gone = line.line.contradicted and line[:3] not in contradicted
                if by_gone or line.first_ms < since_ms:
                    self.orders.add((line.host_id, line.order_id))
                    self.broadcasts |= line.broadcasts
        if HOSTS_TOPIC in loss.records:
            self.hosts |= _told_before(records, log)


def _told(log: Collected, number: int) -> dict[Broadcast, dict[str, int]]:
    """When each topic that the log holds first told of each broadcast of a partition."""
    hosts = {host for _, of, host in log.memories if of == number}
    return {
        (host, name): session.first_ms
        for host in hosts
        for name, session in log.sessions.get(host, {}).items()
    }


def _earlier(begun: Mapping[Broadcast, Mapping[str, int]], loss: Gone) -> set[Broadcast]:
    """The broadcasts that a topic may have told of in what is gone."""
    return {
        broadcast
        for broadcast, topics in begun.items()
        if any(at_ms < loss.since_ms.get(topic, 0) for topic, at_ms in topics.items())
    }


def _told_before(records: Iterable[Record], log: Collected) -> set[str]:
    """The hosts whose profile with the greatest start is not in the log, nor one that wins against it."""
    newest: dict[str, tuple[int, int, str]] = {}
    for key, value in records:
        if key[0] == Kind.PROFILE:
            parsed, profile = parse(key), unpack_profile(value)
            told = (parsed.numbers[0], profile.occurred_at_ms, profile.event_id)
            newest[parsed.host_id] = max(told, newest.get(parsed.host_id, told))
    left = {
        host: (each.valid_from_ms, each.occurred_at_ms, each.event_id)
        for host, each in log.profiles().items()
    }
    return {host for host, told in newest.items() if host not in left or told > left[host]}


def _tells_of(log: Collected, broadcast: Broadcast) -> bool:
    """Whether the log tells of a broadcast what no fact that is gone could have made void."""
    host, name = broadcast
    session = log.sessions.get(host, {}).get(name)
    # an order's fact may have lost against one that was told of another broadcast
    return session is not None and bool(session.told - {ORDERS_TOPIC})


def _drop(form: Tree, broadcasts: Iterable[Broadcast], hosts: Iterable[str]) -> None:
    for host, name in broadcasts:
        form["hosts"].get(host, {}).get("sessions", {}).pop(name, None)
    for host in hosts:
        form["hosts"].get(host, {}).pop("name", None)
    for host, of in list(form["hosts"].items()):
        if not of.get("sessions", True):
            del of["sessions"]
        if not of:
            del form["hosts"][host]


def _name(form: Tree, host: str) -> str | None:
    name: str | None = form["hosts"].get(host, {}).get("name")
    return name


def _notes(out: set[Broadcast], orders: set[tuple[str, str]], unnamed: set[str]) -> Iterator[str]:
    if out:
        by = f" ({len(orders)} orders among what does)" if orders else ""
        yield (
            f"{len(out)} broadcasts reach back behind what the log still tells whole{by} and cannot be"
            f" compared: {_shown(map('/'.join, out))}"
        )
    if unnamed:
        yield (
            f"the names of {len(unnamed)} hosts come from profiles that are gone from the log and cannot"
            f" be compared: {_shown(unnamed)}"
        )


def _shown(names: Iterable[str]) -> str:
    names = sorted(names)
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
