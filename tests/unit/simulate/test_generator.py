from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import msgspec
import pytest

from streamproc.errors import BadSetting
from streamproc.events.codec import Codec
from streamproc.events.orders import OrderCreated, OrderFailed
from streamproc.events.registry import CLASS_OF, ORDERS_TOPIC, ROOMS_TOPIC, AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import AlertJudged, StockReported
from streamproc.simulate.emission import Emission, Figures
from streamproc.simulate.generator import TAIL_MS, Broadcast, default_start_ms, generate
from streamproc.simulate.scenario import OrdersPlan, Scenario, ShowPlan, load_scenario
from streamproc.simulate.truth import Stockout
from tests.simulated import END_MS, START_MS, counted, options, small_scenario

FAULTS = {"duplicates": 0.05, "disorder": 0.05, "lateness": 0.02, "garbage": 0.01}


def decoded(emissions: list[Emission]) -> list[AnyEvent]:
    """The events that are no garbage, each once."""
    codecs: dict[str, Codec] = {}
    events = []
    for emission in emissions:
        if emission.label in ("valid", "late"):
            codec = codecs.setdefault(emission.topic, Codec(emission.topic))
            event = codec.decode(emission.key, emission.value, END_MS)
            assert not isinstance(event, Rejected), event
            events.append(event)
    return events


@pytest.fixture(scope="module")
def stream() -> list[Emission]:
    return list(generate(small_scenario(), options()))


def test_the_same_seed_and_options_give_the_same_bytes() -> None:
    faulty = options(seed=7, **FAULTS)

    assert list(generate(small_scenario(), faulty)) == list(generate(small_scenario(), faulty))


def test_another_seed_gives_another_broadcast(stream: list[Emission]) -> None:
    assert list(generate(small_scenario(), options(seed=2))) != stream


def test_faults_do_not_change_what_happens() -> None:
    def event_ids(emissions: list[Emission]) -> set[str]:
        return {each.event_id for each in emissions if each.label in ("valid", "late")}

    calm = list(generate(small_scenario(), options()))
    faulty = list(generate(small_scenario(), options(**FAULTS)))

    assert event_ids(calm) == event_ids(faulty)


def test_every_event_is_valid_and_of_every_type_that_a_broadcast_has(
    stream: list[Emission],
) -> None:
    seen = {type(event) for event in decoded(stream)}

    assert set(CLASS_OF.values()) - seen == {AlertJudged}  # a person's verdict comes from the board


def test_records_are_sent_in_the_order_of_their_moments(stream: list[Emission]) -> None:
    assert all(one.at_ms <= other.at_ms for one, other in pairwise(stream))
    assert stream[0].at_ms == START_MS
    assert stream[-1].at_ms < START_MS + 2_400_000 + TAIL_MS


def test_no_event_is_told_before_it_happens(stream: list[Emission]) -> None:
    for emission, event in zip(stream, decoded(stream), strict=True):
        assert event.occurred_at_ms <= emission.at_ms


@pytest.mark.parametrize(
    ("name", "orders", "items", "gmv_minor"),
    [
        ("evening", 26, None, None),
        ("village_night", 21_400, 30_000, None),
        ("contest", 25_000, None, 500_000_000),
    ],
)
def test_order_numbers_of_a_scenario_are_exact(
    name: str, orders: int, items: int | None, gmv_minor: int | None
) -> None:
    sold = [
        (each.event_id, each.adds)
        for each in generate(load_scenario(name), options(audience_scale=0))
        if each.adds and "paid_lines" in each.adds
    ]

    # an event id ends in the order's number, the line's and what happened
    assert len({event_id.rsplit(".", 2)[0] for event_id, _ in sold}) == orders
    if items is not None:
        assert sum(adds["items_sold"] for _, adds in sold) == items
    if gmv_minor is not None:
        assert sum(adds["pay_gmv_minor"]["CNY"] for _, adds in sold) == gmv_minor


