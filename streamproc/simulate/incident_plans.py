"""What a scenario may let happen: one struct a kind, as an ``[[incident]]`` table says it.

A kind has the name of the alert that must fire for it, or one of its own where nothing may fire.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Moment = Annotated[int, Meta(ge=0, le=86_400)]
PerMinute = Annotated[float, Meta(gt=0, le=2_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
LinkNumber = Annotated[int, Meta(ge=1, le=30)]


def _kind(name: str) -> str:
    return name.removesuffix("Plan")


class IncidentPlan(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=_kind, tag_field="kind"
):
    """What all kinds have.

    Shapes: ``room`` counts from 1, by falling share of the traffic. The seed moves begin and end
        together, by up to ``jitter_s``.
    Units: seconds since the broadcast began.
    """

    from_s: Moment
    to_s: Moment
    room: Annotated[int, Meta(ge=1)] = 1
    jitter_s: Annotated[int, Meta(ge=0, le=600)] = 0


class ProductIncident(IncidentPlan, frozen=True, kw_only=True):
    """One about a product: that of a link number, or the one on show when it begins."""

    link_no: LinkNumber | None = None


class StockoutPlan(ProductIncident, frozen=True, kw_only=True):
    """A product is gone: nobody can order it, and viewers say so.

    Shapes: in a room with a stock feed, that one tells of it ``told_after_s`` later; ``stale``: it
        stopped telling anything two minutes before.
    """

    told_after_s: Annotated[int, Meta(ge=0, le=60)] = 0
    stale: bool = False
    comments_per_min: PerMinute = 24.0


class DeadLinkPlan(ProductIncident, frozen=True, kw_only=True):
    """The link of a product does nothing, though the feed tells of stock."""

    comments_per_min: PerMinute = 24.0


class OversellPlan(ProductIncident, frozen=True, kw_only=True):
    """More was sold than there is: attempts fail for lack of stock, the feed still tells of some."""

    comments_per_min: PerMinute = 24.0


class StockoutImminentPlan(ProductIncident, frozen=True, kw_only=True):
    """Stock that lasts for little more than the incident, and is filled up at its end."""


class BatchSellingPlan(ProductIncident, frozen=True, kw_only=True):
    """Small batches on purpose, each sold out: every ``cycle_s`` for ``out_s``.

    Shapes: ``announced``: each next batch is, before the one before it is gone.
    """

    cycle_s: Annotated[int, Meta(ge=20, le=600)]
    out_s: Annotated[int, Meta(ge=10, le=300)]
    announced: bool
    comments_per_min: PerMinute = 24.0


class BaitPlan(ProductIncident, frozen=True, kw_only=True):
    """Viewers, and staff by ``staff_share``, ask for more of what there is enough of."""

    comments_per_min: PerMinute = 18.0
    staff_share: Share = 0.2


class PlantedPlan(ProductIncident, frozen=True, kw_only=True):
    """The same text over and over: every ``every_s`` a burst of ``copies`` by so many accounts."""

    accounts: Annotated[int, Meta(ge=1, le=200)]
    copies: Annotated[int, Meta(ge=2, le=200)]
    every_s: Annotated[int, Meta(ge=5, le=600)] = 45


class UnlistedDemandPlan(IncidentPlan, frozen=True, kw_only=True):
    """Viewers ask for a product that the room does not sell."""

    comments_per_min: PerMinute = 5.0


class ViewerDropPlan(IncidentPlan, frozen=True, kw_only=True):
    """So many of the viewers leave at once."""

    lost_share: Share


class GmvStallPlan(IncidentPlan, frozen=True, kw_only=True):
    """Orders are placed as before, and nobody can pay."""


class OrderFailureSpikePlan(IncidentPlan, frozen=True, kw_only=True):
    """Attempts to order fail, not for lack of stock."""

    per_min: PerMinute = 20.0


class RefundSpikePlan(ProductIncident, frozen=True, kw_only=True):
    """So many of the lines paid before are to be refunded, within two minutes."""

    share: Share = 0.15


class CommentStormPlan(IncidentPlan, frozen=True, kw_only=True):
    """A flood of comments, many about stock that is there."""

    comments_per_min: PerMinute = 300.0
    stock_share: Share = 0.3


class NegativeBurstPlan(IncidentPlan, frozen=True, kw_only=True):
    """Viewers complain."""

    comments_per_min: PerMinute = 18.0


class UnansweredQuestionsPlan(ProductIncident, frozen=True, kw_only=True):
    """A question about a product is asked again and again, and nobody answers."""

    intent: Literal["usage_question", "price_question"] = "usage_question"
    comments_per_min: PerMinute = 6.0


class CouponExhaustedPlan(IncidentPlan, frozen=True, kw_only=True):
    """The coupon is used up; ``told``: the platform says so, else viewers do, and nobody claims it."""

    told: bool = True
    comments_per_min: PerMinute = 8.0


class HostSilentPlan(IncidentPlan, frozen=True, kw_only=True):
    """The microphone is silent, or host and staff neither write nor touch anything."""

    signal: Literal["audio", "hands"] = "audio"


class StreamDeadPlan(IncidentPlan, frozen=True, kw_only=True):
    """The picture stands still, or nothing at all comes from the room."""

    signal: Literal["still", "silent"]


class AdapterDownPlan(IncidentPlan, frozen=True, kw_only=True):
    """The connector is gone, or says that it is cut off; comments and viewers do not come."""

    signal: Literal["gone", "cut_off"]


class SourceLagPlan(IncidentPlan, frozen=True, kw_only=True):
    """Comments and viewers come ever later, up to so much."""

    lag_s: Annotated[int, Meta(ge=35, le=100)] = 60


class ReconcileDriftPlan(IncidentPlan, frozen=True, kw_only=True):
    """A share of the orders reaches the platform's sums only; they are sent at the end."""

    share: Annotated[float, Meta(gt=0, le=1)] = 0.3


class PausePlan(IncidentPlan, frozen=True, kw_only=True):
    """The broadcast is paused."""


class EndedPlan(IncidentPlan, frozen=True, kw_only=True):
    """The room's broadcast ends at ``from_s``, before the others."""


AnyPlan = (
    StockoutPlan
    | DeadLinkPlan
    | OversellPlan
    | StockoutImminentPlan
    | BatchSellingPlan
    | BaitPlan
    | PlantedPlan
    | UnlistedDemandPlan
    | ViewerDropPlan
    | GmvStallPlan
    | OrderFailureSpikePlan
    | RefundSpikePlan
    | CommentStormPlan
    | NegativeBurstPlan
    | UnansweredQuestionsPlan
    | CouponExhaustedPlan
    | HostSilentPlan
    | StreamDeadPlan
    | AdapterDownPlan
    | SourceLagPlan
    | ReconcileDriftPlan
    | PausePlan
    | EndedPlan
)

INNOCENT: Final = ("BatchSelling", "Bait", "Planted", "DeadLink", "Oversell", "Pause", "Ended")
"""Kinds that are no alert's name."""
