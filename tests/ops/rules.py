"""The rules of `deploy/prometheus/rules`, read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.house.tree import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RUNBOOKS = ROOT / "deploy" / "runbooks"
EXTERNAL = {"runbooks": "https://runbooks.example", "dashboards": "https://grafana.example"}
"""Stand for what `prometheus.yml` says of them."""
UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_TEMPLATE = re.compile(r"\{\{ \$(labels|externalLabels)\.(\w+) \}\}")
_WITH = re.compile(r"\{\{ with \$labels\.(\w+) \}\}(.*?)\{\{ end \}\}")
_VALUE = re.compile(r"\{\{ \$value[^}]*\}\}")


class AlertRule(NamedTuple):
    """One alert; ``file`` is the name of its rule file."""

    name: str
    file: str
    expr: str
    for_s: float
    keep_s: float
    labels: dict[str, str]
    annotations: dict[str, str]

    def annotated(self, labels: dict[str, str], value: str) -> dict[str, str]:
        """The annotations of an alert with these labels, whose value is written so."""
        known = {"labels": labels, "externalLabels": EXTERNAL}
        return {
            name: _VALUE.sub(
                value, _TEMPLATE.sub(lambda it: known[it[1]][it[2]], with_labels(text, labels))
            )
            for name, text in self.annotations.items()
        }


def with_labels(text: str, labels: dict[str, str]) -> str:
    """A template in which each part that stands only with a label is filled in, or left out."""
    return _WITH.sub(
        lambda it: it[2].replace("{{ . }}", labels[it[1]]) if it[1] in labels else "", text
    )


def seconds(text: str) -> float:
    """A duration as Prometheus writes it."""
    parts = re.findall(r"(\d+)(ms|s|m|h|d)", text)
    return sum(int(number) * UNIT_S[unit] for number, unit in parts)


@cache
def rule_files() -> dict[str, Any]:
    """Every rule file, by name."""
    return {
        path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(RULES.glob("*.yml"))
    }


@cache
def alert_rules() -> dict[str, AlertRule]:
    """Every alert, by name."""
    found = [
        AlertRule(
            rule["alert"],
            file,
            rule["expr"],
            seconds(rule.get("for", "0s")),
            seconds(rule.get("keep_firing_for", "0s")),
            rule.get("labels", {}),
            rule.get("annotations", {}),
        )
        for file, content in rule_files().items()
        for group in content["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert len({rule.name for rule in found}) == len(found)
    return {rule.name: rule for rule in found}


@cache
def records() -> dict[str, str]:
    """Every recording rule: name and expression."""
    return {
        rule["record"]: rule["expr"]
        for content in rule_files().values()
        for group in content["groups"]
        for rule in group["rules"]
        if "record" in rule
    }


def lines_of(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")
