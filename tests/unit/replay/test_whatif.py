from __future__ import annotations

from typing import Any

import pytest

from streamproc.errors import BadSetting
from streamproc.events.outputs import Advice, AlertTransition
from streamproc.replay.whatif import (
    MOST_VARIANTS,
    SAME_MS,
    by_ledger,
    by_verdicts,
    difference,
    fired,
    variants,
)
from streamproc.simulate.truth import Incident
from tests.builders import T0

S = 1_000


def step(alert_id: str = "a", at_s: int = 0, **changes: Any) -> AlertTransition:  # noqa: ANN401
    told: dict[str, Any] = {
        "seq": 1,
        "kind": "Stockout",
        "phase": "firing",
        "severity": "ticket",
        "host_id": "h-1",
        "session_id": "s-1",
        "subject": "p:p-1",
        "product_id": "p-1",
        "state": "confirmed",
        "opened_ms": T0,
        "why": "entered",
        "rule": "stockout",
        "rule_version": 1,
        "advice": Advice(zh="", en=""),
        **changes,
    }
    return AlertTransition(alert_id=alert_id, at_ms=T0 + at_s * S, **told)


def incident(start_s: int, end_s: int, **changes: Any) -> Incident:  # noqa: ANN401
    told = {"kind": "Stockout", "host_id": "h-1", "session_id": "s-1", "product_id": "p-1"}
    return Incident(start_ms=T0 + start_s * S, end_ms=T0 + end_s * S, **{**told, **changes})


def test_an_alert_fires_once_however_often_it_is_told() -> None:
    (alert,) = fired([step(), step(at_s=60, seq=2, why="renotified", severity="page")])

    assert (alert.at_ms, alert.paged) == (T0, True)


def test_a_stock_out_claims_to_be_one_when_it_first_says_so() -> None:
    (alert,) = fired([step(state="info"), step(at_s=30, seq=2, state="suspected")])

    assert (alert.state, alert.at_ms, alert.claims) == ("suspected", T0 + 30 * S, True)


def test_what_follows_from_another_alert_did_not_fire() -> None:
    assert fired([step(inhibited_by="StreamDead")]) == []


def test_runs_differ_by_what_one_tells_and_the_other_does_not() -> None:
    before = fired([step("a"), step("b", subject="p:p-2", product_id="p-2")])
    after = fired([step("a2", at_s=20), step("c", subject="p:p-3", product_id="p-3")])

    found = difference(before, after)

    assert [each.alert_id for each in found.gained] == ["c"]
    assert [each.alert_id for each in found.lost] == ["b"]


def test_the_same_alert_much_later_is_another_one() -> None:
    found = difference(fired([step("a")]), fired([step("b", at_s=SAME_MS // S + 1)]))

    assert (len(found.gained), len(found.lost)) == (1, 1)


def test_a_ledger_says_what_was_right_what_was_wrong_and_what_was_missed() -> None:
    alerts = fired([step("a", at_s=110), step("b", at_s=900), step("c", at_s=130, state="info")])

    score = by_ledger(alerts, [incident(100, 200), incident(2_000, 2_100)])

    assert (score.right, score.wrong, score.missed, score.delay_s) == (1, 1, 1, 10.0)
    assert (score.precision, score.recall) == (0.5, 0.5)


def test_an_alert_of_another_product_tells_of_nothing() -> None:
    score = by_ledger(fired([step("a", at_s=110)]), [incident(100, 200, product_id="p-2")])

    assert (score.right, score.wrong, score.missed) == (0, 1, 1)


def test_verdicts_judge_what_other_thresholds_keep() -> None:
    before = fired(
        [
            step("a"),
            step("a", at_s=10, seq=2, why="judged", verdict="real"),
            step("b", subject="p:p-2"),
            step("b", at_s=10, seq=2, why="judged", verdict="bait", subject="p:p-2"),
        ]
    )

    assert by_verdicts(before, before)[:3] == (1, 1, 0)
    assert by_verdicts(before, fired([step("a")]))[:3] == (1, 0, 0)
    assert by_verdicts(before, [])[:3] == (0, 0, 1)


def test_every_combination_of_values_is_tried() -> None:
    assert variants(["stockout.min_users=3,4", "viewer_drop.min_online=100"]) == [
        ("stockout.min_users=3", "viewer_drop.min_online=100"),
        ("stockout.min_users=4", "viewer_drop.min_online=100"),
    ]


@pytest.mark.parametrize("text", ["stockout.min_users", "=4", "stockout.min_users="])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="no assignment"):
        variants([text])


def test_a_grid_has_an_end() -> None:
    many = ",".join(map(str, range(MOST_VARIANTS + 1)))

    with pytest.raises(BadSetting, match="too many"):
        variants([f"stockout.min_users={many}"])
