"""Rules that find what a test wants, and judges that ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from streamproc.alerts.held import Held, Key
from streamproc.alerts.judge import Judge, Judged
from streamproc.alerts.model import Finding, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.events.outputs import Advice, Evidence


def rule(kind: str, *found: Finding, **fields: object) -> Rule:
    """A rule that always finds the same."""

    def judge(_room: Room, _limits: object) -> Sequence[Finding]:
        return found

    return scripted(kind, judge, **fields)


def scripted(kind: str, judge: Callable[[Room, Any], Iterable[Finding]], **fields: object) -> Rule:
    """A rule that finds what a function says."""
    rest: dict[str, Any] = {
        "evidence": lambda _room, finding, _limits: Evidence(inputs=dict(finding.why)),
        "advice": lambda _room, _finding: Advice(zh="看", en="Look"),
        **fields,
    }
    return Rule(
        kind=kind,
        section=kind.lower(),
        version=3,
        zh=kind,
        en=kind,
        severity=Severity.PAGE,
        trigger="",
        clears="",
        runbook=(),
        limits=SimpleNamespace,
        judge=judge,
        **rest,
    )


def judge_of(*rules: Rule, policy: Policy | None = None) -> Judge:
    """A judge that asks these rules."""
    limits = SimpleNamespace(**{each.section: each.limits() for each in rules})
    return Judge(rules, lambda _host_id: limits, policy)


def remember(alerts: dict[Key, Held], judged: Judged) -> None:
    """Have the alerts of a room as judging left them."""
    for key, held in judged.changed.items():
        if held is None:
            del alerts[key]
        else:
            alerts[key] = held
