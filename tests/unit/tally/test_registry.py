"""The registry of figures says what is computed, and of what."""

from __future__ import annotations

import pytest

from streamproc.tally.completeness import INTERACTING, approximate_of
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import WINDOWS as COMPUTED
from streamproc.tally.people import UNIQUES
from streamproc.tally.registry import DEFINITIONS, FIGURE_IDS
from streamproc.tally.registry_definition import EVERYWHERE, WINDOWS, Definition, Unit

PROMISED = """
    created_minor pay_gmv_minor net_gmv_minor refunded_minor refund_rate orders_main orders_sku
    items_sold buyers aov_order_minor aov_buyer_minor unpaid_minor failed_orders online_now
    online_peak online_mean views viewers watch_mean_s likes follows shares comments commenters
    product_exposures product_clicks cart_adds ctr ctor conversion gpm_views_minor
    gpm_viewers_minor uv_value_minor interaction_rate
"""

INPUTS = {
    *(f"orders.{column}" for column in OrderFigures.__slots__),
    *(f"comments.{column}" for column in CommentFigures.__slots__),
    *(f"viewers.{column}" for column in ViewerFigures.__slots__),
    *(f"uniques.{name}" for names in UNIQUES.values() for name in names),
    "counted.online",
    "counted.views_total",
    "counted.viewers_total",
}

every = pytest.mark.parametrize("one", DEFINITIONS.values(), ids=FIGURE_IDS)


def test_the_ids_are_those_promised_in_their_order() -> None:
    assert list(FIGURE_IDS) == PROMISED.split()


def test_the_windows_are_those_computed() -> None:
    assert tuple(COMPUTED) == WINDOWS


@every
def test_a_figure_is_made_of_sums_that_exist(one: Definition) -> None:
    assert one.inputs
    assert set(one.inputs) <= INPUTS


@every
def test_a_figure_is_an_estimate_where_a_count_that_it_is_made_of_is(one: Definition) -> None:
    for name in (name for names in UNIQUES.values() for name in names):
        counted = {name, INTERACTING} if name in ("active", "commenters") else {name}
        assert (one.id in approximate_of(counted)) == (f"uniques.{name}" in one.inputs), name


@every
def test_a_figure_says_its_unit_last(one: Definition) -> None:
    assert one.id.endswith("_minor") == (one.unit is Unit.MINOR)
    assert one.id.endswith("_s") == (one.unit is Unit.SECONDS)


@every
def test_a_figure_is_defined_for_spans_that_exist(one: Definition) -> None:
    assert "session" in one.windows
    assert set(one.windows) <= set(EVERYWHERE)
