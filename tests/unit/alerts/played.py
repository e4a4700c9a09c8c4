"""Plays findings to one alert, a moment each, and says what is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamproc.alerts.held import Held, pack, unpack
from streamproc.alerts.lifecycle import advanced
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.telling import Moment
from streamproc.tally.floor import Verdict
from tests.builders import T0

S = 1_000


def enter(severity: Severity = Severity.PAGE, state: str = "", **fields: object) -> Finding:
    return finding(Level.ENTER, severity, state, **fields)


def finding(
    level: Level, severity: Severity = Severity.PAGE, state: str = "", **fields: object
) -> Finding:
    rest: dict[str, Any] = {"subject": ROOM, "hold_ms": 10 * S, **fields}
    return Finding(level=level, severity=severity, state=state, **rest)


class Played:
    """One alert under a policy; ``told`` are (second, why, phase) of its steps."""

    def __init__(self, kind: str = "StreamDead", policy: Policy | None = None) -> None:
        self.held = Held(kind, ROOM)
        self.policy = policy or Policy()
        self.told: list[tuple[float, str, str]] = []

    def at(
        self,
        second: float,
        found: Finding | None = None,
        verdict: Verdict | None = None,
        inhibited_by: str = "",
    ) -> Held:
        now_ms = T0 + int(second * S)
        moment = Moment(now_ms, found, self.policy, 1, verdict, inhibited_by)
        before = unpack(pack(self.held))
        self.held = advanced(before, moment)
        if self.held.took_step(before):
            self.told.append((second, self.held.why, self.held.phase.value))
        return self.held

    def through(self, seconds: Iterable[float], found: Finding | None = None) -> Held:
        for second in seconds:
            self.at(second, found)
        return self.held

    @property
    def whys(self) -> list[str]:
        return [why for _, why, _ in self.told]


def told_at(second: float, verdict: str, until_s: float | None = None) -> Verdict:
    return Verdict(T0 + int(second * S), verdict, 0 if until_s is None else T0 + int(until_s * S))
