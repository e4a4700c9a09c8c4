from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.events.registry import AnyEvent
from streamproc.program import sweep
from streamproc.program.canonical import canonical
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.program.records import Records
from tests.builders import (
    T0,
    cancelled,
    comment,
    created,
    joined,
    order_failed,
    paid,
    refunded,
    viewer_key,
    viewers_counted,
)
from tests.folding import tell

DAY_MS = 86_400_000


def sessions(program: LiveProgram, host_id: str = "h-1") -> dict[str, Any]:
    found: dict[str, Any] = canonical(program.records.items())["hosts"][host_id]["sessions"]
    return found


def kinds(records: Records) -> list[int]:
    return sorted(key[0] for key, _ in records.items())


def swept(program: LiveProgram) -> LiveProgram:
    program.take_dirty()
    for _ in range(10):
        program.tick(0, True)
    program.take_dirty()
    return program


def again(program: LiveProgram) -> LiveProgram:
    """The same program after a restart."""
    program.take_dirty()
    values = program.records.values
    blocks = [
        (
            bucket.key + number.to_bytes(8, "big"),
            program.value(bucket.key + number.to_bytes(8, "big")),
        )
        for bucket in program.records.buckets.values()
        for number in range(bucket.written())
    ]
    restarted = LiveProgram()
    restarted.restore([*values.items(), *((key, value) for key, value in blocks if value)])
    return restarted


def test_an_order_is_forgotten_after_37_days_and_not_before() -> None:
    for days, paid_lines in ((37, 1), (38, 2)):
        program = LiveProgram()
        tell(program, paid())
        tell(program, comment(at_ms=T0 + 500 * DAY_MS))  # another topic's days are its own
        tell(program, created(at_ms=T0 + days * DAY_MS, order_id="o-2"))
        tell(program, paid())

        assert sessions(program)["s-1"]["totals"]["paid_lines"] == paid_lines


def test_a_fact_keeps_its_order_alive() -> None:
    program = LiveProgram()
    tell(program, paid())
    tell(program, refunded(at_ms=T0 + 20 * DAY_MS))
    tell(program, created(at_ms=T0 + 50 * DAY_MS, order_id="o-2"))

    assert tell(program, paid()).duplicate == 1


def test_a_refund_30_days_after_the_end_of_a_long_broadcast_finds_its_line() -> None:
    program = LiveProgram()
    tell(program, paid())
    tell(program, paid(at_ms=T0 + 7 * DAY_MS, order_id="o-2"))
    tell(swept(program), refunded(100, T0 + 37 * DAY_MS))

    totals = sessions(program)["s-1"]["totals"]
    assert totals["refunded_minor"] == {"CNY": 100}
    assert "orphan_refunds" not in totals


def test_a_minute_is_forgotten_after_8_days_but_what_it_held_stays_in_the_session() -> None:
    program = LiveProgram()
    tell(program, joined(1, T0), joined(2, T0 + 60_000))
    tell(program, joined(3, T0 + 9 * DAY_MS, host_id="h-2"))
    tell(swept(program), joined(4, T0 + 9 * DAY_MS))
    tell(program, joined(3, T0 + 10 * DAY_MS, host_id="h-2"))  # a walk begins once a day

    session = sessions(swept(program))["s-1"]
    assert session["totals"]["joins"] == 3
    assert session["uniques"] == {"viewers": 3}
    assert list(session["panes"]) == [str(T0 + 9 * DAY_MS - T0 % 10_000)]


def test_nothing_is_taken_back_from_a_minute_that_is_over() -> None:
    program = LiveProgram()
    tell(program, created(at_ms=T0))
    tell(program, created(at_ms=T0 + 60_000, order_id="o-2"))
    tell(program, cancelled(at_ms=T0 + 20 * DAY_MS))

    session = sessions(swept(program))["s-1"]
    assert session["totals"]["unpaid_minor"] == {"CNY": 1999}
    assert "panes" not in session


def test_a_session_is_forgotten_after_400_days_but_never_the_watermark_of_its_host() -> None:
    program = LiveProgram()
    for host_id in ("h-1", "h-2"):
        tell(program, joined(1, T0, host_id=host_id, session_id="s-0"))
        tell(program, joined(1, T0 + 60_000, host_id=host_id, session_id="s-1"))
    tell(program, joined(1, T0 + 401 * DAY_MS, host_id="h-3"))
    swept(program)

    assert list(sessions(program)) == ["s-1"]
    late = tell(again(program), joined(2, T0 - 120_000, session_id="s-0")).late
    assert late == 1


def test_a_session_that_comes_again_begins_with_nothing() -> None:
    program = LiveProgram()
    tell(program, joined(1, T0, session_id="s-0"), joined(2, T0 + 60_000, session_id="s-0"))
    tell(program, joined(1, T0 + 401 * DAY_MS))
    tell(program, joined(3, T0 + 401 * DAY_MS, session_id="s-0"))

    assert sessions(swept(program))["s-0"]["totals"] == {"joins": 1}
    assert sessions(program)["s-0"]["uniques"] == {"viewers": 1}


def test_one_step_looks_at_so_many_records_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SLICE", 10)
    program = LiveProgram()
    tell(program, *(paid(at_ms=T0, order_id=f"o-{number}") for number in range(100)))
    tell(program, created(at_ms=T0 + 38 * DAY_MS, order_id="o-new"))
    program.take_dirty()

    before = len(program.records.values)
    program.tick(0, True)
    assert 0 < before - len(program.records.values) <= 10

    assert all(value is None for _, value in program.take_dirty())
    for _ in range(20):
        program.tick(0, True)
    program.take_dirty()
    assert kinds(program.records).count(Kind.LINE) == 1


jumps = st.sampled_from([0, 0, 0, 30_000, 90_000, DAY_MS, 9 * DAY_MS, 38 * DAY_MS, 401 * DAY_MS])


@st.composite
def long_logs(draw: st.DrawFn) -> list[AnyEvent]:
    """A log of few names in which time sometimes leaps, and some events lie far behind."""
    now_ms, events = T0, list[AnyEvent]()
    for _ in range(draw(st.integers(1, 25))):
        now_ms += draw(jumps)
        at_ms = max(T0, now_ms - draw(jumps))
        who = draw(st.integers(0, 3))
        ids: dict[str, Any] = {
            "host_id": draw(st.sampled_from(["h-1", "h-2"])),
            "session_id": draw(st.sampled_from(["s-1", "s-2"])),
        }
        order = {**ids, "order_id": draw(st.sampled_from(["o-1", "o-2"]))}
        told: list[AnyEvent] = [
            joined(who, at_ms, **ids),
            viewers_counted(who, at_ms, **ids),
            created(1999, at_ms, **order),
            paid(1999, at_ms, buyer_key=viewer_key(who), **order),
            cancelled(at_ms, **order),
            refunded(1999, at_ms, **order),
            order_failed(at_ms=at_ms, attempt_id=f"a-{who}", **ids),
        ]
        events.append(draw(st.sampled_from(told)))
    return events


@settings(deadline=None, max_examples=150)
@given(long_logs(), st.randoms(use_true_random=False))
def test_when_records_are_taken_swept_or_restored_changes_no_state(
    events: list[AnyEvent], draw: random.Random
) -> None:
    calm, busy = LiveProgram(), LiveProgram()
    for event in events:
        tell(calm, event)
        tell(busy, event)
        if draw.random() < 0.3:
            swept(busy)
        if draw.random() < 0.3:
            busy.take_dirty()
        if draw.random() < 0.3:
            busy = again(busy)

    assert dict(swept(again(busy)).records.items()) == dict(swept(again(calm)).records.items())