def test_one_room_of_the_contest_has_the_share_that_was_asked_for() -> None:
    lines = Counter(
        each.host_id
        for each in generate(load_scenario("contest"), options(audience_scale=0))
        if each.adds and "paid_lines" in each.adds
    )

    assert len(lines) == 32
    assert lines.most_common(1)[0][1] / lines.total() == pytest.approx(0.45, abs=0.01)


def test_the_audience_is_thinned_and_orders_are_not(stream: list[Emission]) -> None:
    def count(emissions: list[Emission], figure: str) -> int:
        return sum(1 for each in emissions if each.adds and figure in each.adds)

    thin = list(generate(small_scenario(), options(audience_scale=0.1)))

    assert count(thin, "paid_lines") == count(stream, "paid_lines")
    assert 0 < count(thin, "joins") < 0.25 * count(stream, "joins")


def test_shares_of_faults_are_what_was_asked_for() -> None:
    broadcast = Broadcast(small_scenario(viewers=2_000), options(**FAULTS))
    total = sum(1 for _ in broadcast.emissions())
    truth = broadcast.totals(complete=True)

    assert truth.emitted == total
    for label, wanted in (("duplicate", 0.05), ("late", 0.02), ("garbage:", 0.01)):
        assert truth.count(label) / total == pytest.approx(wanted, rel=0.15), label


def test_shares_of_faults_are_of_everything_sent_also_in_a_slice_of_seconds() -> None:
    short = options(seconds=20, duplicates=0.05, garbage=0.02, disorder=0.05)
    broadcast = Broadcast(small_scenario(rooms=60, viewers=6_000), short)
    total = sum(1 for _ in broadcast.emissions())
    truth = broadcast.totals(complete=True)

    assert total > 1_500
    for label, wanted in (("duplicate", 0.05), ("garbage:", 0.02)):
        assert truth.count(label) / total == pytest.approx(wanted, rel=0.2), label


def test_disorder_delays_its_share_within_the_allowances() -> None:
    emissions = list(generate(small_scenario(viewers=2_000), options(disorder=0.05)))
    delays = [
        (emission.topic, emission.at_ms - event.occurred_at_ms)
        for emission, event in zip(emissions, decoded(emissions), strict=True)
        if emission.at_ms > event.occurred_at_ms > START_MS
    ]

    assert len(delays) / len(emissions) == pytest.approx(0.05, rel=0.15)
    assert max(delay for topic, delay in delays if topic != ORDERS_TOPIC) < 100_000
    assert 100_000 < max(delay for topic, delay in delays if topic == ORDERS_TOPIC) < 600_000


@pytest.mark.parametrize("faults", [{}, FAULTS, {"disorder": 0.3, "duplicates": 0.3}])
@pytest.mark.parametrize("seconds", [None, 300])
def test_the_oracle_finds_in_the_stream_what_the_generator_knows(
    faults: dict[str, float], seconds: int | None
) -> None:
    broadcast = Broadcast(small_scenario(), options(seconds=seconds, **faults))
    canonical, sums = counted(broadcast.emissions())
    truth = broadcast.totals(complete=True)

    found: dict[str, dict[str, Figures]] = defaultdict(dict)
    for host, entry in canonical["hosts"].items():
        for session, each in entry.get("sessions", {}).items():
            found[host][session] = each["totals"]
    assert found == truth.hosts
    assert {host: entry["name"] for host, entry in canonical["hosts"].items()} == truth.names
    assert sums.get("duplicate", 0) == truth.count("duplicate")
    assert sums.get("rejected", 0) == truth.count("garbage:")
    assert sums.get("late", 0) == truth.count("late")
    assert sums["applied"] == truth.count("valid") + truth.count("late")


