"""What an alert of a stock-out shows: comments, orders now and before, stock, and what it costs."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.lost_sales import lost_sales
from streamproc.alerts.model import Finding
from streamproc.alerts.room import Room
from streamproc.alerts.selling import RECENT_PANES
from streamproc.alerts.stockout_case import Case
from streamproc.alerts.stockout_cases import case_of
from streamproc.alerts.stockout_limits import Limits
from streamproc.events.outputs import Evidence, LostSales
from streamproc.tally.timing import MINUTE_MS, PANE_MS

_COSTS: Final = frozenset(("confirmed", "suspected", "desync"))
_BEFORE_MS: Final = 5 * MINUTE_MS
"""So much of the time before says what would have been sold."""


def evidence(room: Room, finding: Finding, limits: Limits) -> Evidence:
    """What speaks for it and against it, with the newest comments."""
    case = case_of(room, limits, finding.subject)
    before = case.sells.usual_rate(case.sells.last_ms) if case.sells.last_ms else 0.0
    return Evidence(
        comments=case.asked.newest(),
        users=case.asked.count,
        orders_per_min=float(sum(case.sells.lines[-RECENT_PANES:])),
        orders_per_min_before=round(before * MINUTE_MS, 2),
        stock=case.shelf.seen(room.now_ms),
        planned=case.shelf.planned(),
        lost_sales=_lost(case) if finding.state in _COSTS else None,
        inputs=dict(finding.why),
    )


def _lost(case: Case) -> LostSales | None:
    """What was not sold since it ran out: since it was told so, or since the last line."""
    sells, now_ms = case.sells, case.room.now_ms
    since_ms = case.shelf.since_ms or sells.last_ms
    start_ms = max(sells.begun_ms, since_ms - _BEFORE_MS, sells.first * PANE_MS)
    # whole panes: the one in which it ran out counts to the time before
    end_ms = (since_ms // PANE_MS + 1) * PANE_MS
    before = sells.since(start_ms) - sells.since(end_ms)
    return lost_sales(
        lines_before=before,
        span_before_ms=since_ms - start_ms,
        out_ms=now_ms - since_ms,
        lines_meanwhile=sells.since(end_ms),
    )
