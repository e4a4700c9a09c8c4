"""A whole night and a whole contest: every figure is what the simulator knows to be true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from streamproc.events.registry import VIEWERS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.replay.answer import answer
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.scenario import load_scenario
from streamproc.simulate.truth import Totals
from tests.folding import feed
from tests.simulated import log_of, options

AUDIENCE_SCALE = 0.02
EXACT_AT_MOST = 256
SKETCH_ERROR = 0.05
PEOPLE = ("buyers", "commenters", "viewers")
SUMS = {
    # figure, sum of the ledger
    "created_minor": "created_minor",
    "pay_gmv_minor": "pay_gmv_minor",
    "refunded_minor": "refunded_minor",
    "unpaid_minor": "unpaid_minor",
    "orders_main": "orders_main",
    "orders_sku": "paid_lines",
    "items_sold": "items_sold",
    "views": "joins",
    "likes": "likes",
    "follows": "follows",
    "shares": "shares",
    "comments": "comments",
    "product_exposures": "exposures",
    "product_clicks": "clicks",
    "cart_adds": "cart_adds",
}


class Night(NamedTuple):
    """A scenario that was folded, and what is true of it."""

    totals: Totals
    hosts: dict[str, Any]
    rollups: dict[str, Any]

    def sessions(self) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, int]]]:
        """What was answered of each session, its true sums, and its true people."""
        for host, sessions in self.totals.hosts.items():
            for session, sums in sessions.items():
                people = self.totals.uniques.get(host, {}).get(session, {})
                yield self.hosts[host][session], sums, people


@pytest.fixture(scope="module", params=["village_night", "contest"])
def night(request: pytest.FixtureRequest) -> Night:
    """The scenario from beginning to end, with its orders in full and a thin audience."""
    broadcast = Broadcast(load_scenario(request.param), options(audience_scale=AUDIENCE_SCALE))
    program = LiveProgram()
    feed(program, list(log_of(broadcast.emissions())))
    totals = broadcast.totals(complete=True)
    told = answer([program], totals.end_ms)
    return Night(totals, told["hosts"], told["rollups"])


def test_every_figure_of_every_session_is_the_ledgers(night: Night) -> None:
    checked = 0
    for told, sums, people in night.sessions():
        figures = told["figures"]
        for figure, name in SUMS.items():
            assert figures[figure] == sums.get(name, {} if figure.endswith("_minor") else 0), figure
            checked += 1
        failed = sum(number for name, number in sums.items() if name.startswith("failed_"))
        assert figures["failed_orders"] == failed
        for name in PEOPLE:
            true = people.get(name, 0)
            if true <= EXACT_AT_MOST:
                assert figures[name] == true, name
            else:
                assert figures[name] == pytest.approx(true, rel=SKETCH_ERROR), name
                assert name in told["completeness"]["approximate"]
    assert checked >= len(SUMS) * len(night.totals.hosts)


def test_every_ratio_is_made_of_the_ledgers_sums(night: Night) -> None:
    for told, sums, _ in night.sessions():
        figures, gmv_minor = told["figures"], sums.get("pay_gmv_minor", {}).get("CNY", 0)
        if "paid_lines" in sums:
            refunded = sums.get("refunded_lines", 0)
            assert figures["refund_rate"] == refunded / sums["paid_lines"]
            mean_minor = figures["aov_order_minor"]["CNY"]
            assert abs(2 * (mean_minor * sums["orders_main"] - gmv_minor)) <= sums["orders_main"]
        if "exposures" in sums:
            assert figures["ctr"] == sums.get("clicks", 0) / sums["exposures"]
        if "leaves" in sums:
            assert told["completeness"]["watch_method"] == "measured"
        net_minor = figures["net_gmv_minor"].get("CNY", 0)
        assert net_minor == gmv_minor - sums.get("refunded_minor", {}).get("CNY", 0)


def test_the_minutes_of_a_session_add_up_to_it(night: Night) -> None:
    for told, _, _ in night.sessions():
        assert told["completeness"]["late"].get(VIEWERS_TOPIC, 0) == 0
        for figure in ("orders_sku", "items_sold", "likes", "comments", "product_clicks"):
            minutes = sum(entry[figure] or 0 for entry in told["curve"])
            assert minutes == told["figures"][figure], figure


def test_every_level_of_places_has_the_sums_of_the_hosts(night: Night) -> None:
    orders = sum(told["figures"]["orders_main"] for told, _, _ in night.sessions())
    money_minor = sum(
        told["figures"]["pay_gmv_minor"].get("CNY", 0) for told, _, _ in night.sessions()
    )
    for level in ("village", "town", "district"):
        groups = night.rollups[level]
        assert sum(each["figures"]["orders_main"] for each in groups) == orders
        assert sum(each["figures"]["pay_gmv_minor"].get("CNY", 0) for each in groups) == money_minor
    assert orders == night.totals.paid_orders
    if night.totals.scenario == "contest":
        assert money_minor == 5_000_000_00
