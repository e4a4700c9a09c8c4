"""promtool's tests of the alerts, made from tables of cases: five of each alert.

It fires, and not too soon; stays silent in a near miss; keeps firing; resolves; says nothing of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from tests.ops.alert_case import Case, Counter, Follows, Gauge
from tests.ops.rules import EXTERNAL, AlertRule, alert_rules, rule_files

HEAD = "# Written by `make docs` from tests/ops/{source}; promtool test rules runs it.\n"
LONG = "slo.yml"
"""Its tests go over days."""
Series = Gauge | Counter | Follows


def tests_of(file: str, cases: Iterable[Case], source: str) -> str:
    """The test file of the cases whose alerts stand in a rule file, as YAML."""
    rules = alert_rules()
    groups = [
        group
        for case in cases
        if rules[case.alert].file == file
        for group in _groups(case, rules[case.alert])
    ]
    content = {
        "rule_files": [f"../rules/{file}"],
        "evaluation_interval": "5m" if file == LONG else "15s",
        # without it promtool takes groups in any order, and alerts may see records of the time before
        "group_eval_order": [group["name"] for group in rule_files()[file]["groups"]],
        "tests": groups,
    }
    text = yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=200)
    return HEAD.format(source=source) + text


class _Plain(yaml.SafeDumper):
    """YAML without anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _groups(case: Case, rule: AlertRule) -> list[dict[str, Any]]:
    firing = [
        {
            "exp_labels": {**case.labels, **rule.labels},
            "exp_annotations": rule.annotated(case.labels, case.value),
        }
    ]
    begins, ends = case.well_s, case.well_s + case.sick_s
    moments = [
        (begins + case.silent_s, []),
        (begins + case.fires_s, firing),
        (ends, firing),
        (ends + case.keeps_s, firing),
        (ends + case.over_s, []),
    ]
    quiet: list[tuple[int, list[Any]]] = [(at, []) for at, _ in moments]
    nothing = firing if case.fires_on_nothing else []
    near = [_near(case, each) for each in case.series]
    sick = [_sick(case, each) for each in case.series]
    return [
        _group(case, f"{case.alert} fires, keeps firing and resolves", sick, moments),
        _group(case, f"{case.alert} stays silent in a near miss", near, quiet),
        _group(case, f"{case.alert} without any data", [], [(begins + case.fires_s, nothing)]),
    ]


def _group(
    case: Case, name: str, series: list[tuple[str, str]], moments: list[tuple[int, list[Any]]]
) -> dict[str, Any]:
    return {
        "name": name,
        "interval": f"{case.step_s}s",
        "external_labels": EXTERNAL,
        "input_series": [{"series": of, "values": values} for of, values in series],
        "alert_rule_test": [
            {"eval_time": f"{at}s", "alertname": case.alert, "exp_alerts": alerts}
            for at, alerts in moments
        ],
    }


def _sick(case: Case, series: Series) -> tuple[str, str]:
    parts = [(case.well_s, "well"), (case.sick_s, "sick"), (case.over_s + 60, "well")]
    return series.series, _values(case, series, parts)


def _near(case: Case, series: Series) -> tuple[str, str]:
    parts = [(case.well_s, "well"), (case.sick_s + case.over_s + 60, "near")]
    return series.series, _values(case, series, parts)


def _values(case: Case, series: Series, parts: list[tuple[int, str]]) -> str:
    """The samples, one each step: `start+growth x count`, part after part."""
    told, value, at_s = [], 0.0, 0
    for length_s, state in parts:
        steps = length_s // case.step_s
        match series:
            case Gauge():
                late = series.near_at_first if state == "near" else 0
                told += [_level(series.well, late)] if late else []
                told.append(_level(getattr(series, state), steps - late))
            case Counter():
                growth = getattr(series, state) * case.step_s / 60
                told.append(f"{value:.10g}+{growth:.10g}x{steps - 1}")
                value += growth * steps
            case Follows():
                behind = series.near_behind_s if state == "near" else 0
                stands = state == "sick"
                growth = 0 if stands else case.step_s
                told.append(f"{at_s - behind:.10g}+{growth:.10g}x{steps - 1}")
        at_s += steps * case.step_s
    return " ".join(told)


def _level(value: float | None, samples: int) -> str:
    return f"stale _x{samples - 1}" if value is None else f"{value:.10g}x{samples - 1}"
