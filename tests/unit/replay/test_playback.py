"""A replay ends where a worker and the oracle end, however its records were cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import LogRecord, compute
from streamproc.replay.playback import Playback, last_event_ms
from streamproc.replay.recorded import Partitions, Recorded
from tests import builders
from tests.builders import T0

PARTITIONS = 3
EVENTS = st.lists(
    st.one_of(
        st.builds(
            builders.paid,
            st.integers(1, 3),
            at_ms=st.integers(T0, T0 + 2_000_000),
            host_id=st.sampled_from(["h-1", "h-2", "h-3"]),
            order_id=st.sampled_from(["o-1", "o-2"]),
        ),
        st.builds(
            builders.comment,
            at_ms=st.integers(T0, T0 + 400_000),
            host_id=st.sampled_from(["h-1", "h-2"]),
            event_id=st.sampled_from(["e-1", "e-2"]),
        ),
        st.builds(builders.profiled, host_id=st.sampled_from(["h-1", "h-4"])),
    ),
    max_size=30,
)


def recorded(events: list[AnyEvent]) -> list[Recorded]:
    partitions = Partitions(PARTITIONS)
    log = []
    for topic, key, value, at_ms in map(builders.record, events):
        log.append(Recorded(topic, partitions.of(key), key, value, at_ms, at_ms))
    return log


@given(EVENTS, st.lists(st.integers(0, 30)))
def test_a_replay_ends_in_the_canonical_form_of_the_log(
    events: list[AnyEvent], cuts: list[int]
) -> None:
    log = recorded(events)
    playback = Playback()
    places = sorted({0, *cuts, len(log)})
    for begin, end in pairwise(places):
        playback.take(log[begin:end])

    expected = compute(
        LogRecord(each.topic, each.partition, number, each.key, each.value, each.timestamp_ms)
        for number, each in enumerate(log)
    )
    assert playback.records == len(log)
    assert playback.canonical() == expected


def test_what_became_of_records_is_counted() -> None:
    playback = Playback()
    log = recorded([builders.paid(), builders.paid(), builders.comment()])
    bad = log[0]._replace(value=b"nonsense")

    playback.take([*log, bad])

    names = ("applied", "duplicate", "rejected", "late")
    assert [playback.counted(name) for name in names] == [2, 1, 1, 0]


def test_the_last_event_is_the_latest_of_any_host_and_topic() -> None:
    playback = Playback()
    assert last_event_ms(playback.programs) is None

    playback.take(recorded([builders.profiled(at_ms=T0 + 5)]))
    assert last_event_ms(playback.programs) == T0 + 5

    playback.take(recorded([builders.comment(at_ms=T0 + 9), builders.paid(at_ms=T0 + 7)]))
    assert last_event_ms(playback.programs) == T0 + 9
