"""Which alerts of a room follow from which: what follows pages nobody while its cause is open.

What follows lives on, is shown with its cause, and is told anew when the cause has ended and it has not.
States are those of the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from streamproc.alerts.held import REFUTED, Held, Key
from streamproc.alerts.model import RANK, Finding, Level, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.products import subject_of
from streamproc.alerts.room import Room


class Other(NamedTuple):
    """An alert that may follow from another, as it is found now."""

    kind: str
    subject: str
    state: str
    severity: Severity


class Cause(NamedTuple):
    """A kind from which others follow. Shapes: ``where`` says of which alerts, and in which rooms."""

    kind: str
    follows: frozenset[str]
    where: Callable[[Room, Held, Other], bool]


def _is_blind(_room: Room, cause: Held, _other: Other) -> bool:
    """It is a ticket where the connector is silent but delivers: then we see well enough."""
    return cause.severity is Severity.PAGE


def _is_no_fact(_room: Room, _cause: Held, other: Other) -> bool:
    """A stock-out is concluded from silence, unless the stock feed tells it."""
    return other.kind != "Stockout" or other.state in {"suspected", "desync"}


def _same_product(_room: Room, cause: Held, other: Other) -> bool:
    return cause.state == "confirmed" and _is_of(cause.subject, other.subject)


def _on_show(room: Room, cause: Held, _other: Other) -> bool:
    product = room.floor.on_show(room.now_ms)
    is_shown = product is not None and _is_of(cause.subject, subject_of(product))
    return cause.state == "confirmed" and is_shown


def _is_of(subject: str, other: str) -> bool:
    """One of both may name the product, the other a pack of it."""
    return subject == other or subject.startswith(f"{other}/") or other.startswith(f"{subject}/")


def _anywhere(_room: Room, _cause: Held, _other: Other) -> bool:
    return True


_NEEDS_PICTURE: Final = frozenset(
    ("ViewerDrop", "GmvStall", "HostSilent", "CommentStorm", "NegativeBurst", "UnansweredQuestions")
)
_FROM_SILENCE: Final = frozenset(
    ("StreamDead", "ViewerDrop", "GmvStall", "HostSilent", "UnansweredQuestions", "Stockout")
)
_COUNTED: Final = frozenset(
    (
        *("UnlistedDemand", "OrderFailureSpike", "RefundSpike", "CouponExhausted"),
        *("ReconcileDrift", "StockoutImminent", "SourceLag"),
    )
)

CAUSES: Final = (
    # The connector is down: whatever we conclude of the room is about our blindness.
    Cause("AdapterDown", _FROM_SILENCE | _NEEDS_PICTURE | _COUNTED, _is_blind),
    # What is late looks like silence, and sums lag behind the truth; what did come counts.
    Cause("SourceLag", _FROM_SILENCE | {"ReconcileDrift"}, _is_no_fact),
    # Nobody sees or hears the host: viewers leave or complain, nobody buys, nobody is answered. Stock
    # and coupons are told by their own feeds, failed orders by shops that still work.
    Cause("StreamDead", _NEEDS_PICTURE | {"Stockout"}, _is_no_fact),
    # Known to be sold out: that a pack of it soon will be is no news.
    Cause("Stockout", frozenset(("StockoutImminent",)), _same_product),
    # What is on show is sold out, so nothing is sold; with another product on show that is no reason.
    Cause("Stockout", frozenset(("GmvStall",)), _on_show),
    # Orders fail, so nothing is paid; it says why by reason, the stall does not.
    Cause("OrderFailureSpike", frozenset(("GmvStall",)), _anywhere),
)
"""Strongest first: of several causes the first is named, and no kind follows from one behind it."""

KINDS: Final = tuple(dict.fromkeys(cause.kind for cause in CAUSES))
_CAUSES_OF_KIND: Final = {kind: [each for each in CAUSES if each.kind == kind] for kind in KINDS}
_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}


def order(key: Key) -> tuple[int, Key]:
    """A sort key by which causes are judged before what follows from them."""
    return _RANK.get(key[0], len(KINDS)), key


def is_cause(held: Held, now_ms: int, policy: Policy) -> bool:
    """Whether others follow from an alert now.

    Shapes: while it is open, and ``linger_ms`` longer, unless somebody said that it is not real.
    """
    if held.kind not in _RANK or held.verdict in REFUTED:
        return False
    return held.is_open or 0 < now_ms < lingers_until_ms(held, policy)


def lingers_until_ms(held: Held, policy: Policy) -> int:
    """Until when others follow from an alert that is resolved; 0: they do not."""
    return held.cleared_ms + policy.linger_ms if held.cleared_ms and held.kind in _RANK else 0


def inhibited_by(room: Room, held: Held, finding: Finding | None, active: Sequence[Held]) -> str:
    """The kind of the alert that another follows from; empty: from none.

    Shapes: ``active`` are the causes that there are, in order. None silences what is worse than itself:
        somebody is always told as loudly as the worst deserves.
    """
    state, severity = held.state, held.severity
    if finding is not None and finding.level is Level.ENTER:
        state, severity = finding.state, finding.severity
    other = Other(held.kind, held.subject, state, severity)
    for cause in active:
        if RANK[cause.severity] < RANK[severity]:
            continue
        for each in _CAUSES_OF_KIND[cause.kind]:
            if other.kind in each.follows and each.where(room, cause, other):
                return cause.kind
    return ""
