"""A small recorded evening, what a replay says of it, and its figures computed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.events.outputs import AlertTransition
from tests.in_process import run

RECORDED = Path(__file__).parent / "replay.jsonl"
EXPECTED = Path(__file__).parent / "replay.answer.json"
LAST_MS = 1_795_262_400_000 + 3 * 3_600_000


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What ``replay --json`` prints, and nothing else."""
    printed = run(capsys, "replay", str(RECORDED), "--json")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.count("\n") == 1
    answer: dict[str, Any] = msgspec.json.decode(printed.out)
    assert msgspec.json.encode(answer, order="sorted").decode() == printed.out.strip()
    return answer


def test_a_replay_says_what_was_once_checked(
    said: dict[str, Any], pytestconfig: pytest.Config
) -> None:
    for sessions in said["hosts"].values():
        for session in sessions.values():
            del session["comments"]  # hangs on the lexicon, which grows
    del said["alerts"]  # hang on rules and thresholds, which have tests of their own
    if pytestconfig.getoption("--update-golden", default=False):
        text = msgspec.json.format(msgspec.json.encode(said, order="sorted"), indent=1)
        EXPECTED.write_bytes(text + b"\n")

    assert said == msgspec.json.decode(EXPECTED.read_bytes())


def test_the_steps_of_each_alert_are_listed_without_gaps(said: dict[str, Any]) -> None:
    steps = msgspec.convert(said["alerts"], list[AlertTransition])
    numbers: dict[str, list[int]] = {}
    for step in steps:
        numbers.setdefault(step.alert_id, []).append(step.seq)

    assert steps
    assert all(each == list(range(1, len(each) + 1)) for each in numbers.values())
    assert [step.at_ms for step in steps] == sorted(step.at_ms for step in steps)


def test_the_figures_of_a_session_are_those_computed_by_hand(said: dict[str, Any]) -> None:
    session = said["hosts"]["host-a"]["a-1"]

    assert session["figures"] == {
        # two orders of three lines: 20.00 for two, 10.00, 5.00; the last one came back; one unpaid
        "created_minor": {"CNY": 2_000 + 1_000 + 500 + 700},
        "pay_gmv_minor": {"CNY": 3_500},
        "refunded_minor": {"CNY": 500},
        "net_gmv_minor": {"CNY": 3_000},
        "unpaid_minor": {"CNY": 700},
        "refund_rate": 1 / 3,
        "orders_main": 2,
        "orders_sku": 3,
        "items_sold": 4,
        "buyers": 2,
        "aov_order_minor": {"CNY": 1_750},
        "aov_buyer_minor": {"CNY": 1_750},
        "failed_orders": 1,
        # ten for a minute, then thirty for three
        "online_now": None,  # it is over
        "online_peak": 30,
        "online_mean": (10 * 60 + 30 * 180) / 240,
        # two viewers came, one of them twice; nobody left: 6,000 s were watched in three views
        "views": 3,
        "viewers": 2,
        "watch_mean_s": (10 * 60 + 30 * 180) / 3,
        "likes": 5,
        "follows": 0,
        "shares": 0,
        "comments": 2,
        "commenters": 2,
        "product_exposures": 2,
        "product_clicks": 1,
        "cart_adds": 0,
        "ctr": 0.5,
        "ctor": 3.0,
        "conversion": 1.0,
        "gpm_views_minor": {"CNY": 1_166_667},
        "gpm_viewers_minor": {"CNY": 1_750_000},
        "uv_value_minor": {"CNY": 1_750},
        "interaction_rate": 1.0,
    }
    assert session["failed_by_reason"] == {"out_of_stock": 1}
    assert session["completeness"]["status"] == "ended"
    assert session["completeness"]["watch_method"] == "littles_law"
    assert [each["pay_gmv_minor"] for each in session["curve"]] == [
        {"CNY": 2_000},
        {"CNY": 1_500},
        {},
    ]
    assert session["windows"]["10m"]["orders_main"] == 0


def test_what_no_topic_told_is_null(said: dict[str, Any]) -> None:
    session = said["hosts"]["host-b"]["b-1"]

    assert session["figures"]["pay_gmv_minor"] == {"USD": 300}
    assert session["failed_by_reason"] == {}
    assert session["figures"]["comments"] is None
    assert session["figures"]["viewers"] is None
    assert session["completeness"]["missing_sources"] == [
        "live.comments.v1",
        "live.viewers.v1",
        "live.rooms.v1",
    ]


def test_places_have_the_sums_of_the_sessions_that_began_while_their_hosts_lived_there(
    said: dict[str, Any],
) -> None:
    def sums(level: str, *names: str) -> list[tuple[Any, ...]]:
        return [
            (
                *(each[name] for name in (*names, "hosts", "sessions")),
                each["figures"]["pay_gmv_minor"],
            )
            for each in said["rollups"][level]
        ]

    unknown = (1, 1, {"USD": 300})
    assert sums("village", "district", "town", "village") == [
        ("unknown", "unknown", "unknown", *unknown),
        ("遂溪县", "北坡镇", "北坡村", 1, 1, {"CNY": 3_500}),
        ("遂溪县", "北坡镇", "南坡村", 1, 1, {"CNY": 9_900}),
    ]
    assert sums("town", "district", "town") == [
        ("unknown", "unknown", *unknown),
        ("遂溪县", "北坡镇", 1, 2, {"CNY": 13_400}),
    ]
    assert sums("district", "district") == [
        ("unknown", *unknown),
        ("遂溪县", 1, 2, {"CNY": 13_400}),
    ]
    # the buyer of both sessions is one person
    assert said["rollups"]["district"][1]["figures"]["buyers"] == 2
    assert said["as_of_ms"] == LAST_MS
