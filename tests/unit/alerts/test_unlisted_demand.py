"""When viewers ask for what a room does not sell."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.alerts import unlisted_demand
from streamproc.alerts.unlisted_demand import Limits
from streamproc.tally.floor import Floor
from tests.rooms import product
from tests.unit.alerts.shop import ago, asked, floor_with, shop

IS_THERE = "availability_question"

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "five ask for it": ({"said": asked(IS_THERE, 5, "p:p-9")}, "enter"),
    "they ask in different ways": (
        {"said": asked(IS_THERE, 3, "p:p-9") + asked("purchase_intent", 2, "p:p-9", first=9)},
        "enter",
    ),
    "four minutes ago, too": (
        {"said": asked(IS_THERE, 3, "p:p-9", from_s=230) + asked(IS_THERE, 2, "p:p-9", first=9)},
        "enter",
    ),
    "one asks five times": ({"said": [(9, IS_THERE, "p:p-9", 1)] * 5}, ""),
    "two ask for it": ({"said": asked(IS_THERE, 2, "p:p-9")}, "hold"),
    "six minutes ago": ({"said": asked(IS_THERE, 5, "p:p-9", from_s=380)}, ""),
    "it is for sale here": ({"said": asked(IS_THERE, 9, "p:p-2")}, ""),
    "they praise it": ({"said": asked("praise", 9, "p:p-9")}, ""),
    "a link number is no product": ({"said": asked(IS_THERE, 9, "l:9")}, ""),
    "nobody knows what is for sale": ({"said": asked(IS_THERE, 9, "p:p-9"), "floor": Floor()}, ""),
    "it may be one of many that are for sale": (
        {"said": asked(IS_THERE, 9, "p:p-9"), "floor": floor_with(dropped=True)},
        "",
    ),
    "an ordinary room": ({}, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cell(name: str) -> None:
    fields, expected = CASES[name]
    findings = list(unlisted_demand.RULE.judge(shop(**fields), Limits()))

    assert [each.level.value for each in findings] == ([expected] if expected else [])


def test_what_was_taken_out_is_asked_for_only_afterwards() -> None:
    floor = floor_with()
    floor.products["p-9"] = product(listed_ms=ago(4000), delisted_ms=ago(100))
    before = shop(said=asked(IS_THERE, 6, "p:p-9", from_s=130), floor=floor)
    after = shop(said=asked(IS_THERE, 6, "p:p-9", from_s=30), floor=floor)

    assert not list(unlisted_demand.RULE.judge(before, Limits()))
    assert list(unlisted_demand.RULE.judge(after, Limits()))


def test_of_many_only_what_was_taken_out_is_surely_not_for_sale() -> None:
    floor = floor_with(dropped=True)
    floor.products["p-8"] = product(listed_ms=0)
    floor.products["p-9"] = product(listed_ms=ago(4000), delisted_ms=ago(400))
    findings = unlisted_demand.RULE.judge(
        shop(said=asked(IS_THERE, 6, "p:p-8") + asked(IS_THERE, 6, "p:p-9"), floor=floor), Limits()
    )

    assert [each.subject for each in findings] == ["p:p-9"]


def test_it_shows_who_asked_and_what_to_do() -> None:
    made = shop(said=asked(IS_THERE, 7, "p:p-9"))
    (finding,) = unlisted_demand.RULE.judge(made, Limits())

    evidence = unlisted_demand.RULE.evidence(made, finding, Limits())
    advice = unlisted_demand.RULE.advice(made, finding)

    assert (evidence.users, len(evidence.comments)) == (7, 5)
    assert "p-9" in advice.zh
    assert 0 < len(advice.teleprompter) <= 20


def test_it_must_last_for_a_minute() -> None:
    (finding,) = unlisted_demand.RULE.judge(shop(said=asked(IS_THERE, 7, "p:p-9")), Limits())

    assert (finding.for_ms, finding.severity) == (60_000, "info")
