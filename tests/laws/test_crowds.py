"""Laws of counting people, beyond what is counted exactly."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from tests.builders import joined
from tests.folding import State, folded, log_of, pieces, take_into

T0 = 1_750_000_000_000


@given(
    seed=st.integers(0, 9),
    count=st.sampled_from([300, 900]),
    cuts=st.sets(st.integers(1, 900), max_size=4),
    restored=st.booleans(),
)
@settings(max_examples=20)
def test_a_crowd_that_outgrows_exact_counts_is_counted_the_same_however_it_is_cut(
    seed: int, count: int, cuts: set[int], restored: bool
) -> None:
    chance = Random(seed)
    told = [(chance.randint(0, 1_500), chance.randint(-180, 0)) for _ in range(count)]
    log = log_of(
        [
            joined(viewer, T0 + index * 700 + behind_s * 1_000)
            for index, (viewer, behind_s) in enumerate(told)
        ]
    )
    program, state = LiveProgram(), State()
    for batch in pieces(log, sorted(cuts)):
        program.apply(batch.topic, batch)
        take_into(state, program)
        if restored:
            program = LiveProgram()
            program.restore(state.items())

    assert state == folded(log)
    (tally,) = session_tallies(state.items())
    viewers = len({viewer for viewer, _ in told})
    assert tally.uniques["viewers"].count() == pytest.approx(viewers, rel=0.05)