def stockouts_of(scenario: Scenario) -> tuple[list[Stockout], list[AnyEvent]]:
    broadcast = Broadcast(scenario, options())
    events = decoded(list(broadcast.emissions()))
    return broadcast.totals(complete=True).stockouts, events


def test_in_a_stock_out_orders_stop_attempts_fail_and_the_stock_is_zero() -> None:
    scenario = small_scenario(
        orders=OrdersPlan(paid=3_000), show=ShowPlan(products=4, segment_s=300, stockout_share=1.0)
    )
    stockouts, events = stockouts_of(scenario)
    within: dict[type, int] = Counter()

    assert len(stockouts) > 10
    for out in stockouts:
        for event in events:
            about_it = (
                isinstance(event, OrderCreated | OrderFailed | StockReported)
                and event.host_id == out.host_id
                and event.product_id == out.product_id
                and out.start_ms <= event.occurred_at_ms < out.end_ms
            )
            if about_it:
                within[type(event)] += 1
                assert not isinstance(event, StockReported) or event.available == 0
    assert within[OrderCreated] == 0
    assert within[OrderFailed] > 0
    assert within[StockReported] >= len(stockouts)


def test_stock_is_zero_in_stock_outs_only() -> None:
    stockouts, events = stockouts_of(small_scenario())
    zeros = [event for event in events if isinstance(event, StockReported) and event.available == 0]

    assert zeros
    for zero in zeros:
        assert any(
            out.host_id == zero.host_id
            and out.product_id == zero.product_id
            and out.start_ms <= zero.occurred_at_ms < out.end_ms
            for out in stockouts
        )


def test_comments_rise_in_a_stock_out() -> None:
    scenario = small_scenario(rooms=1, viewers=5_000)
    broadcast = Broadcast(scenario, options())
    comments = sorted(
        event.occurred_at_ms
        for event in decoded(
            [each for each in broadcast.emissions() if each.adds and "comments" in each.adds]
        )
    )
    stockouts = broadcast.totals(complete=True).stockouts
    out_ms = sum(out.end_ms - out.start_ms for out in stockouts)
    within = sum(
        1 for at_ms in comments if any(out.start_ms <= at_ms < out.end_ms for out in stockouts)
    )

    assert within / out_ms > 1.5 * (len(comments) - within) / (2_400_000 - out_ms)


def test_a_slice_begins_where_something_happens_and_holds_what_falls_within() -> None:
    broadcast = Broadcast(load_scenario("contest"), options(seconds=30, audience_scale=0.2))
    emissions = list(broadcast.emissions())
    truth = broadcast.totals(complete=True)

    assert {each.at_ms >= START_MS and each.at_ms <= START_MS + 30_000 for each in emissions} == {
        True
    }
    assert truth.stockouts
    assert truth.paid_orders > 0
    assert len(truth.names) == 32


def test_a_slice_from_beyond_the_end_is_refused() -> None:
    with pytest.raises(BadSetting, match="over after 2400 s"):
        generate(small_scenario(), options(from_s=2_400))


@pytest.mark.parametrize(
    ("speed", "begins_before_ms"),
    [(1.0, 0), (2.0, 30_000), (60.0, 59_000), (0.0, 60_000), (0.5, 0)],
)
def test_by_default_no_event_is_sent_before_its_own_time(
    speed: float, begins_before_ms: int
) -> None:
    hurried = options(seconds=60, speed=speed)

    start_ms = default_start_ms(small_scenario(), hurried, START_MS)

    assert start_ms == START_MS - begins_before_ms


def test_rooms_tell_what_they_sell_before_anything_is_bought(stream: list[Emission]) -> None:
    first_order = next(place for place, each in enumerate(stream) if each.topic == ORDERS_TOPIC)
    listed = [
        msgspec.json.decode(each.value or b"")["title"]
        for each in stream[:first_order]
        if each.topic == ROOMS_TOPIC and b'"product.listed"' in (each.value or b"")
    ]

    assert len(listed) == 3 * 4
