"""What a worker may have let go of is compared on neither side."""

from __future__ import annotations

from typing import Any

from streamproc.comparison import (
    MINUTES_COMPARED_MS,
    SINGLE_COMMENTS_COMPARED_MS,
    drop_expired,
)

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


def meant(at_ms: int) -> dict[str, Any]:
    """What one comment of that time meant."""
    minute, told = str(at_ms), {"praise": {"": {"comments": 1}}}
    return {
        "totals": told,
        "minutes": {minute: told},
        "unexplained": {"total": 1, "minutes": {minute: 1}},
        "samples": [[at_ms, 0, "?"]],
        "facts": [[at_ms, 0, "host", "out", "", "0" * 16, "s"]],
        "evidence": {"complaint": {"": [[at_ms, 0, 0, "0" * 16, "x"]]}},
    }


def two_broadcasts(old_ms: int) -> dict[str, Any]:
    """One of that time and one of now, each with a comment."""
    sessions = {
        name: {"panes": {str(at_ms): {"comments": 1}}, "senses": meant(at_ms)}
        for name, at_ms in {"old": old_ms, "new": LAST_MS}.items()
    }
    return {"hosts": {"h-1": {"sessions": sessions}}}


def senses_after(old_ms: int) -> dict[str, Any]:
    """What stays of the old broadcast's senses where the state has them no longer."""
    state, log = two_broadcasts(old_ms), two_broadcasts(old_ms)
    del state["hosts"]["h-1"]["sessions"]["old"]["panes"]

    drop_expired(state, log)

    assert state == log
    assert log["hosts"]["h-1"]["sessions"]["new"]["senses"] == meant(LAST_MS)
    left: dict[str, Any] = log["hosts"]["h-1"]["sessions"]["old"]["senses"]
    return left


def test_minutes_of_what_comments_meant_go_with_the_others() -> None:
    old_ms = LAST_MS - MINUTES_COMPARED_MS - 1

    whole = meant(old_ms)
    assert senses_after(old_ms) == {
        **{name: whole[name] for name in ("totals", "samples", "facts", "evidence")},
        "unexplained": {"total": 1},
    }


def test_single_comments_go_with_a_month_old_broadcast() -> None:
    month_ms = LAST_MS - SINGLE_COMMENTS_COMPARED_MS

    assert "facts" in senses_after(month_ms)
    assert senses_after(month_ms - 1) == {
        "totals": {"praise": {"": {"comments": 1}}},
        "unexplained": {"total": 1},
    }
