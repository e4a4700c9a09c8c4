"""Which alerts of a room follow from which: what follows pages nobody while its cause is open.

What follows lives on, is shown with its cause, and is told anew when the cause has ended and it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from streamproc.alerts.held import REFUTED, Held, Key
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room


class Cause(NamedTuple):
    """A kind from which others follow. Shapes: ``where`` says of which subjects, and in which rooms."""

    kind: str
    follows: frozenset[str]
    where: Callable[[Room, str, str], bool]
    """Of a room, the cause's subject and the other's."""


def _anywhere(_room: Room, _subject: str, _other: str) -> bool:
    return True


def _same_product(_room: Room, subject: str, other: str) -> bool:
    """One of both may name the product, the other a pack of it."""
    return subject == other or subject.startswith(f"{other}/") or other.startswith(f"{subject}/")


def _on_show(room: Room, subject: str, _other: str) -> bool:
    product = room.floor.on_show(room.now_ms)
    return product is not None and _same_product(room, subject, f"p:{product}")


_NEEDS_PICTURE: Final = frozenset(
    ("ViewerDrop", "GmvStall", "HostSilent", "CommentStorm", "NegativeBurst", "UnansweredQuestions")
)
_FROM_SILENCE: Final = frozenset(
    (
        "StreamDead",
        "ViewerDrop",
        "GmvStall",
        "HostSilent",
        "UnansweredQuestions",
        "StockoutSuspected",
    )
)
_STOCKOUTS: Final = frozenset(("StockoutConfirmed", "StockoutSuspected", "StockoutImminent"))
_COUNTED: Final = frozenset(
    ("UnlistedDemand", "OrderFailureSpike", "RefundSpike", "CouponExhausted", "ReconcileDrift")
)

CAUSES: Final = (
    # The connector is down: whatever we conclude of the room is about our blindness.
    Cause(
        "AdapterDown",
        _FROM_SILENCE | _NEEDS_PICTURE | _STOCKOUTS | _COUNTED | {"SourceLag"},
        _anywhere,
    ),
    # What is late looks like silence, and sums lag behind the truth; what did come counts.
    Cause("SourceLag", _FROM_SILENCE | {"ReconcileDrift"}, _anywhere),
    # Nobody sees or hears the host: viewers leave or complain, nobody buys, nobody is answered. Stock
    # and coupons are told by their own feeds, failed orders by shops that still work.
    Cause("StreamDead", _NEEDS_PICTURE | {"StockoutSuspected"}, _anywhere),
    # Known to be sold out: that it soon will be, or may be, is no news.
    Cause("StockoutConfirmed", frozenset(("StockoutSuspected", "StockoutImminent")), _same_product),
    # What is on show is sold out, so nothing is sold; with another product on show that is no reason.
    Cause("StockoutConfirmed", frozenset(("GmvStall",)), _on_show),
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


def inhibited_by(room: Room, key: Key, active: Sequence[Held]) -> str:
    """The kind of the alert that another follows from; empty: from none. Shapes: ``active`` in order."""
    kind, subject = key
    for held in active:
        for cause in _CAUSES_OF_KIND[held.kind]:
            if kind in cause.follows and cause.where(room, held.subject, subject):
                return held.kind
    return ""
