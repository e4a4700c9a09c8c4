"""A state and a log that lost its beginning, as verification finds them, without a broker."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

from streamproc.changelog_state import State, silent
from streamproc.engine.fence import TopicPosition
from streamproc.events.registry import INPUT_TOPICS, AnyEvent
from streamproc.oracle.batch import LogRecord, collected
from streamproc.program.live import LiveProgram
from streamproc.protocol import BatchReport
from streamproc.verification import Log, Verification, compared
from tests.builders import record
from tests.folding import batch_of


def numbered(events: Sequence[AnyEvent], at_ms: int | None = None) -> list[LogRecord]:
    """The log of one partition of each topic, as these events were written to it.

    Shapes: ``at_ms`` is when the records were; without it each at the time of its event.
    """
    ends = dict.fromkeys(INPUT_TOPICS, 0)
    log = []
    for event in events:
        topic, key, value, event_ms = record(event)
        log.append(LogRecord(topic, 0, ends[topic], key, value, at_ms or event_ms))
        ends[topic] += 1
    return log


def verified(
    log: Sequence[LogRecord],
    begins: Mapping[str, int],
    *,
    unfolded: Container[int] = (),
    damage: Callable[[LiveProgram], object] = lambda _: None,
) -> Verification:
    """What verification finds of a state of that log, of which what is before some offsets is gone.

    Shapes: ``begins`` by topic; ``unfolded`` are places of records that the fence covers and the state
        does not hold.
    """
    program = LiveProgram()
    positions = {topic: TopicPosition(0, 0) for topic in INPUT_TOPICS}
    for place, each in enumerate(log):
        batch = batch_of([each])
        report = program.apply(each.topic, batch) if place not in unfolded else BatchReport(1)
        positions[each.topic].advance(report, 1, each.offset + 1)
    damage(program)
    held = [(key, value) for key, value in program.take_dirty() if value is not None]
    rest = [each for each in log if each.offset >= begins.get(each.topic, 0)]
    left = Log("nowhere", None, silent)
    for topic in INPUT_TOPICS:
        of = [each for each in rest if each.topic == topic]
        left.begins[topic][0] = (begins.get(topic, 0), of[0].timestamp_ms if of else None)
        left.counts[topic][0] = len(of)
    state = State({0: held}, {0: positions})
    return compared(state, left, collected(rest), partitions=1, words=None)
