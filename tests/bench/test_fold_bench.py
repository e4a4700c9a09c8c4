"""What folding costs per event of the live mix, decoding apart. It reports; it asserts no time."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import process_time
from typing import Final

import pytest

from streamproc.cli.comment_reading import reader_of
from streamproc.events.codec import Codec
from streamproc.events.registry import INPUT_TOPICS, ORDERS_TOPIC, AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings
from tests.bench.livemix import Generator, Mix, Record
from tests.builders import created, paid

pytestmark = pytest.mark.bench

EVENTS: Final = 200_000
FLUSH_EVENTS: Final = 20_000
"""What a worker at its best folds between two flushes."""
ROUNDS: Final = 5
LINES: Final = 50_000

Decoded = list[tuple[int, str, list[AnyEvent | Rejected]]]


@dataclass(slots=True)
class Cost:
    """CPU seconds and counts of one pass."""

    fold_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    events: Counter[str] = field(default_factory=Counter)
    take_s: float = 0.0
    keys: int = 0

    def fold_ns(self) -> float:
        return sum(self.fold_s.values()) / sum(self.events.values()) * 1e9

    def take_ns(self) -> float:
        return self.take_s / self.keys * 1e9


def decoded(records: list[Record], codecs: dict[str, Codec]) -> Decoded:
    """One flush worth of events, as a worker meets them: by partition and topic."""
    batches: defaultdict[tuple[int, str], list[Record]] = defaultdict(list)
    for record in records:
        batches[record.partition, record.topic].append(record)
    return [
        (
            partition,
            topic,
            codecs[topic].decode_batch(
                [each.key for each in batch],
                [each.value for each in batch],
                [each.timestamp_ms for each in batch],
            ),
        )
        for (partition, topic), batch in batches.items()
    ]


def folded(flushes: list[Decoded]) -> Cost:
    """One pass over the mix with fresh programs."""
    reader = reader_of(Settings())
    cost, programs = Cost(), [LiveProgram(reader) for _ in range(Mix(0).partitions)]
    for batches in flushes:
        for partition, topic, events in batches:
            programs[partition].comments.place(partition, range(len(events)))
            began_s = process_time()
            programs[partition]._folds[topic].apply(events)
            cost.fold_s[topic] += process_time() - began_s
            cost.events[topic] += len(events)
        for program in programs:
            began_s = process_time()
            taken = program.take_dirty()
            cost.take_s += process_time() - began_s
            cost.keys += len(taken)
    return cost


@pytest.mark.parametrize("hosts", [200, 5_000])
def test_folding_the_live_mix_is_reported(hosts: int, capsys: pytest.CaptureFixture[str]) -> None:
    codecs = {topic: Codec(topic) for topic in INPUT_TOPICS}
    records = list(Generator(Mix(EVENTS, hosts=hosts)).events())
    flushes = [
        decoded(records[at : at + FLUSH_EVENTS], codecs) for at in range(0, EVENTS, FLUSH_EVENTS)
    ]
    del records
    gc.collect()
    gc.freeze()
    costs = [folded(flushes) for _ in range(ROUNDS)]
    gc.unfreeze()
    best = min(costs, key=Cost.fold_ns)

    lines = [
        f"{each:18}{best.fold_s[each] / best.events[each] * 1e9:7.0f} ns" for each in best.events
    ]
    lines.append(f"{'live mix':18}{best.fold_ns():7.0f} ns an event, {hosts} hosts")
    take_ns = min(cost.take_ns() for cost in costs)
    lines.append(
        f"{'take_dirty':18}{take_ns:7.0f} ns a key, {best.keys / EVENTS:.2f} keys an event"
    )
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, ""]))


def test_restoring_lines_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    program, restored = LiveProgram(), LiveProgram()
    program._folds[ORDERS_TOPIC].apply(
        [
            each(1_999, order_id=f"{6_900_000_000_000_000_000 + line}", line_id="1")
            for line in range(LINES)
            for each in (created, paid)
        ]
    )
    lines = [(key, value or b"") for key, value in program.take_dirty() if key[0] == Kind.LINE]
    del program
    gc.collect()
    tracemalloc.start()
    copies = [(bytes(bytearray(key)), bytes(bytearray(value))) for key, value in lines]
    restored.restore(copies)
    held_bytes = tracemalloc.get_traced_memory()[0] - sys.getsizeof(copies)
    held_bytes -= LINES * sys.getsizeof(copies[0])
    tracemalloc.stop()
    seconds = min(restore_s(lines) for _ in range(ROUNDS))

    with capsys.disabled():
        told = f"{LINES / seconds:,.0f} line records a second, {held_bytes / LINES:.0f} bytes each"
        sys.stdout.write(f"\nrestore {told}\n")


def restore_s(records: list[tuple[bytes, bytes]]) -> float:
    program = LiveProgram()
    began_s = process_time()
    program.restore(records)
    return process_time() - began_s
