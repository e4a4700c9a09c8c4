"""Incidents of stock: what a scenario lets happen is in the stream, and in the ledger, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from streamproc.errors import BadSetting
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import OrderCreated, OrderFailed
from streamproc.events.rooms import StockReleasePlanned, StockReported
from streamproc.simulate.emission import Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.incident_plans import INNOCENT
from streamproc.simulate.scenario import SCENARIO_FOLDER, Scenario, load_scenario
from streamproc.simulate.truth import Incident, Stockout, Totals
from tests.simulated import START_MS, counted, options
from tests.staged import WITH_INCIDENTS, during, of, played


@pytest.mark.parametrize("name", ["stockout_mixed", "batch_learned", "drift", "silent_stream"])
def test_a_broadcast_with_incidents_is_the_same_every_time_and_adds_up(name: str) -> None:
    def stream() -> tuple[list[Emission], Totals]:
        broadcast = Broadcast(load_scenario(name), options(seed=5))
        return list(broadcast.emissions()), broadcast.totals(complete=True)

    emissions, totals = stream()
    canonical, sums = counted(emissions)

    assert stream() == (emissions, totals)
    assert sums["applied"] == totals.emitted
    assert sums.get("late", 0) == sums.get("rejected", 0) == 0
    for host, sessions in totals.hosts.items():
        for session, figures in sessions.items():
            assert canonical["hosts"][host]["sessions"][session]["totals"] == figures


def test_the_seed_moves_incidents_and_chooses_products() -> None:
    ledgers = [
        {(each.start_ms, each.product_id) for each in played("dead_link", seed=seed)[1].incidents}
        for seed in range(1, 5)
    ]

    assert len({start for ledger in ledgers for start, _ in ledger}) > 4
    assert len({product for ledger in ledgers for _, product in ledger}) > 2


@pytest.mark.parametrize("name", WITH_INCIDENTS)
def test_stock_outs_and_incidents_of_a_ledger_agree(name: str) -> None:
    totals = Broadcast(load_scenario(name), options()).totals(complete=False)
    gone = {
        (each.host_id, each.product_id, each.start_ms, each.end_ms) for each in totals.stockouts
    }
    told = {
        (each.host_id, each.product_id, each.start_ms, each.end_ms)
        for each in totals.incidents
        if each.kind == "Stockout"
    }
    batches = [each for each in totals.incidents if each.kind == "BatchSelling"]
    in_batches = {
        each
        for each in gone
        for batch in batches
        if each[:2] == (batch.host_id, batch.product_id)
        and batch.start_ms <= each[2] < each[3] <= batch.end_ms
    }

    assert told | in_batches == gone
    assert told & in_batches == set()
    assert len(in_batches) == sum(batch.cycles for batch in batches)


@pytest.mark.parametrize("name", ["stockout_mixed", "batch_learned", "dead_link", "oversell"])
def test_what_cannot_be_had_is_not_ordered(name: str) -> None:
    events, totals = played(name)
    spans: list[Incident | Stockout] = [*totals.stockouts]
    spans += [each for each in totals.incidents if each.kind != "BatchSelling"]

    for each in spans:
        incident = Incident(
            kind="", host_id=each.host_id, session_id="", product_id=each.product_id,
            start_ms=each.start_ms, end_ms=each.end_ms,
        )  # fmt: skip
        assert during(events, incident, OrderCreated) == []


def test_the_stock_feed_tells_late_or_nothing_or_something_old() -> None:
    events, totals = played("stockout_mixed")

    for each in of(totals, "Stockout"):
        reports = during(events, each, StockReported)
        if each.variant == "feed":
            zero = next(one for one in reports if one.available == 0)
            assert zero.occurred_at_ms - each.start_ms in {2_000, 5_000}
            assert all(one.available for one in reports[: reports.index(zero)])
        else:
            assert reports == []
    hosts = {each.host_id for each in of(totals, "Stockout") if each.variant == "no_feed"}
    assert not [one for _, one in events if isinstance(one, StockReported) and one.host_id in hosts]


def test_viewers_notice_a_stock_out_after_some_seconds_and_calm_down() -> None:
    said: list[float] = []
    for seed in range(1, 6):
        events, totals = played("stockout_no_feed", seed=seed)
        for each in of(totals, "Stockout"):
            for comment in during(events, each, CommentPosted, about_it=False):
                if "-v" in comment.event_id and comment.role is Role.VIEWER:
                    said.append((comment.occurred_at_ms - each.start_ms) / 1000)

    assert min(said) >= 5
    early = sum(1 for at_s in said if 15 <= at_s < 45)
    late = sum(1 for at_s in said if 75 <= at_s < 105)
    assert early > 1.5 * late > 0


def test_attempts_at_what_is_gone_are_too_few_for_a_spike_of_failures() -> None:
    for name in ("stockout_feed", "oversell", "batch_learned"):
        events, _ = played(name)
        failed = [(one.host_id, at) for at, one in events if isinstance(one, OrderFailed)]
        for host, at_ms in failed:
            near = [at for other, at in failed if other == host and at_ms <= at < at_ms + 120_000]
            assert len(near) < 10


def test_batches_are_announced_before_they_are_gone_or_never() -> None:
    events, totals = played("batch_announced")
    for out in totals.stockouts:
        plans = [
            one
            for _, one in events
            if isinstance(one, StockReleasePlanned)
            and one.host_id == out.host_id
            and one.release_at_ms == out.end_ms
        ]
        assert len(plans) == 1
        assert plans[0].occurred_at_ms < out.start_ms

    assert not [
        one for _, one in played("batch_learned")[0] if isinstance(one, StockReleasePlanned)
    ]


def test_bait_is_asked_for_while_it_is_there_and_sells() -> None:
    events, totals = played("bait")

    for each in of(totals, "Bait"):
        assert len(during(events, each, OrderCreated)) > 20
        assert all(one.available > 0 for one in during(events, each, StockReported))


def test_planted_comments_are_copies_of_accounts_that_nobody_saw_before() -> None:
    events, totals = played("planted")
    planted = of(totals, "Planted")
    comments = [one for _, one in events if isinstance(one, CommentPosted)]
    pleas = ("快补货", "快加库存", "求加库存")
    copies = [one for one in comments if one.text.endswith(pleas)]
    accounts = {one.user_key for one in copies}

    assert len(copies) > 20 * len(planted) / 3
    assert not accounts & {one.user_key for one in comments if one not in copies}


TOML = (SCENARIO_FOLDER / "dead_link.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("room = 2", "room = 3", "incident 2 is in room 3 of 2"),
        ("to_s = 420", "to_s = 300", "incident 1 ends at 300 s and begins at 300 s"),
        ("to_s = 1020", "to_s = 1200", "incident 2 ends after the broadcast, at 1260 s"),
        ("jitter_s = 60", "jitter_s = 60\nlink_no = 9", "incident 1 is about link 9 of 5"),
        ('kind = "DeadLink"', 'kind = "Carnival"', "Carnival"),
        ('kind = "DeadLink"', 'kind = "DeadLink"\nloud = true', "loud"),
        ('kind = "DeadLink"', 'kind = "DeadLink"\ncomments_per_min = 0', "comments_per_min"),
    ],
)
def test_an_incident_that_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TOML.replace(old, new, 1) if old in TOML else TOML)

    with pytest.raises(BadSetting, match=problem):
        load_scenario(str(path))


def test_every_kind_of_incident_is_in_a_scenario() -> None:
    staged = {type(plan).__name__.removesuffix("Plan") for name in WITH_INCIDENTS for plan in
              load_scenario(name).incident}  # fmt: skip

    assert len(staged) == 23
    assert set(INNOCENT) <= staged


def test_slices_tell_of_what_lies_within_them() -> None:
    def kinds(**part: int) -> list[str]:
        broadcast = Broadcast(load_scenario("stockout_feed"), options(**part))
        return [each.kind for each in broadcast.totals(complete=False).incidents]

    assert kinds(from_s=0, seconds=200) == []
    assert kinds(from_s=200, seconds=300) == ["Stockout", "Stockout"]


def test_faults_on_the_way_leave_the_ledger_as_it_is() -> None:
    check: Callable[[Scenario], list[Incident]] = lambda scenario: (  # noqa: E731
        Broadcast(scenario, options(duplicates=0.05, disorder=0.05))
        .totals(complete=False)
        .incidents
    )
    scenario = load_scenario("bait")

    assert check(scenario) == Broadcast(scenario, options()).totals(complete=False).incidents
    assert all(each.start_ms > START_MS for each in check(scenario))
