from __future__ import annotations

import pytest

from tests.alerts.scoring import Score
from tests.alerts.told import HOST, alerts, incident, step

OUT = incident("Stockout", 100, 200)


@pytest.mark.parametrize(
    ("at_s", "matches"),
    [(99.9, False), (100, True), (150, True), (260, True), (260.1, False)],
)
def test_an_alert_matches_from_the_start_until_a_minute_after_the_end(
    at_s: float, matches: bool
) -> None:
    found = Score().add([OUT], alerts(step("a", 1, at_s)))

    assert len(found.matches) == matches
    assert len(found.false) == len(found.missed) == (not matches)


@pytest.mark.parametrize("other", [{"host_id": "h2"}, {"product_id": "p2", "subject": "p:p2"}])
def test_an_alert_of_another_host_or_product_matches_nothing(other: dict[str, str]) -> None:
    assert not Score().add([OUT], alerts(step("a", 1, 120, **other))).matches


def test_an_interval_is_matched_once_and_by_the_first() -> None:
    score = Score()

    found = score.add([OUT], alerts(step("b", 1, 130), step("a", 1, 120)))

    assert [each.alert.alert_id for each in found.matches] == ["a"]
    assert [each.alert_id for each in found.false] == ["b"]
    assert (score.precision, score.recall, score.delays_ms) == (0.5, 1.0, [20_000])


def test_intervals_close_to_each_other_are_matched_one_by_one() -> None:
    near = incident("Stockout", 230, 300)
    score = Score()

    score.add([near, OUT], alerts(step("a", 1, 110), step("b", 1, 240)))

    assert (score.precision, score.recall, score.delays_ms) == (1.0, 1.0, [10_000, 10_000])


def test_what_claims_no_stock_out_is_neither_right_nor_wrong() -> None:
    score = Score()

    score.add(
        [OUT],
        alerts(
            step("a", 1, 120, state="info", severity="info"),
            step("b", 1, 120, state="desync"),
            step("c", 1, 120, kind="GmvStall", severity="page"),
            step("d", 1, 120, inhibited_by="AdapterDown"),
        ),
    )

    assert (score.claims, score.incidents, score.recall) == (0, 1, 0.0)


def test_the_delay_counts_from_the_true_start_to_the_claim() -> None:
    score = Score()

    score.add([OUT], alerts(step("a", 1, 103, state="info"), step("a", 2, 117)))

    assert score.delays_ms == [17_000]


@pytest.mark.parametrize(("variant", "excused"), [("learned", 2), ("announced", 0)])
def test_batch_selling_may_be_taken_for_stock_outs_until_it_is_known(
    variant: str, excused: int
) -> None:
    batch = incident("BatchSelling", 100, 700, variant=variant, cycles=5)
    told = [step(name, 1, at_s) for name, at_s in (("a", 110), ("b", 230), ("c", 350))]

    found = Score().add([batch], alerts(*told))

    assert len(found.false) == 3 - excused


def test_a_page_of_batch_selling_is_no_ticket() -> None:
    score = Score()
    batch = incident("BatchSelling", 100, 700, variant="learned", cycles=5)

    found = score.add([batch], alerts(step("a", 1, 110, severity="page")))

    assert len(found.false) == 1
    assert score.bait_pages == 1


@pytest.mark.parametrize(
    ("kind", "pages"), [("Bait", 1), ("Planted", 1), ("Stockout", 0), ("DeadLink", 0)]
)
def test_any_page_is_one_too_many_where_there_is_bait(kind: str, pages: int) -> None:
    score = Score()

    score.add(
        [incident(kind, 100, 200)],
        alerts(step("a", 1, 400, kind="GmvStall", severity="page"), step("b", 1, 150)),
    )

    assert score.bait_pages == pages


def test_shares_and_delays_are_those_of_all_broadcasts_together() -> None:
    score = Score()
    for delay_s in range(1, 21):
        score.add([OUT], alerts(step("a", 1, 100 + delay_s)))
    score.add([OUT], [])
    score.add([], alerts(step("a", 1, 50)))

    assert score.broadcasts == 22
    assert (score.precision, score.recall) == (20 / 21, 20 / 21)
    assert (score.delay_s(0.5), score.delay_s(0.95), score.delay_s(1.0)) == (10, 19, 20)


def test_of_nothing_nothing_is_wrong() -> None:
    score = Score()

    assert (score.precision, score.recall, score.delay_s(0.5)) == (1.0, 1.0, None)


def test_a_host_is_matched_by_an_alert_that_names_no_product() -> None:
    found = Score().add([OUT], alerts(step("a", 1, 120, product_id=None, subject="")))

    assert [each.incident.host_id for each in found.matches] == [HOST]
