"""Alertmanager: who is told what, and what follows from what."""

from __future__ import annotations

import re

import pytest
import yaml

from streamproc.setting_groups import Robots
from tests.house.tree import ROOT
from tests.ops.programs import told
from tests.ops.room_alerts import FILE, QUIET
from tests.ops.rules import alert_rules, lines_of, seconds

CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
LOADED = yaml.safe_load(lines_of(CONFIG))
SCOPES = {rule.labels["scope"] for rule in alert_rules().values()}


def test_alertmanager_takes_it() -> None:
    assert "SUCCESS" in told("amtool", "check-config", CONFIG)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=StreamprocNoWorkers severity=page scope=workers", "pages"),
        ("alertname=StreamprocSinkDown severity=ticket scope=sinks", "tickets"),
        ("alertname=StreamprocVersionsMixed severity=info scope=workers", "tickets"),
        ("alertname=StreamprocRoomStockout severity=page scope=room host=h-1", "pages"),
        ("alertname=StreamprocRoomHostSilent severity=ticket scope=room host=h-1", "tickets"),
        ("alertname=StreamprocRoomUnlistedDemand severity=info scope=room host=h-1", "nobody"),
        ("alertname=StreamprocRoomQuiet severity=page scope=room host=h-1", "nobody"),
        ("alertname=SomethingElse", "tickets"),
    ],
)
def test_an_alert_goes_to_who_should_know(labels: str, receiver: str) -> None:
    arguments = (f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels.split())

    assert told("amtool", "config", "routes", "test", *arguments).strip() == receiver


@pytest.mark.parametrize("name", sorted(alert_rules().keys() - {QUIET}))
def test_every_page_reaches_somebody(name: str) -> None:
    labels = {**alert_rules()[name].labels, "alertname": name, "severity": "page"}
    pairs = [f"{name}={value}" for name, value in labels.items()]
    arguments = (f"--config.file={CONFIG}", *pairs)

    assert told("amtool", "config", "routes", "test", *arguments).strip() == "pages"


def test_inhibitions_name_alerts_and_scopes_that_exist_and_never_themselves() -> None:
    for rule in LOADED["inhibit_rules"]:
        text = [*rule["source_matchers"], *rule["target_matchers"]]
        for matcher in text:
            ((name, values),) = re.findall(r'^(\w+)(?:!=|=~|=)"(.+)"$', matcher)
            known = {"alertname": set(alert_rules()), "scope": SCOPES}.get(name)
            assert known is None or set(values.split("|")) <= known, matcher
        sources = {each for each in rule["source_matchers"] if each.startswith("alertname=")}
        assert not sources & set(rule["target_matchers"])


def test_a_room_holds_back_only_what_is_about_the_same_product_and_the_quiet_leave_last() -> None:
    of_rooms = [
        rule["equal"]
        for rule in LOADED["inhibit_rules"]
        if any('scope="room"' in each for each in rule["target_matchers"]) and "equal" in rule
    ]
    quiet, others = (
        alert_rules()[QUIET],
        [rule for rule in alert_rules().values() if rule.file == FILE and rule.name != QUIET],
    )

    assert [equal for equal in of_rooms if "room" in equal] == [
        ["alertname", "host", "room", "subject"],
        ["host", "room", "kind", "severity", "subject"],
    ]
    assert quiet.keep_s > max(rule.keep_s for rule in others)
    assert list(alert_rules().values()).index(quiet) < min(
        list(alert_rules().values()).index(rule) for rule in others
    ), "Alertmanager must know it before it would tell"


def test_what_the_robots_remember_is_shorter_than_any_reminder() -> None:
    routes = [LOADED["route"], *LOADED["route"]["routes"]]
    repeats = [seconds(route["repeat_interval"]) for route in routes if "repeat_interval" in route]

    assert Robots().remember_s < min(repeats)


def test_no_secret_stands_in_the_file() -> None:
    hooks = [
        hook for receiver in LOADED["receivers"] for hook in receiver.get("webhook_configs", [])
    ]

    assert {hook["url"] for hook in hooks} == {"http://robots:9096/alerts"}
    assert all("credentials_file" in hook["http_config"]["authorization"] for hook in hooks)
