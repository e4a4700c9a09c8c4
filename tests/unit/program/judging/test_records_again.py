"""What judging keeps can be written once more as it is: the digest of the state hangs on it."""

from __future__ import annotations

from streamproc.program.keys import Kind
from tests.builders import T0
from tests.folding import State, take_into
from tests.judged import SECOND_MS, live


def test_every_record_of_a_room_that_is_judged_is_told_as_it_was_written() -> None:
    program, state, kinds = live(), State(), set[int]()
    for now_ms in range(T0, T0 + 200_000, SECOND_MS):
        program.tick(now_ms, True)
        take_into(state, program)
        kinds |= {key[0] for key in state}

        assert {key: program.value(key) for key in state} == state

        published = program.take_outputs().published
        program.delivered(published)
        take_into(state, program)

        assert {key: program.value(key) for key in state} == state
    assert {Kind.ALERT, Kind.OUTBOX} <= kinds
