"""What a broadcast is like: read from a TOML file, checked to the last field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from streamproc.errors import BadSetting
from streamproc.simulate.incident_plans import AnyPlan

SCENARIO_FOLDER: Final = Path(__file__).parent / "scenarios"

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Period = Annotated[int, Meta(ge=0, le=86_400)]
Number = Annotated[int, Meta(ge=1, le=10_000_000)]


class OrdersPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """How much is sold. ``paid``, ``items`` and ``gmv_minor`` are met exactly over a whole broadcast.

    Units: shares are of ``paid``, the number of paid orders; ``gmv_minor`` in minor units of CNY.
    """

    paid: Number
    items: Number | None = None
    gmv_minor: Annotated[int, Meta(ge=1, le=10**13)] | None = None
    second_line_share: Share = 0.04
    unpaid_share: Share = 0.12
    failed_share: Share = 0.05
    refund_share: Share = 0.05
    coupon_share: Share = 0.18


class AudiencePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """How much viewers do; comments are about one event in six.

    Shapes: ``claims_per_viewer`` are coupons claimed beside those of orders.
    """

    events_per_viewer: Positive
    claims_per_viewer: Annotated[float, Meta(ge=0, le=10)] = 0.0


class ShowPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """How a host runs the show: one product after the other, its link opened after some talk.

    Shapes: the room fills up over ``filling_share`` of the broadcast and empties over the last
        ``emptying_share``; 0: it is full from the start, to the end.
    """

    products: Annotated[int, Meta(ge=3, le=30)]  # one out, one in the order, one left
    segment_s: Annotated[int, Meta(ge=120, le=86_400)]
    link_delay_s: Seconds = 40
    burst: Positive = 7.0
    burst_decay_s: Seconds = 60
    stockout_share: Share = 0.3
    stockout_min_s: Seconds = 45
    stockout_max_s: Seconds = 150
    pause_share: Share = 0.1
    filling_share: Share = 0.1
    emptying_share: Share = 0.08


class FeedsPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """How often the room's instruments report, and how often its host is heard of.

    Shapes: 0: never. ``stock_all``: stock of everything, not only of what is on show;
        ``stock_unknown_rooms``, counted from 1, have no stock feed.
    """

    heartbeat_s: Period = 10
    health_s: Period = 15
    counted_s: Period = 5
    stock_s: Period = 30
    stock_all: bool = False
    stock_unknown_rooms: tuple[Annotated[int, Meta(ge=1)], ...] = ()
    coupon_s: Period = 60
    orders_counted_s: Period = 60
    host_s: Period = 75


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A broadcast of one or many rooms.

    Shapes: traffic of the rooms falls off as ``rank ** -zipf``; the first takes ``top_share`` of it
    if that is given. Each ``incident`` has a table of its own, named by its ``kind``.
    It was meant to last for ``planned_s``, if not as long as it does.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
    title: str
    rooms: Annotated[int, Meta(ge=1, le=10_000)]
    duration_s: Annotated[int, Meta(ge=60, le=86_400, multiple_of=10)]
    viewers: Number
    peak_online: Number
    orders: OrdersPlan
    audience: AudiencePlan
    show: ShowPlan
    feeds: FeedsPlan = FeedsPlan()
    zipf: Annotated[float, Meta(ge=0, le=4)] = 1.0
    top_share: Share | None = None
    hkd_room_share: Share = 0.0
    venue_id: str | None = None
    contest_id: str | None = None
    planned_s: Seconds | None = None
    incident: tuple[AnyPlan, ...] = ()


def scenario_names() -> list[str]:
    """The scenarios that come with streamproc."""
    return sorted(path.stem for path in SCENARIO_FOLDER.glob("*.toml"))


def load_scenario(name: str) -> Scenario:
    """The scenario of that name, or in the file of that path if it ends in ``.toml``.

    Errors: ``BadSetting`` for an unknown name, and for a file that is no scenario.
    """
    path = Path(name) if name.endswith(".toml") else SCENARIO_FOLDER / f"{name}.toml"
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        known = ", ".join(scenario_names())
        hint = f"take one of {known}, or name a .toml file"
        raise BadSetting(f"there is no scenario {name!r}", where=str(path), hint=hint) from error
    except msgspec.MsgspecError as error:
        hint = f"compare it with the files in {SCENARIO_FOLDER}"
        raise BadSetting(f"not a scenario: {error}", where=str(path), hint=hint) from error
    _must_add_up(scenario, path)
    return scenario


def _must_add_up(scenario: Scenario, path: Path) -> None:
    orders = scenario.orders
    lines = orders.paid + round(orders.paid * orders.second_line_share)
    problem = ""
    if orders.items is not None and orders.items < lines:
        problem = f"{orders.items} items are fewer than the {lines} order lines"
    elif orders.gmv_minor is not None and scenario.hkd_room_share > 0:
        problem = "gmv_minor is in CNY, so no room may sell in another currency"
    elif scenario.show.stockout_max_s < scenario.show.stockout_min_s:
        problem = "stockout_max_s is below stockout_min_s"
    for number, plan in enumerate(scenario.incident, 1):
        problem = problem or _misplaced(scenario, number, plan)
    if problem:
        raise BadSetting(problem, where=str(path), hint="change one of the two numbers")


def _misplaced(scenario: Scenario, number: int, plan: AnyPlan) -> str:
    """What is wrong with where an incident is; empty if nothing."""
    name = f"incident {number}"
    if plan.room > scenario.rooms:
        return f"{name} is in room {plan.room} of {scenario.rooms}"
    if plan.to_s <= plan.from_s:
        return f"{name} ends at {plan.to_s} s and begins at {plan.from_s} s"
    if plan.to_s + plan.jitter_s > scenario.duration_s:
        return f"{name} ends after the broadcast, at {plan.to_s + plan.jitter_s} s"
    link_no = getattr(plan, "link_no", None)
    if link_no is not None and link_no > scenario.show.products:
        return f"{name} is about link {link_no} of {scenario.show.products}"
    return ""
