"""Events that are told again: known by their ids, whatever time they tell, for as long as is promised."""

from __future__ import annotations

import pytest

from streamproc.events.registry import VIEWERS_TOPIC
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from tests.builders import T0, joined, liked, order_failed
from tests.folding import tell
from tests.unit.program.test_expiry import again

SECOND = 1_000
DAY_MS = 86_400_000
SLOT = 30 * SECOND
BEGIN = T0 - T0 % SLOT


def blocks(program: LiveProgram) -> int:
    return sum(bucket.written() for bucket in program.records.buckets.values())


@pytest.mark.parametrize("apart_ms", [0, 2 * SECOND, -2 * SECOND, 100 * SECOND, -100 * SECOND])
def test_an_event_that_tells_another_time_when_it_is_told_again_counts_once(apart_ms: int) -> None:
    program = LiveProgram()
    told = tell(
        program,
        liked(10, BEGIN + SLOT - SECOND, event_id="e-1"),
        liked(10, BEGIN + SLOT - SECOND + apart_ms, event_id="e-1"),
    )

    assert (told.applied, told.duplicate) == (1, 1)


@pytest.mark.parametrize("restarts", [False, True])
def test_an_event_that_is_hours_late_counts_once(restarts: bool) -> None:
    program = LiveProgram()
    late = joined(at_ms=T0 - 7_200 * SECOND, event_id="e-late")
    told = tell(program, joined(), late)
    assert (told.applied, told.late) == (2, 1)
    program = again(program) if restarts else program

    assert tell(program, late).duplicate == 1


def test_an_order_that_fails_is_told_again_with_another_time() -> None:
    failed = [order_failed(at_ms=BEGIN + n * SLOT, event_id="e-1") for n in range(3)]

    assert tell(LiveProgram(), *failed).duplicate == 2


@pytest.mark.parametrize("restarts", [False, True])
def test_an_id_that_another_evening_uses_again_is_another_event(restarts: bool) -> None:
    program = LiveProgram()
    other = joined(at_ms=BEGIN + 150 * SECOND, event_id="e-1")
    tell(program, joined(at_ms=BEGIN, event_id="e-1"))
    program = again(program) if restarts else program

    told = tell(program, other, other, joined(at_ms=BEGIN + 151 * SECOND, event_id="e-1"))

    assert (told.applied, told.duplicate) == (1, 2)


def test_what_would_end_ids_and_is_a_duplicate_ends_none() -> None:
    program = LiveProgram()
    first, second = (joined(at_ms=BEGIN + n * SLOT, event_id=f"e-{n}") for n in range(2))
    tell(program, first, second)
    # The first of them would be forgotten by then, the second is known.
    ahead = joined(at_ms=BEGIN + 150 * SECOND, event_id="e-1")

    assert tell(program, ahead, first, ahead, second, first).duplicate == 5


@pytest.mark.parametrize("days", [1, 2, 40])
@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
def test_the_ids_of_a_host_that_fell_silent_end_with_the_day_after(
    days: int, swept: bool, restarts: bool
) -> None:
    program = LiveProgram()
    seen = [joined(n, host_id="h-silent") for n in range(70)]
    tell(program, *seen, joined(at_ms=T0 + days * DAY_MS))
    program.take_dirty()
    assert blocks(program) == 4
    if restarts:
        program = again(program)
    if swept:
        for _ in range(3):
            program.tick(0, caught_up=True)
        deleted = [key for key, value in program.take_dirty() if key[0] == Kind.SEEN and not value]
        assert len(deleted) == (0 if days == 1 else 3)
        assert blocks(program) == (4 if days == 1 else 1)

    told = tell(program, *seen, *seen)

    assert (told.applied, told.duplicate) == ((0, 140) if days == 1 else (70, 70))
    assert set(program.audience[VIEWERS_TOPIC].hosts) == {"h-1", "h-silent"}
