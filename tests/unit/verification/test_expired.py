"""What a worker may have let go of is compared on neither side."""

from __future__ import annotations

from typing import Any

from streamproc.verification import MINUTES_COMPARED_MS, drop_expired

LAST_MS = 1_790_000_000_000


def form(*starts_ms: int) -> dict[str, Any]:
    """A canonical form of one session with panes at these times."""
    panes = {str(start_ms): {"comments": 1} for start_ms in starts_ms}
    readings = {str(start_ms): [7, 0] for start_ms in starts_ms}
    session = {"totals": {"comments": 3}, "panes": panes, "readings": readings}
    return {"hosts": {"h-1": {"name": "a", "sessions": {"s-1": session}}}}


def test_minutes_that_only_the_log_still_has_are_left_out_of_both() -> None:
    old_ms = LAST_MS - MINUTES_COMPARED_MS - 1
    state, log = form(LAST_MS), form(old_ms, LAST_MS)

    drop_expired(state, log)

    assert state == log == form(LAST_MS)


def test_what_is_missing_of_the_last_week_stays_a_difference() -> None:
    lately_ms = LAST_MS - MINUTES_COMPARED_MS
    state, log = form(LAST_MS), form(lately_ms, LAST_MS)

    drop_expired(state, log)

    assert log == form(lately_ms, LAST_MS)
    assert state != log


def test_a_state_that_lost_its_last_minutes_is_measured_by_the_log() -> None:
    old_ms = LAST_MS - MINUTES_COMPARED_MS - 1
    state, log = form(old_ms), form(old_ms, LAST_MS)

    drop_expired(state, log)

    session = state["hosts"]["h-1"]["sessions"]["s-1"]
    assert session == {"totals": {"comments": 3}}
    assert log == form(LAST_MS)


def test_nothing_at_all_is_nothing_to_leave_out() -> None:
    empty: dict[str, Any] = {"hosts": {}}

    drop_expired(empty, empty)

    assert empty == {"hosts": {}}
