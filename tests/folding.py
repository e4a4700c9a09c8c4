"""Folding in tests: batches from events or log records, and the state that comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import LogRecord
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch, BatchReport
from tests.builders import record

State = dict[bytes, bytes]

LEADS_MS: Final = ((0,), (0,), (0, 0, 420_000), (0, 300_001, 0, 600_001), (0, 0, 0, 3_600_000))
"""How far events are ahead of their records, in turn."""


def log_of(events: Sequence[AnyEvent]) -> list[LogRecord]:
    """The log of one partition, as these events were written to it."""
    return [
        LogRecord(topic, 0, offset, key, value, timestamp_ms)
        for offset, (topic, key, value, timestamp_ms) in enumerate(map(record, events))
    ]


def written_before(log: Sequence[LogRecord], leads_ms: Sequence[int]) -> list[LogRecord]:
    """The log, if its records had been written, in turn, so long before what they tell happened."""
    return [
        each._replace(timestamp_ms=each.timestamp_ms - lead_ms)
        for each, lead_ms in zip(log, cycle(leads_ms), strict=False)
    ]


def batch_of(records: Sequence[LogRecord]) -> Batch:
    """A batch of records of one topic."""
    return Batch(
        records[0].topic,
        records[0].partition,
        [each.offset for each in records],
        [each.key for each in records],
        [each.value for each in records],
        [each.timestamp_ms for each in records],
        records[-1].offset + 1,
    )


def pieces(log: Sequence[LogRecord], cuts: Sequence[int] = ()) -> Iterator[Batch]:
    """A log in batches of one topic, as long as they can be, cut where told besides."""
    start = 0
    for end in range(1, len(log) + 1):
        if end == len(log) or end in cuts or log[end].topic != log[start].topic:
            yield batch_of(log[start:end])
            start = end


def feed(program: LiveProgram, log: Sequence[LogRecord]) -> None:
    """Fold a log."""
    for batch in pieces(log):
        program.apply(batch.topic, batch)


def tell(program: LiveProgram, *events: AnyEvent) -> BatchReport:
    """Fold events one by one; what became of them altogether."""
    total = BatchReport()
    for each in log_of(events):
        report = program.apply(each.topic, batch_of([each]))
        total.applied += report.applied
        total.duplicate += report.duplicate
        total.rejected += report.rejected
        total.late += report.late
        total.dirty_keys = report.dirty_keys
    return total


def tell_at(program: LiveProgram, timestamp_ms: int, *events: AnyEvent) -> BatchReport:
    """Fold events that were written at one moment, whatever time they tell."""
    total = BatchReport()
    for each in log_of(events):
        total.add(program.apply(each.topic, batch_of([each._replace(timestamp_ms=timestamp_ms)])))
    return total


def folded(log: Sequence[LogRecord]) -> State:
    """The state of a program that nobody took anything from."""
    program = LiveProgram()
    feed(program, log)
    return {key: value for key, value in program.take_dirty() if value is not None}


def folded_in_pieces(log: Sequence[LogRecord], cuts: set[int], *, restored: bool = False) -> State:
    """The state of a program that was told a log in pieces, and from which each time all was taken.

    Shapes: ``restored``: each piece is told to a program of its own, which has read the state before.
    """
    program, state = LiveProgram(), State()
    for batch in pieces(log, sorted(cuts)):
        program.apply(batch.topic, batch)
        take_into(state, program)
        if restored:
            program = LiveProgram()
            program.restore(state.items())
    return state


def take_into(state: State, program: LiveProgram) -> int:
    """Bring a state up to date; to delete what it does not hold is an error."""
    taken = program.take_dirty()
    for key, value in taken:
        if value is None:
            del state[key]
        else:
            state[key] = value
    return len(taken)
