"""What host and staff mean by a comment: they tell of stock and ask for nothing."""

from __future__ import annotations

from typing import Final

from streamproc.comments.decisions import Decision
from streamproc.comments.labels import OTHER, STOCKOUT

SELLERS: Final = frozenset({"host", "staff"})
"""Roles that speak for the seller."""


def said_by_seller(decision: Decision) -> Decision:
    """What a decision about a viewer's words means if host or staff wrote them.

    Shapes: ``labels`` are stockout_report for goods that are out, else other: goods that are back, a
    timetable, praise of one's own. ``polarity`` is out or in where the words tell it, else None.
    """
    out = STOCKOUT in decision.labels
    told = decision.polarity if decision.polarity == "in" else None
    return decision._replace(
        labels=(STOCKOUT,) if out else (OTHER,), polarity="out" if out else told
    )
