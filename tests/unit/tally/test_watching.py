from __future__ import annotations

from bisect import insort

from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from streamproc.program.watching_codec import pack_watching, unpack_watching
from streamproc.tally.held import Held
from streamproc.tally.lifecycle import Over
from streamproc.tally.online import Reading, on_air, watched_online
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.watching import SETTLED_AFTER_MINUTES, Watching

T0 = 29_166_666 * 60_000
ALLOWANCE_MS = 120_000

steps_ms = st.sampled_from([0, 1, 999, 1_000, 20_000, 59_000, 60_000, 200_000, 86_400_000])
behind_ms = st.sampled_from([0, 0, 0, 1, 1_000, 60_000, 119_999, ALLOWANCE_MS])


@st.composite
def told(draw: st.DrawFn) -> list[Reading]:
    """Readings in the order in which they are told, none of them late."""
    now_ms, readings = T0, list[Reading]()
    for _ in range(draw(st.integers(1, 30))):
        now_ms += draw(steps_ms)
        at_ms = max(T0, now_ms - draw(behind_ms))
        readings.append(Reading(at_ms, draw(st.integers(0, 10**9)), draw(st.booleans())))
    return readings


def of_seconds(readings: list[Reading]) -> list[Reading]:
    """The greatest of each second, by time."""
    found: dict[int, Reading] = {}
    for each in readings:
        second = each.at_ms // 1_000
        found[second] = max(each, found.get(second, each))
    return sorted(found.values())


def watching(readings: list[Reading], *, written: bool = False) -> Watching:
    """What is kept of readings; written and opened again behind each, if told so."""
    kept = Watching()
    for each in readings:
        kept.put(each)
        if written:
            kept = unpack_watching(pack_watching(Held(b"", kept)))
    return kept


@st.composite
def overs(draw: st.DrawFn) -> list[Over]:
    """When it was over, mostly never."""
    turns = sorted(draw(st.lists(st.integers(0, 400), max_size=4, unique=True)))
    times = [T0 + each * 30_000 for each in turns]
    over: list[Over] = list(zip(times[::2], times[1::2], strict=False))
    return [*over, (times[-1], None)] if len(times) % 2 else over


@given(told(), overs(), st.lists(st.one_of(steps_ms, st.integers(0, 10**9)), max_size=5))
def test_the_mean_is_that_of_all_readings(
    readings: list[Reading], over: list[Over], after_ms: list[int]
) -> None:
    kept = watching(readings, written=True)
    all_of_them = on_air(of_seconds(readings), over)
    ends = [*(each.at_ms for each in of_seconds(readings)), T0 - 1]
    for each in after_ms:
        insort(ends, T0 + each)
    for end_ms in ends:
        known = kept.until(end_ms, over)
        if kept.settled is not None and end_ms < kept.settled.last_ms:
            assert known is None
        elif known is not None or not is_over_within(kept, over):
            assert known == watched_online(all_of_them, 0, end_ms)


def is_over_within(kept: Watching, over: list[Over]) -> bool:
    """Whether it was over at a time that only a sum is known of."""
    return kept.settled is not None and any(each[0] < kept.settled.last_ms for each in over)


def test_where_it_was_over_while_nobody_counted_that_time_is_not_in_the_sum() -> None:
    gap_ms = 30 * MINUTE_MS
    readings = [Reading(T0 + n * MINUTE_MS, 100, False) for n in (0, 1, 2, 40, 41, 80)]
    over = [(T0 + 150_000, T0 + 150_000 + gap_ms)]
    kept = watching(readings, written=True)

    assert kept.settled is not None
    # From half a minute into the gap's count until the first one after it.
    watched_ms = (80 - 40) * MINUTE_MS + 150_000
    assert kept.until(T0 + 80 * MINUTE_MS, over) == (100.0, 100 * watched_ms)
    # As with a count in the meantime: which part of the sum is to be left out nobody knows.
    assert kept.until(T0 + 80 * MINUTE_MS, [(T0 + 150_000, T0 + 41 * MINUTE_MS)]) is None


@given(told())
def test_what_is_written_and_opened_again_goes_on_as_it_was(readings: list[Reading]) -> None:
    always, again = watching(readings), watching(readings, written=True)

    assert pack_watching(Held(b"", again)) == pack_watching(Held(b"", always))


@given(told())
def test_what_may_still_change_and_a_few_minutes_more_are_kept_one_by_one(
    readings: list[Reading],
) -> None:
    kept = watching(readings)
    newest = max(readings).at_ms // 60_000
    first_ms = (newest - SETTLED_AFTER_MINUTES) * 60_000

    assert kept.readings() == [each for each in of_seconds(readings) if each.at_ms >= first_ms]


def test_a_sum_may_pass_64_bits() -> None:
    year_ms = 366 * 86_400_000
    readings = [Reading(T0 + year * year_ms, 10**9, False) for year in range(4)]
    kept = unpack_watching(pack_watching(Held(b"", watching(readings))))

    assert kept.until(T0 + 3 * year_ms, []) == (10.0**9, 3 * year_ms * 10**9)


def test_a_sum_of_the_version_before_is_read_and_knows_no_time_in_which_it_was_over() -> None:
    last_ms = T0 + 10 * MINUTE_MS
    row = ((T0, last_ms, 7, 0, 50 * MINUTE_MS), last_ms, [MINUTE_MS], [18])
    kept = unpack_watching(bytes((1,)) + msgpack.encode(row))

    assert kept.until(last_ms + 2 * MINUTE_MS, []) == ((50 + 7 + 9) / 12, 66 * MINUTE_MS)
    assert kept.until(last_ms + 2 * MINUTE_MS, [(T0 + MINUTE_MS, last_ms)]) is None
