"""What a rule is: its words, its thresholds, and pure functions over a room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from streamproc.alerts.model import Finding, Severity
from streamproc.alerts.room import Room
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.lifecycle import Status

LIVE_ONLY: Final = frozenset((Status.LIVE,))
LIVE_OR_PAUSED: Final = frozenset((Status.LIVE, Status.PAUSED))
ALWAYS: Final = frozenset(Status)
"""Also of broadcasts that ended, until their refunds are over."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of the catalogue.

    Shapes: ``kind`` is the alert's name, ``section`` the name of its thresholds ("stockout" in
        ``stockout.min_users``), ``limits`` a frozen struct of them whose defaults are those of the
        catalogue, each with its unit last and a docstring. ``judge`` says what it finds of every subject
        that is not clear, cheaply, for it is asked of every live room again and again: a room without news
        must cost next to nothing. ``brews`` says whether, though nothing was found, time alone may make it
        find something within seconds; then it is asked each second also while nothing is told that it
        waits for. ``silent_until_ms`` is for rules that find something because nothing is told: until when
        they find nothing if they find nothing now and nothing is told; ``FAR_MS``: for ever. What it says
        of a room of which they find something does not count. ``evidence`` and ``advice`` are asked for
        only when an alert takes a step.
        ``asked`` are the states of a broadcast in which it is asked; else its alerts end. ``warm_up_ms``:
        asked only when the broadcast has run so long without a break; ``after_pin_ms``: and not sooner
        after another product was pinned. ``look_ms``: a room of which only such rules find anything is
        judged so often, for nobody is woken by them; 0: each second. ``over_ms`` says, by its thresholds,
        how long a silence means that a broadcast is over: then all its alerts end, not only the rule's own.
        ``runbook`` are the steps of whoever answers, in zh and en. ``version`` rises with whatever changes
        what it finds.
    """

    kind: str
    section: str
    version: int
    zh: str
    en: str
    severity: Severity
    trigger: str
    clears: str
    runbook: tuple[tuple[str, str], ...]
    limits: type[Any]
    judge: Callable[[Room, Any], Iterable[Finding]]
    evidence: Callable[[Room, Finding, Any], Evidence]
    advice: Callable[[Room, Finding], Advice]
    asked: frozenset[Status] = LIVE_ONLY
    warm_up_ms: int = 0
    after_pin_ms: int = 0
    look_ms: int = 0
    brews: Callable[[Room, Any], bool] | None = None
    silent_until_ms: Callable[[Room, Any], int] | None = None
    over_ms: Callable[[Any], int] | None = None
