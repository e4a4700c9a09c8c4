"""Laws of counting people, beyond what is counted exactly."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streamproc.oracle.batch import compute
from streamproc.program.canonical import canonical
from streamproc.program.tallies import session_tallies
from tests.builders import comment, joined, liked
from tests.folding import folded, folded_in_pieces, log_of

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
    state = folded_in_pieces(log, cuts, restored=restored)

    assert state == folded(log)
    (tally,) = session_tallies(state.items())
    viewers = len({viewer for viewer, _ in told})
    assert tally.uniques["viewers"].count() == pytest.approx(viewers, rel=0.05)


@given(
    seed=st.integers(0, 99),
    count=st.sampled_from([300, 3_000]),
    step_ms=st.sampled_from([40, 400]),
    cuts=st.sets(st.integers(1, 3_000), max_size=4),
    restored=st.booleans(),
)
@settings(max_examples=15)
def test_in_a_busy_room_an_id_that_is_told_again_is_known_as_long_as_it_is_to_be(
    seed: int, count: int, step_ms: int, cuts: set[int], restored: bool
) -> None:
    chance = Random(seed)
    events: list[Any] = []
    for index in range(count):
        told = f"e-{index if chance.random() < 0.8 else chance.randint(0, index)}"
        at_ms = T0 + index * step_ms - chance.choice([0, 0, 0, 5_000, 200_000])
        mirrored = chance.random() < 0.5
        event = chance.choice([liked(1, at_ms), comment("好", at_ms, mirrored=mirrored)])
        events.append(replace(event, event_id=told))
    log = log_of(events)
    state = folded_in_pieces(log, cuts, restored=restored)

    assert canonical(state.items())["hosts"] == compute(log)["hosts"]
