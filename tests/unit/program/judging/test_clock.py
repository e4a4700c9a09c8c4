from __future__ import annotations

from streamproc.program.judging.clock import MOST_AGE_MS, PATIENCE_MS, PAUSE_MS, EventClock
from tests.builders import T0

SECOND_MS = 1_000


def test_a_fresh_clock_waits_for_news_and_learns_how_old_they_are() -> None:
    clock = EventClock()

    assert clock.now(T0, T0 - 5_000) is None
    assert clock.now(T0 + SECOND_MS, T0 - 2_000) == T0 - 2_000
    assert clock.now(T0 + 2 * SECOND_MS, T0 - 2_000) == T0 - SECOND_MS


def test_without_news_it_takes_wall_time_after_a_while() -> None:
    clock = EventClock()

    assert clock.now(T0, T0 - 60_000) is None
    assert clock.now(T0 + PATIENCE_MS, T0 - 60_000) == T0 + PATIENCE_MS


def test_it_runs_on_by_itself_in_a_silence() -> None:
    clock = EventClock()
    clock.now(T0, T0 - 5_000)
    clock.now(T0 + SECOND_MS, T0)

    late_ms = [clock.now(T0 + second * SECOND_MS, T0) for second in range(2, 6)]

    assert late_ms == [T0 + SECOND_MS, T0 + 2 * SECOND_MS, T0 + 3 * SECOND_MS, T0 + 4 * SECOND_MS]


def test_events_of_tomorrow_do_not_let_it_run_ahead() -> None:
    clock = EventClock()
    clock.now(T0, T0)

    assert clock.now(T0 + SECOND_MS, T0 + 86_400_000) == T0 + SECOND_MS


def test_an_old_log_that_is_read_again_is_judged_by_wall_time() -> None:
    clock = EventClock()
    clock.now(T0, 0)

    assert clock.now(T0 + SECOND_MS, T0 - MOST_AGE_MS) == T0 + SECOND_MS


def test_a_process_that_stood_still_waits_for_news_again() -> None:
    clock = EventClock()
    clock.now(T0, T0 - 5_000)
    clock.now(T0 + SECOND_MS, T0)
    woken_ms = T0 + SECOND_MS + PAUSE_MS + 1

    assert clock.now(woken_ms, T0) is None
    assert clock.now(woken_ms + SECOND_MS, woken_ms) == woken_ms
