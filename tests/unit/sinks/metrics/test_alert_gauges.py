"""Open alerts: from what is told, and after a recovery from the state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from streamproc.alerts.held import Held, alert_id
from streamproc.alerts.model import Phase, Severity
from streamproc.alerts.transition import notifies
from streamproc.events.outputs import ALERTS_TOPIC, Advice, AlertTransition, decode_alert
from streamproc.protocol import Published
from streamproc.sinks.metrics.alert_gauges import ALERTS_OF_ROOM, MORE, AlertGauges
from streamproc.sinks.metrics.exposition import Exposition
from streamproc.sinks.metrics.labels import subject_label

STOCKOUT = Held("Stockout", "p:1", Phase.FIRING, Severity.PAGE, episode=1, seq=3)


class Program:
    """A program that holds alerts."""

    def __init__(self, *held: Held) -> None:
        self._held = held

    def open_alerts(self) -> Iterator[tuple[str, str, Held]]:
        for each in self._held:
            yield "h1", "s1", each

    def room_of(self, host_id: str, session_id: str) -> str:
        return f"room-of-{host_id}-{session_id}"


def step(phase: str, seq: int = 1, held: Held = STOCKOUT, **more: object) -> Published:
    fields = {
        "alert_id": alert_id("h1", "s1", held),
        "seq": seq,
        "kind": held.kind,
        "phase": phase,
        "severity": held.severity.value,
        "host_id": "h1",
        "session_id": "s1",
        "subject": held.subject,
        "at_ms": 1,
        "opened_ms": 1,
        "why": "entered" if seq == 1 else "changed",
        "rule": "stockout",
        "rule_version": 1,
        "advice": Advice(zh="卖完了", en="sold out"),
        "room_id": "r1",
        **more,
    }
    return Published(ALERTS_TOPIC, b"h1", json.encode(AlertTransition(**fields)))  # type: ignore[arg-type]


def gauges(*held: Held, most: int = 10) -> AlertGauges:
    made = AlertGauges(most)
    made.owned({0: Program(*held)})  # type: ignore[dict-item]
    return made


def told(alerts: AlertGauges) -> dict[tuple[str, ...], float]:
    """Every sample but those that are 0: counters are told before they begin."""
    into = Exposition()
    alerts.tell(into)
    return {
        (sample.name.removeprefix("streamproc_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(into.text().decode())
        for sample in family.samples
        if sample.value
    }


def test_an_alert_is_open_from_its_first_step_to_its_end() -> None:
    alerts = gauges()

    alerts.told(0, [step("firing")])
    assert told(alerts)["room_alerts", "h1", "r1", "Stockout", "page", "1", ""] == 1
    alerts.told(0, [step("resolving", 2)])
    assert told(alerts)["alerts_open", "Stockout", "page"] == 1
    alerts.told(0, [step("resolved", 3)])

    assert told(alerts) == {
        ("alert_transitions_total", "Stockout", "page", "firing"): 1,
        ("alert_transitions_total", "Stockout", "page", "resolving"): 1,
        ("alert_transitions_total", "Stockout", "page", "resolved"): 1,
        ("alerts_opened_total", "Stockout", "page"): 1,
        ("restock_alerts_total", "Stockout"): 1,
    }


def test_what_the_state_holds_open_is_told_after_a_recovery() -> None:
    alerts = gauges(STOCKOUT)

    assert told(alerts)["room_alerts", "h1", "room-of-h1-s1", "Stockout", "page", "1", ""] == 1

    alerts.told(0, [step("resolved", 4)])
    assert ("alerts_open", "Stockout", "page") not in told(alerts)


def test_alerts_leave_with_their_partition() -> None:
    alerts = gauges(STOCKOUT)

    alerts.owned({})
    alerts.told(0, [step("firing", 4)])

    assert told(alerts) == {}


def test_an_older_copy_of_a_step_changes_nothing() -> None:
    alerts = gauges()
    alerts.told(0, [step("firing", 2, severity="page"), step("firing", 1, severity="ticket")])

    assert ("alerts_open", "Stockout", "page") in told(alerts)


def of_rooms(alerts: AlertGauges) -> dict[tuple[str, ...], float]:
    """The open alerts of rooms: kind, severity, subject and why they are quiet."""
    return {key[3:]: value for key, value in told(alerts).items() if key[0] == "room_alerts"}


@pytest.mark.parametrize(
    ("given", "quiet"),
    [
        ({"inhibited_by": "StreamDead"}, "inhibited"),
        ({"inhibited_by": "StreamDead", "verdict": "bait"}, "inhibited"),
        ({"verdict": "bait"}, "bait"),
        ({"verdict": "wrong_product"}, "wrong_product"),
        ({"verdict": "acknowledged"}, "acknowledged"),
        ({"verdict": "real"}, ""),
        ({"verdict": "snoozed", "snoozed_until_ms": 2}, "snoozed"),
        ({"verdict": "snoozed", "snoozed_until_ms": 1}, ""),
        ({"verdict": "acknowledged", "snoozed_until_ms": 1}, "acknowledged"),
    ],
)
def test_what_nobody_is_to_be_told_of_is_open_and_says_why(
    given: dict[str, Any], quiet: str
) -> None:
    alerts = gauges()
    record = step("firing", why="renotified", **given)
    alerts.told(0, [record])
    held = replace(STOCKOUT, told_ms=1, **given)

    assert told(alerts)["alerts_open", "Stockout", "page"] == 1
    assert of_rooms(alerts) == {("Stockout", "page", "1", quiet): 1}
    assert of_rooms(gauges(held)) == of_rooms(alerts), "after a recovery"
    assert notifies(decode_alert(record.value or b"")) is not bool(quiet)


def test_each_subject_of_one_kind_stands_alone() -> None:
    other = Held("Stockout", "p:2/red", Phase.FIRING, Severity.TICKET, episode=1, seq=1)
    alerts = gauges(STOCKOUT, other)

    assert told(alerts)["alerts_open", "Stockout", "page"] == 1
    assert of_rooms(alerts) == {
        ("Stockout", "page", "1", ""): 1,
        ("Stockout", "ticket", "2/red", ""): 1,
    }


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        ("", ""),
        ("c:half-price", "half-price"),
        ("q:price:p-1", "price:p-1"),
        ("p:牛大力", "hashed:"),
        ("p:13800138000/red", "hashed:"),
        ("p:a/b/c", "a/hashed:"),
    ],
)
def test_what_an_alert_is_about_is_shown_as_ids_are(subject: str, label: str) -> None:
    shown = subject_label(subject)

    assert shown.startswith(label)
    assert shown.isascii()
    assert len(shown) <= 130
    assert "13800138000" not in shown


def test_of_very_many_in_a_room_the_worst_stand_alone_and_the_others_together() -> None:
    held = [
        Held(
            "Stockout",
            f"p:{number}",
            Phase.FIRING,
            Severity.PAGE if number >= 95 else Severity.TICKET,
            episode=1,
            seq=1,
            opened_ms=number + 1,
        )
        for number in range(100)
    ]
    found = of_rooms(gauges(*held))

    assert len(found) == ALERTS_OF_ROOM + 1
    assert found.pop(("Stockout", "ticket", MORE, "")) == 100 - ALERTS_OF_ROOM
    pages = [str(number) for number in range(95, 100)]
    tickets = [str(number) for number in range(ALERTS_OF_ROOM - 5)]
    assert found == {
        **{("Stockout", "page", subject, ""): 1 for subject in pages},
        **{("Stockout", "ticket", subject, ""): 1 for subject in tickets},
    }


@pytest.mark.parametrize("value", [b"{}", b"\xff", None])
def test_another_programs_records_are_passed_over(value: bytes | None) -> None:
    alerts = gauges()
    alerts.told(0, [Published(ALERTS_TOPIC, b"k", value), Published("other", b"k", b"{}")])

    assert told(alerts) == {}


def test_no_more_rooms_than_allowed_are_told() -> None:
    alerts = gauges(most=1)
    alerts.told(0, [step("firing"), step("firing", alert_id="x", host_id="h2")])

    found = told(alerts)

    assert found["alerts_open", "Stockout", "page"] == 2
    assert len([key for key in found if key[0] == "room_alerts"]) == 1


def test_counters_are_told_before_they_begin() -> None:
    into = Exposition()

    gauges().tell(into)

    text = into.text().decode()
    assert 'streamproc_alerts_opened_total{kind="Stockout",severity="page"} 0\n' in text
    assert 'streamproc_restock_alerts_total{kind="Stockout"} 0\n' in text
