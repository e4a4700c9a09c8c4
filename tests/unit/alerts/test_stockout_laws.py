"""What holds for every room, however odd: rules answer, and answer the same again."""

from __future__ import annotations

from timeit import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.alerts import stockout, stockout_imminent, unlisted_demand
from streamproc.alerts.history import Row
from streamproc.alerts.model import Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.alerts.stockout_limits import Limits
from streamproc.events.outputs import Evidence
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC
from streamproc.tally.floor import Cycle, Floor, Plan, Product, Stock
from streamproc.tally.online import Reading
from streamproc.tally.session_sense import Fact, SessionSense
from streamproc.tally.sold import MinuteSold
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques
from tests.rooms import asked_by, product, room, row
from tests.unit.alerts.shop import NOW, asked, floor_with, in_stock, shop

RULES = (stockout.RULE, stockout_imminent.RULE, unlisted_demand.RULE)

seconds = st.one_of(st.integers(-30, 200), st.integers(0, 2_000))
times = seconds.map(lambda each: NOW - each * 1000)
maybe = st.one_of(st.just(0), times)
products = st.sampled_from(["p-1", "p-2", "p-3", "p-4"])
packs = st.sampled_from(["", "s", "m"])
subjects = st.sampled_from(["p:p-1", "p:p-2", "p:p-9", "l:1", "l:2", "l:x", "", "*"])
labels = st.sampled_from(
    ["restock_request", "stockout_report", "availability_question", "recovered", "complaint"]
)
users = st.integers(0, 2**64 - 1)
people = st.one_of(st.lists(users, max_size=8), st.just(list(range(300))))


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    cycles = [Cycle(*sorted(draw(st.tuples(times, times)))) for _ in range(draw(st.integers(0, 4)))]
    available = draw(st.sampled_from([0, 0, 1, 50, 10_000]))
    stock = Stock(
        draw(times), available, sold_out=draw(st.booleans()), cycles=sorted(cycles, key=repr)
    )
    stock.out_since_ms = draw(maybe) if stock.is_out else 0
    return stock


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    plans = st.builds(Plan, times, times, st.sampled_from([-1, 100]))
    held = st.builds(
        Product,
        listed_ms=maybe,
        delisted_ms=maybe,
        title=st.text(max_size=30),
        link_no=st.integers(0, 9),
        stock=st.dictionaries(packs, stocks(), max_size=3),
        plans=st.dictionaries(packs, plans, max_size=2),
    )
    return Floor(
        products=draw(st.dictionaries(products, held, max_size=4)),
        links=sorted(draw(st.lists(st.tuples(times, st.integers(1, 3), products), max_size=4))),
        pins=sorted(draw(st.lists(st.tuples(times, products), max_size=4))),
    )


@st.composite
def rows(draw: st.DrawFn) -> Row:
    sold = MinuteSold()
    for at_ms, each, pack, count in draw(
        st.lists(st.tuples(times, products, packs, st.integers(1, 30)), max_size=4)
    ):
        for _ in range(count):
            sold.create(each, pack, 1, at_ms)
        if count % 3 == 0:
            sold.refuse(each, at_ms)
    pairs = draw(st.dictionaries(st.tuples(labels, subjects), people, max_size=4))
    made = row(clicks=draw(st.integers(0, 60)), sold=sold, asked={})
    made.asked = {pair: asked_by(each) for pair, each in pairs.items()}
    made.asked_users = {label: len(each) for (label, _), each in pairs.items()}
    made.failed_by = draw(st.sampled_from([{}, {"out_of_stock": 3}]))
    made.commenters = draw(st.sampled_from([None, Uniques(dict.fromkeys(range(400)))]))
    made.readings = [Reading(draw(times), draw(st.integers(0, 900)), False)]
    return made


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    made = room(NOW, live_for_ms=draw(st.sampled_from([10_000, 200_000, 3_600_000])))
    made.floor = draw(floors())
    for number in range(14):
        each = draw(rows()) if draw(st.booleans()) else None
        if each is not None:
            each.number = NOW // MINUTE_MS - number
            made.history.rows[each.number] = each
    sense = SessionSense(b"")
    evidence = st.tuples(times, st.integers(0, 99), st.just(1), users, st.text(max_size=5))
    sense.evidence = draw(
        st.dictionaries(
            st.tuples(labels, subjects), st.lists(evidence, min_size=1, max_size=12), max_size=5
        )
    )
    facts = st.builds(
        Fact,
        times,
        st.just(1),
        st.just("host"),
        st.sampled_from(["out", "in", "unknown"]),
        subjects,
        users,
        st.just(""),
    )
    sense.facts = sorted(draw(st.lists(facts, max_size=4)))
    made.said = sense
    made.seen_ms = {ORDERS_TOPIC: draw(times), COMMENTS_TOPIC: draw(times)}
    made.open_subjects = draw(
        st.lists(
            st.sampled_from(["", "p:p-1", "p:p-1/s", "p:p-2", "p:p-7/x"]), max_size=3, unique=True
        )
    )
    return made


def everything(rule: Rule, made: Room) -> list[Any]:
    """All that a rule says of a room."""
    limits = rule.limits()
    findings = list(rule.judge(made, limits))
    return [
        (finding, rule.evidence(made, finding, limits), rule.advice(made, finding))
        for finding in findings
    ]


@settings(max_examples=100, deadline=None)
@given(made=rooms())
def test_a_rule_answers_on_every_room_and_the_same_again(made: Room) -> None:
    for rule in RULES:
        said = everything(rule, made)

        assert said == everything(rule, made)
        assert len({finding.subject for finding, _, _ in said}) == len(said)
        for finding, evidence, advice in said:
            assert isinstance(evidence, Evidence)
            assert len(evidence.comments) <= 5
            assert len(advice.teleprompter) <= 20
            assert finding.due_ms >= 0


@settings(max_examples=100, deadline=None)
@given(made=rooms())
def test_nobody_is_paged_for_what_is_only_said(made: Room) -> None:
    for finding in stockout.judge(made, Limits()):
        if finding.severity is Severity.PAGE and finding.level is Level.ENTER:
            assert finding.state == "confirmed"
            assert finding.why["out_ms"] >= Limits().page_after_ms


def calls_per_second(made: Room, rule: Rule) -> float:
    limits = rule.limits()
    return 200 / min(repeat(lambda: list(rule.judge(made, limits)), number=200, repeat=5))


@pytest.mark.parametrize("rule", RULES[:2], ids=lambda rule: rule.kind)
def test_a_room_in_which_nothing_is_wrong_costs_next_to_nothing(rule: Rule) -> None:
    floor = floor_with(in_stock(available=100_000))
    for number in range(10):
        floor.products[f"p-{number + 10}"] = product(stock=in_stock(available=100_000))
    quiet = shop(floor=floor)
    busy = shop(stopped_s=20, said=asked("stockout_report", 8), stock=in_stock(available=100))
    loud = shop(pace=9, said=asked("stockout_report", 8), stock=in_stock(available=100))
    troubled = busy if rule is stockout.RULE else loud

    assert calls_per_second(quiet, rule) > 8 * calls_per_second(troubled, rule)
