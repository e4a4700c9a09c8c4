"""A broadcast that is over, and one that is started again: nobody watches what is not on the air."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.events.registry import ROOMS_TOPIC, AnyEvent
from streamproc.events.rooms import RoomPaused, RoomResumed
from streamproc.oracle.figures import figures
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from streamproc.tally.formulas import session_answer
from streamproc.tally.windows import Rolling
from tests.builders import T0, joined, made, room_ended, room_started, viewers_counted
from tests.folding import log_of, tell

MINUTE_MS = 60_000
AGAIN: tuple[AnyEvent, ...] = (
    room_started(),
    viewers_counted(100, T0),
    *(joined(each, T0 + each) for each in range(10)),
    room_ended(T0 + 10 * MINUTE_MS),
    room_started(T0 + 70 * MINUTE_MS),
    viewers_counted(40, T0 + 71 * MINUTE_MS),
    room_ended(T0 + 80 * MINUTE_MS),
)
"""Ten minutes with a hundred viewers, an hour without anybody, nine minutes with forty."""


def answered(events: tuple[AnyEvent, ...], as_of_ms: int) -> dict[str, Any]:
    """What fold, windows that roll, and oracle answer alike."""
    program = LiveProgram()
    tell(program, *(each for each in events if each.occurred_at_ms <= as_of_ms))
    (tally,) = host_tallies(program)
    answer = session_answer(tally, as_of_ms)
    log = log_of([each for each in events if each.occurred_at_ms <= as_of_ms])
    assert figures(log, as_of_ms)["hosts"]["h-1"]["s-1"] == answer
    windows = Rolling(tally).answer(as_of_ms).windows
    assert windows.m60.online_peak == answer["windows"]["60m"]["online_peak"]
    assert windows.m60.online_mean == answer["windows"]["60m"]["online_mean"]
    return answer


def test_the_time_between_an_end_and_a_new_start_is_watched_by_nobody() -> None:
    answer = answered(AGAIN, T0 + 80 * MINUTE_MS)

    watched_minutes = 100 * 10 + 40 * 9
    assert answer["figures"]["online_mean"] == watched_minutes / 19
    assert answer["figures"]["watch_mean_s"] == 60 * watched_minutes / 10
    assert answer["figures"]["online_peak"] == 100
    assert answer["windows"]["60m"]["online_mean"] == 40


@pytest.mark.parametrize("events", [AGAIN[::-1], (*AGAIN[-3:], *AGAIN[:-3])], ids=["back", "late"])
def test_it_is_so_in_whatever_order_turns_are_told(events: tuple[AnyEvent, ...]) -> None:
    turns = [each for each in events if each.occurred_at_ms not in (T0, T0 + 71 * MINUTE_MS)]
    rest = [each for each in AGAIN if each not in turns]
    program, sorted_program = LiveProgram(), LiveProgram()
    tell(program, *rest, *turns)
    tell(sorted_program, *AGAIN)

    (told,), (expected,) = host_tallies(program), host_tallies(sorted_program)
    assert told.lifecycle == expected.lifecycle
    as_of_ms = T0 + 80 * MINUTE_MS
    assert (
        session_answer(told, as_of_ms)["figures"] == session_answer(expected, as_of_ms)["figures"]
    )


def test_after_an_end_windows_and_minutes_tell_of_nobody_online() -> None:
    over: tuple[AnyEvent, ...] = (*AGAIN[:-3], joined(11, T0 + 14 * MINUTE_MS))
    answer = answered(over, T0 + 14 * MINUTE_MS)

    of = {name: each["online_peak"] for name, each in answer["windows"].items()}
    assert of == {"1m": None, "5m": 100, "10m": 100, "previous_10m": 100, "60m": 100}
    assert [each["online_peak"] for each in answer["curve"]] == [100, None]
    assert [each["online_mean"] for each in answer["curve"]] == [100, None]
    assert answer["figures"]["online_now"] is None
    assert answer["figures"]["online_mean"] == 100
    late = answered(over, T0 + 75 * MINUTE_MS)
    assert {each["online_peak"] for each in late["windows"].values()} == {None}


def test_what_was_counted_before_a_new_start_is_not_who_is_online_after_it() -> None:
    assert answered(AGAIN[:-2], T0 + 70 * MINUTE_MS)["figures"]["online_now"] is None
    assert answered(AGAIN[:-1], T0 + 71 * MINUTE_MS)["figures"]["online_now"] == 40


def test_who_waits_while_it_is_paused_watches() -> None:
    paused: tuple[AnyEvent, ...] = (
        room_started(),
        viewers_counted(100, T0),
        made(RoomPaused, T0 + 10 * MINUTE_MS),
        made(RoomResumed, T0 + 20 * MINUTE_MS),
        viewers_counted(40, T0 + 30 * MINUTE_MS),
        room_ended(T0 + 40 * MINUTE_MS),
    )
    answer = answered(paused, T0 + 40 * MINUTE_MS)

    assert answer["figures"]["online_mean"] == (100 * 30 + 40 * 10) / 40
    assert answer["windows"]["60m"]["online_peak"] == 100


def test_what_is_counted_while_it_is_over_is_no_count_of_a_window() -> None:
    counted: tuple[AnyEvent, ...] = (
        *AGAIN[:-3],
        viewers_counted(900, T0 + 15 * MINUTE_MS),
        *AGAIN[-3:],
    )
    answer = answered(counted, T0 + 80 * MINUTE_MS)

    assert answer["figures"]["online_mean"] == (100 * 10 + 40 * 9) / 19
    assert answer["windows"]["60m"]["online_peak"] == 40
    assert answer["figures"]["online_peak"] == 900


def test_a_broadcast_that_nobody_started_counts_and_says_so() -> None:
    known = answered((joined(1), room_started(T0 + 1)), T0 + 1)["completeness"]
    unknown = answered((joined(1),), T0)

    assert unknown["figures"]["views"] == 1
    assert unknown["completeness"]["status"] == "unknown"
    assert ROOMS_TOPIC in unknown["completeness"]["missing_sources"]
    assert (known["status"], ROOMS_TOPIC in known["missing_sources"]) == ("live", False)
