"""Rules: as Prometheus wants them, each alert tested by promtool, with a page of what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from streamproc.alerts.registry import RULE_OF_KIND
from streamproc.settings import every_setting
from streamproc.sinks.metrics.alert_gauges import ALERTS_OF_ROOM
from tests.house.tree import ROOT, tracked_files
from tests.ops.programs import told
from tests.ops.room_alerts import cases
from tests.ops.rules import (
    PROMETHEUS,
    RULES,
    RUNBOOKS,
    AlertRule,
    alert_rules,
    lines_of,
    records,
    rule_files,
)
from tests.ops.written import CASES, generated

ALERTS = list(alert_rules().values())
NAMES = [rule.name for rule in ALERTS]
ANNOTATIONS = (
    "summary",
    "description",
    "summary_zh",
    "description_zh",
    "runbook_url",
    "dashboard_url",
)
TESTS = sorted(path.name for path in (PROMETHEUS / "tests").glob("*.yml"))
PARTS = ["What it means", "Who is hurt", "First look", "What to do", "If it fires wrongly"]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#([^)\s]+))?\)")
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_prometheus_takes_configuration_and_rules_without_a_warning() -> None:
    told("promtool", "check", "config", "--lint-fatal", PROMETHEUS / "prometheus.yml")
    told("promtool", "check", "rules", "--lint-fatal", *sorted(RULES.glob("*.yml")))


@pytest.mark.parametrize("file", TESTS)
def test_the_alerts_of_a_file_fire_stay_silent_keep_firing_and_resolve(file: str) -> None:
    told("promtool", "test", "rules", PROMETHEUS / "tests" / file)


def test_a_second_product_of_a_room_is_told_by_itself_and_a_quiet_one_fires_on(
    tmp_path: Path,
) -> None:
    of = 'streamproc_room_alerts{host="h-1",room="r-1",kind="Stockout",severity="page"'
    series = {
        f'{of},subject="p-1"}}': "1x8",
        f'{of},subject="p-2"}}': "_x3 1x4",
        f'{of},subject="p-3"}}': "1x3 stale _x3",
        f'{of},subject="p-3",quiet="acknowledged"}}': "_x3 1x4",
    }
    firing = [f'{{alertname="StreamprocRoomStockout",subject="p-{n}"}}' for n in (1, 2, 3)]
    quiet = '{alertname="StreamprocRoomQuiet",subject="p-3"}'
    expr = "count by (alertname, subject) (ALERTS)"
    content = {
        "rule_files": [str(RULES / "rooms.yml")],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": of, "values": values} for of, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": expr,
                        "eval_time": at,
                        "exp_samples": [{"labels": each, "value": 1} for each in expected],
                    }
                    for at, expected in (
                        ("2m", [firing[0], firing[2]]),
                        ("7m", [*firing, quiet]),
                    )
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.dump(content))

    told("promtool", "test", "rules", tmp_path / "test.yml")


def test_every_file_of_rules_has_its_tests() -> None:
    assert {rule.file for rule in ALERTS} == set(TESTS)


def test_every_alert_has_a_case_and_every_case_an_alert() -> None:
    assert sorted(case.alert for case in (*CASES, *cases())) == sorted(NAMES)


def test_what_is_generated_is_fresh() -> None:
    stale = [path.name for path, text in generated().items() if lines_of(path) != text]

    assert stale == [], "run `make docs`"


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_an_alert_says_how_urgent_it_is_what_to_read_and_where_to_look(rule: AlertRule) -> None:
    assert re.fullmatch(r"Streamproc([A-Z][a-z0-9]+)+", rule.name)
    kept = {
        label for labels in re.findall(r"by \(([^)]*)\)", rule.expr) for label in labels.split(", ")
    }
    assert rule.labels.get("severity", "by the worker") in {
        "page",
        "ticket",
        "info",
        "by the worker",
    }
    assert "severity" in rule.labels or "severity" in kept
    assert rule.keep_s > 0
    assert set(rule.annotations) == set(ANNOTATIONS)
    assert rule.annotations["runbook_url"] == f"{{{{ $externalLabels.runbooks }}}}/{rule.name}.md"
    assert len(rule.annotations["summary"]) <= 120
    for name in ("summary_zh", "description_zh"):
        assert HAN.search(rule.annotations[name])
    for name in ("summary", "description"):
        assert not HAN.search(rule.annotations[name])


def test_a_recording_rule_is_named_level_metric_operation() -> None:
    wrong = [name for name in records() if not re.fullmatch(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+", name)]

    assert wrong == []


def test_rules_that_build_on_records_stand_behind_them() -> None:
    seen: set[str] = set()
    for content in rule_files().values():
        for rule in (rule for group in content["groups"] for rule in group["rules"]):
            used = {name for name in records() if name in rule["expr"]}
            assert used <= seen, rule
            seen |= {rule["record"]} if "record" in rule else set()
        seen = set()  # a file stands on its own


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == sorted([*NAMES, "README"])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_it_means_and_what_to_do_and_its_links_lead_somewhere(name: str) -> None:
    path = RUNBOOKS / f"{name}.md"
    page = lines_of(path)
    known = set(tracked_files())

    assert page.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == PARTS
    assert f"amtool silence add alertname={name}" in page
    assert re.search(r"^1\. \S", page, re.MULTILINE)
    for target, anchor in LINK.findall(page):
        file = (path.parent / target).resolve()
        assert file in known, target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The names that its headings have as targets of links."""
    headings = re.findall(r"^#+ (.+)$", lines_of(page), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_settings_and_files_that_pages_name_exist() -> None:
    settings = {one.variable for one in every_setting()}
    groups = {f"STREAMPROC_{one.group}__".upper() for one in every_setting()}
    text = "\n".join(map(lines_of, RUNBOOKS.glob("*.md")))
    named = set(re.findall(r"STREAMPROC_[A-Z_]+", text))
    paths = set(re.findall(r"`(deploy/[\w./-]+)`", text))

    assert named - settings - groups == set()
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_the_fuse_is_above_what_a_worker_ever_shows() -> None:
    config = yaml.safe_load(lines_of(PROMETHEUS / "prometheus.yml"))
    (workers,) = [job for job in config["scrape_configs"] if job["job_name"] == "streamproc"]
    rooms_max, series_of_a_room, all_else = 2000, 27, 5000
    of_alerts = ALERTS_OF_ROOM + len(RULE_OF_KIND)

    assert workers["sample_limit"] > rooms_max * (series_of_a_room + of_alerts) + all_else
