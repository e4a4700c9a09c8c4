"""What nearly all orders consist of is folded in a way of its own: it must be as good as any fact."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streamproc.program.live import LiveProgram
from streamproc.program.order_codec import OrderRecord
from streamproc.program.order_moves import OrderMoves
from streamproc.tally.orders import OrderFact
from tests.builders import (
    T0,
    cancelled,
    created,
    order_failed,
    paid,
    refund_requested,
    refunded,
    viewer_key,
)
from tests.folding import State, take_into, tell
from tests.unit.tally.told_orders import facts

SECOND = 1_000
MINUTE = 60_000
DAY = 86_400_000
BUYER: dict[str, Any] = {"buyer_key": viewer_key(1)}

Step = tuple[OrderFact, bool, bool]
"""A fact, whether it comes twice, and whether what changed is taken after it."""


def nothing_is_plain() -> ExitStack:
    """Every fact is merged like any other."""
    stack = ExitStack()
    stack.enter_context(patch.object(OrderRecord, "create", lambda *_: False))
    stack.enter_context(patch.object(OrderRecord, "pay", lambda *_: None))
    stack.enter_context(patch.object(OrderRecord, "refund", lambda *_: False))
    return stack


def everything_is_plain() -> AbstractContextManager[object]:
    """No fact may be merged."""
    return patch.object(OrderMoves, "merge", side_effect=AssertionError("a fact was merged"))


@st.composite
def sales(draw: st.DrawFn) -> list[OrderFact]:
    """What becomes of a line, mostly; its facts agree."""
    pauses = st.sampled_from([0, 1, SECOND, 9_999, 10_000, MINUTE, 16 * MINUTE])
    of_line: dict[str, Any] = {
        "order_id": draw(st.sampled_from(["o-1", "o-2"])),
        "line_id": draw(st.sampled_from(["1", "10", "2"])),
        "session_id": draw(st.sampled_from(["s-1", "s-1", "s-2", "CNY"])),
    }
    buyer = draw(st.sampled_from([None, viewer_key(1), viewer_key(2)]))
    currency = draw(st.sampled_from(["CNY", "CNY", "EUR"]))
    sale = {**of_line, "quantity": 2, "currency": currency, "buyer_key": buyer}
    minor = draw(st.sampled_from([0, 1, 1_999]))
    at_ms = T0 + draw(pauses)
    told: list[OrderFact] = [created(minor, at_ms, **sale)]
    if draw(st.booleans()):
        at_ms += draw(pauses)
        told.append(paid(draw(st.sampled_from([0, minor])), at_ms, payable_minor=minor, **sale))
    if draw(st.booleans()):
        told.append(refund_requested(at_ms + 1, **of_line))
    if draw(st.booleans()):
        told.append(refunded(minor, at_ms + draw(pauses), currency=currency, **of_line))
    return told


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Sales of a few lines, one into another, and facts that fit to nothing; days may go by."""
    single = facts().map(lambda fact: [fact])
    told = [
        fact
        for each in draw(st.lists(st.one_of(sales(), sales(), single), max_size=9))
        for fact in each
    ]
    if draw(st.booleans()):
        told = draw(st.permutations(told))
    leaps = st.sampled_from([0, 0, 0, 0, 0, MINUTE, 9 * DAY, 38 * DAY, 401 * DAY])
    flags, leap_ms, steps = st.sampled_from([False, False, True]), 0, list[Step]()
    for fact in told:
        leap_ms += draw(leaps)
        later = replace(fact, occurred_at_ms=fact.occurred_at_ms + leap_ms)
        steps.append((later, draw(flags), draw(flags)))
    return steps


def folded(steps: list[Step]) -> tuple[list[Any], State]:
    """What was reported and taken at each step, and the state at the end."""
    program, state, said = LiveProgram(), State(), list[Any]()
    for fact, twice, taken in steps:
        said += [tell(program, each) for each in [fact, fact][: 1 + twice]]
        if taken:
            said.append(sorted(program.take_dirty(), key=lambda each: each[0]))
    state.update(program.records.items())
    return said, state


@settings(deadline=None, max_examples=150)
@given(steps())
def test_facts_of_plain_orders_change_what_any_facts_change(steps: list[Step]) -> None:
    plain = folded(steps)
    with nothing_is_plain():
        assert folded(steps) == plain


def test_nothing_is_merged_of_an_order_that_is_created_paid_and_refunded() -> None:
    program = LiveProgram()
    with everything_is_plain():
        tell(program, created(500, T0, **BUYER), paid(500, T0 + MINUTE, **BUYER))
        program.take_dirty()
        tell(program, refunded(500, T0 + 2 * MINUTE))


def test_nothing_is_merged_of_an_order_of_several_lines() -> None:
    program = LiveProgram()
    with everything_is_plain():
        tell(program, *(created(500, T0, line_id=f"{line}") for line in range(5)))
        program.take_dirty()
        tell(program, *(paid(500, T0 + MINUTE, line_id=f"{line}") for line in range(5)))
        program.take_dirty()
        tell(program, refunded(500, T0 + 2 * MINUTE, line_id="3"))


def test_an_order_that_changes_twice_before_it_is_taken_is_packed_once() -> None:
    program, state = LiveProgram(), State()
    with patch.object(OrderRecord, "pack", autospec=True, side_effect=OrderRecord.pack) as packed:
        tell(program, created(500, T0), cancelled(T0 + SECOND), order_failed(at_ms=T0))
        tell(program, paid(500, T0 + MINUTE))
        take_into(state, program)

    assert packed.call_count == 1
