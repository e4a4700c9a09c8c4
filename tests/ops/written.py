"""Writes what is generated below `deploy/`: ``python -m tests.ops.written``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.ops import room_alerts
from tests.ops.cases_pipeline import PIPELINE
from tests.ops.cases_views import VIEWS
from tests.ops.cases_workers import WORKERS
from tests.ops.dashboards import BOARDS
from tests.ops.panels import as_json
from tests.ops.rule_tests import tests_of
from tests.ops.rules import (
    DASHBOARDS,
    PROMETHEUS,
    RULES,
    RUNBOOKS,
    AlertRule,
    alert_rules,
    with_labels,
)

HEAD = """\
# Runbooks

Written by `make docs` from `deploy/prometheus/rules`; do not edit by hand.

A page for each alert. **page**: somebody must look now. **ticket**: in this show. **info**: when you can.

| alert | | | |
|---|---|---|---|
"""
CASES = (*PIPELINE, *WORKERS, *VIEWS)


def rules_of_rooms() -> dict[Path, str]:
    """The rules of rooms' alerts: first, for the rest is made from rules."""
    return {RULES / room_alerts.FILE: room_alerts.rules_file()}


def listed(rules: Iterable[AlertRule]) -> str:
    """The list of all alerts: the front page of runbooks."""
    rows = (
        f"| [{rule.name}]({rule.name}.md) | {rule.labels.get('severity', 'as its worker says')}"
        f" | {_without_labels(rule.annotations['summary'])}"
        f" | {_without_labels(rule.annotations['summary_zh'])} |\n"
        for rule in rules
    )
    return f"{HEAD}{''.join(rows)}"


def _without_labels(text: str) -> str:
    return re.sub(r"\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}", r"*\1*", with_labels(text, {}))


def generated() -> dict[Path, str]:
    """Everything that is generated, by path."""
    pages = {RUNBOOKS / name: text for name, text in room_alerts.runbooks().items()}
    of_rooms = {room_alerts.FILE: (room_alerts.cases(), "room_alerts.py")}
    files = {rule.file for rule in alert_rules().values()}
    tests = {
        PROMETHEUS / "tests" / file: tests_of(file, *of_rooms.get(file, (CASES, "cases_*.py")))
        for file in sorted(files)
    }
    pages[RUNBOOKS / "README.md"] = listed(alert_rules().values())
    boards = {DASHBOARDS / f"{board.uid}.json": as_json(board) for board in BOARDS}
    return {**rules_of_rooms(), **pages, **tests, **boards}


def write(files: dict[Path, str]) -> None:
    """Write each file, and make its folder."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(rules_of_rooms())
    write(generated())
