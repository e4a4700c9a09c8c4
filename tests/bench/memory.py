"""What a worker's tallies cost in memory: ``python -m tests.bench.memory``; the last line is JSON.

Each case fills one program in a process of its own and reports by how much that process grew; like
the other benchmarks it asserts nothing. A line is an order of one line, created and paid.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import psutil

from streamproc.events.registry import ORDERS_TOPIC, AnyEvent
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch
from streamproc.tally.uniques import Uniques
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    liked,
    paid,
    profiled,
    record,
    room_started,
    viewer_key,
    viewers_counted,
)

IDLE_ROOMS, ACTIVE_ROOMS, LINES = 1_600, 20, 1_000_000
HOSTS = 100
BATCH = 5_000
MINUTES, PEOPLE = 60, 2_000
TICKS = 120
"""After each batch, as a worker does in two minutes: by then what is quiet holds nothing open."""
MINUTE_MS, LINE_MS = 60_000, 20
MIB = 1 << 20

_ORDER = (
    b'{"type":"order.%b","event_id":"o:%d:%b","occurred_at_ms":%d,"source":"douyin","host_id":"h-%d",'
    b'"room_id":"r-%d","session_id":"s-%d","order_id":"69%017d","line_id":"1","product_id":"p-7",'
    b'"quantity":1,"currency":"CNY","payable_minor":1999%b}'
)
_Record = tuple[str, bytes, bytes, int]


def idle_rooms() -> Iterator[_Record]:
    """Hosts of a profile, a start and a few viewers."""
    for room in range(IDLE_ROOMS):
        ids = _ids(room)
        yield record(profiled(host_id=ids["host_id"]))
        yield from map(record, _few(ids))


def active_rooms() -> Iterator[_Record]:
    """Hosts an hour into a busy broadcast, each minute of it like the others."""
    yield from (each for room in range(ACTIVE_ROOMS) for each in _busy(room))


def lines() -> Iterator[_Record]:
    """Order lines, created and paid, one to an order."""
    for number in range(LINES):
        host = number % HOSTS
        at_ms = T0 + number * LINE_MS
        money = b',"paid_minor":1999,"buyer_key":"%b"' % viewer_key(number % PEOPLE).encode()
        for fact, later_ms, more in ((b"created", 0, b""), (b"paid", 9_000, money)):
            when = at_ms + later_ms
            ids = (fact, number, fact, when, host, host, host, number, more)
            yield ORDERS_TOPIC, b"h-%d" % host, _ORDER % ids, when


def _ids(room: int) -> dict[str, str]:
    return {"host_id": f"h-{room}", "room_id": f"r-{room}", "session_id": f"s-{room}-20261111"}


def _few(ids: dict[str, str]) -> Iterable[AnyEvent]:
    yield room_started(T0, title="高山蜂蜜", **ids)
    yield viewers_counted(7, T0 + 2_000, **ids)
    for viewer in range(3):
        yield joined(viewer, T0 + viewer, **ids)
        yield comment(at_ms=T0 + viewer, user_key=viewer_key(viewer), **ids)


def _busy(room: int) -> Iterator[_Record]:
    ids = _ids(room)
    yield record(profiled(host_id=ids["host_id"]))
    yield record(room_started(T0, **ids))
    for minute in range(MINUTES):
        begin_ms = T0 + minute * MINUTE_MS
        for step in range(100):
            at_ms, person = begin_ms + step * 600, (minute * 100 + step) % PEOPLE
            yield record(joined(person, at_ms, **ids))
            yield record(liked(3, at_ms, viewer_key=viewer_key(person), **ids))
            if step % 4 == 0:
                yield record(comment(at_ms=at_ms, user_key=viewer_key(person), **ids))
            if step % 10 == 0:
                order = {"order_id": f"69{minute:08d}{step:09d}", **ids}
                yield record(viewers_counted(900 + step, at_ms, **ids))
                yield record(created(1999, at_ms, **order))
                yield record(paid(1999, at_ms + 500, buyer_key=viewer_key(person), **order))


def measure(records: Callable[[], Iterator[_Record]], things: int) -> dict[str, Any]:
    """By how much a process grows that folds these records."""
    _load_everything()
    gc.collect()
    before = psutil.Process().memory_info().rss
    program = LiveProgram()
    held: dict[bytes, int] = {}
    for batch in _batches(records()):
        report = program.apply(batch.topic, batch)
        assert report.rejected == 0
        for key, value in program.take_dirty():
            if value is None:
                del held[key]
            else:
                held[key] = len(key) + len(value)
        for _ in range(TICKS):
            program.tick(0, caught_up=True)
    stored = sum(held.values())
    number = len(held)
    del held, batch
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    return {
        "things": things,
        "mib": round(grown / MIB, 1),
        "bytes_each": grown // things,
        "records": number,
        "stored_bytes_each": stored // things,
    }


def _load_everything() -> None:
    """What is loaded at first need, so that no case pays for it."""
    several = Uniques()
    for member in range(1_000):
        several.add(member)
    several.count()
    program = LiveProgram()
    for batch in _batches(islice(_busy(0), 500)):
        program.apply(batch.topic, batch)
    program.take_dirty()


def _batches(records: Iterator[_Record]) -> Iterator[Batch]:
    offset = 0
    while chunk := list(islice(records, BATCH)):
        for topic in sorted({each[0] for each in chunk}):
            of_topic = [each for each in chunk if each[0] == topic]
            _, keys, values, times = zip(*of_topic, strict=True)
            offsets = list(range(offset, offset + len(of_topic)))
            offset += len(of_topic)
            yield Batch(topic, 0, offsets, list(keys), list(values), list(times), offset)


CASES: dict[str, tuple[Callable[[], Iterator[_Record]], int]] = {
    "idle_rooms": (idle_rooms, IDLE_ROOMS),
    "active_rooms": (active_rooms, ACTIVE_ROOMS),
    "lines": (lines, LINES),
}


def main() -> None:
    """Measure every case, or those that are named."""
    found = {}
    for name in sys.argv[1:] or CASES:
        # A process each: what one case leaves behind would hide what the next one takes.
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            found[name] = alone.apply(measure, CASES[name])
        sys.stdout.write(f"{name} {found[name]}\n")
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
