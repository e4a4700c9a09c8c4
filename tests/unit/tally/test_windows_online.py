"""Readings in windows: what is looked at again is what may have changed, and no more."""

from __future__ import annotations

from streamproc.tally.model import MinuteTally
from streamproc.tally.online import Reading
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.windows_online import RollingOnline

FIRST = 30_000_000
BEGIN_MS = FIRST * MINUTE_MS


class Watched(dict[int, MinuteTally]):
    """Minutes that count how often they are looked for."""

    looked = 0

    def __contains__(self, number: object) -> bool:
        self.looked += 1
        return super().__contains__(number)


def minute(number: int, *readings: Reading) -> MinuteTally:
    """A minute with these readings."""
    return MinuteTally(number, readings=list(readings))


def reading(number: int, online: int) -> Reading:
    """A count at the begin of a minute."""
    return Reading(number * MINUTE_MS, online, False)


def gone_on(minutes: Watched, rolling: RollingOnline, number: int, *readings: Reading) -> int:
    """One more minute; how many were looked for."""
    minutes.looked = 0
    minutes[number] = minute(number, *readings)
    rolling.touched(number)
    rolling.renew(number)
    return minutes.looked


def test_a_long_broadcast_of_which_nobody_counts_viewers_is_not_read_again_each_minute() -> None:
    minutes = Watched({FIRST: minute(FIRST)})
    rolling = RollingOnline(minutes)
    rolling.renew(FIRST)

    looked = [gone_on(minutes, rolling, FIRST + each) for each in range(1, 120)]

    assert max(looked) <= 4


def test_a_year_without_a_look_is_not_gone_through_minute_by_minute() -> None:
    minutes = Watched({FIRST: minute(FIRST, reading(FIRST, 7))})
    rolling = RollingOnline(minutes)
    rolling.renew(FIRST)

    looked = gone_on(minutes, rolling, FIRST + 500_000, reading(FIRST + 500_000, 9))

    assert looked <= 4
    assert rolling.session((FIRST + 500_001) * MINUTE_MS, 9)[2] == (7 * 500_000 + 9) * MINUTE_MS


def test_a_count_that_is_told_late_is_read_though_none_was_before() -> None:
    minutes = Watched()
    rolling = RollingOnline(minutes)
    for each in range(10):
        gone_on(minutes, rolling, FIRST + each)

    late = FIRST + 2
    minutes[late].readings.append(reading(late, 40))
    rolling.touched(late)
    rolling.renew(FIRST + 9)

    mean, _, watched_ms = rolling.session(BEGIN_MS + 10 * MINUTE_MS, 40)
    assert (mean, watched_ms) == (40, 40 * 8 * MINUTE_MS)


def test_an_integral_begins_with_the_first_count_after_old_ones_were_let_go_of() -> None:
    minutes = Watched()
    rolling = RollingOnline(minutes)
    for each in range(200):
        gone_on(minutes, rolling, FIRST + each, reading(FIRST + each, 10 + each % 2))

    rolling.touched(FIRST + 1)
    minutes[FIRST + 1].readings[:] = [reading(FIRST + 1, 1_000)]
    rolling.renew(FIRST + 199)

    others = sum((10 + each % 2) for each in range(200) if each != 1)
    _, _, watched_ms = rolling.session((FIRST + 200) * MINUTE_MS, 1_000)
    assert watched_ms == (others + 1_000) * MINUTE_MS
