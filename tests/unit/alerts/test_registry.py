"""The catalogue is whole: each rule has one name, its words, and thresholds that say what they may be."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from msgspec import inspect as types

from streamproc.alerts.registry import RULE_OF_KIND, RULES
from streamproc.alerts.rule import Rule
from tests.house.alerts_page import docstrings

EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)


def test_no_two_rules_share_a_name_or_a_section() -> None:
    assert len({rule.kind for rule in RULES}) == len(RULES)
    assert len({rule.section for rule in RULES}) == len(RULES)
    assert {rule.kind: rule for rule in RULES} == RULE_OF_KIND


@EACH
def test_a_rule_is_named_as_its_module_and_section(rule: Rule) -> None:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", rule.kind).lower()

    assert rule.section == snake
    assert rule.judge.__module__ == f"streamproc.alerts.{snake}"


@EACH
def test_a_rule_says_what_it_is_and_what_to_do(rule: Rule) -> None:
    assert all((rule.zh, rule.en, rule.trigger, rule.clears, rule.runbook))
    assert all(zh and en for zh, en in rule.runbook)
    assert rule.version >= 1


@EACH
def test_every_threshold_says_what_it_may_be_and_its_default_is_that(rule: Rule) -> None:
    for field in msgspec.structs.fields(rule.limits):
        kind: Any = types.type_info(field.type)
        assert None not in (kind.ge, kind.le), field.name
        assert msgspec.convert(field.default, field.type) == field.default, field.name


@EACH
def test_every_threshold_has_a_docstring(rule: Rule) -> None:
    assert set(docstrings(rule.limits)) == {
        field.name for field in msgspec.structs.fields(rule.limits)
    }
