"""When a broadcast began, also where an adapter told a start that cannot be."""

from __future__ import annotations

from itertools import permutations

import pytest

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomPaused, RoomResumed
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from streamproc.tally.beginning import STRAY_MS, begin_ms
from tests.builders import T0, comment, joined, made, room_ended, room_started
from tests.folding import tell

WEEKS_MS = 14 * 86_400_000
STRAY = room_started(T0 - WEEKS_MS)


def begun(*events: AnyEvent) -> int:
    """When the broadcast began."""
    program = LiveProgram()
    tell(program, *events)
    (tally,) = host_tallies(program)
    return begin_ms(tally)


@pytest.mark.parametrize(
    "events", list(permutations([STRAY, room_started(T0), joined(1, T0 + 1), room_ended(T0 + 9)]))
)
def test_a_start_weeks_before_all_else_is_not_believed_in_any_order(
    events: tuple[AnyEvent, ...],
) -> None:
    assert begun(*events) == T0


def test_with_no_other_start_it_begins_as_without_any() -> None:
    assert begun(STRAY, joined(1, T0 + 5), room_ended(T0 + 9)) == T0
    assert begun(STRAY, joined(1, T0 + 5), made(RoomPaused, T0 + 6)) == T0
    assert begun(STRAY, room_ended(T0 + 9)) == STRAY.occurred_at_ms  # nothing else is known of it


def test_a_start_within_a_day_of_anything_else_is_believed() -> None:
    for other in (joined(1, T0), comment(at_ms=T0), made(RoomResumed, T0)):
        assert begun(room_started(T0 - STRAY_MS), other) == T0 - STRAY_MS
    assert begun(room_started(T0 - STRAY_MS - 1), joined(1, T0)) == T0
    assert begun(room_started(T0)) == T0
    assert begun(room_started(T0), joined(1, T0 - WEEKS_MS)) == T0
