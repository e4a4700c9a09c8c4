"""A comment and its mirrored copies under one event id: it counts once, whichever comes first."""

from __future__ import annotations

from itertools import permutations

import pytest

from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import compute
from streamproc.program.canonical import canonical
from streamproc.program.fold_comments import CommentReader
from streamproc.program.live import LiveProgram
from tests.builders import T0, comment
from tests.folding import State, log_of, take_into, tell
from tests.spelled_reader import SpelledReader

ORIGINAL = comment(event_id="e-1")
COPY = comment(at_ms=T0 + 1, event_id="e-1", mirrored=True)
SAME_COPY = comment(at_ms=T0 + 2, event_id="e-1", mirrored=True)


@pytest.mark.parametrize("reader", [None, SpelledReader()], ids=["counts", "reads"])
@pytest.mark.parametrize("order", list(permutations([ORIGINAL, COPY, SAME_COPY, ORIGINAL])))
def test_a_comment_and_its_copies_count_once_each(
    order: tuple[AnyEvent, ...], reader: CommentReader | None
) -> None:
    program, state = LiveProgram(reader), State()
    for each in order:  # restored between any two
        program = LiveProgram(reader)
        program.restore(state.items())
        tell(program, each)
        take_into(state, program)
    held = canonical(state.items())["hosts"]["h-1"]["sessions"]["s-1"]

    assert held["totals"] == {"comments": 1, "mirrored": 1}
    assert held["uniques"] == {"commenters": 1}
    log = log_of(list(order))
    told = compute(log)
    assert told["hosts"]["h-1"]["sessions"]["s-1"]["totals"] == held["totals"]
    assert told["accounting"]["live.comments.v1"]["0"] == {"applied": 2, "duplicate": 2}
