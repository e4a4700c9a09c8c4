"""A room that is judged again and again, with what it remembers in between."""

from __future__ import annotations

from streamproc.alerts.held import Held, Key, Step
from streamproc.alerts.judge import Judge, Judged
from streamproc.alerts.room import Room
from tests.unit.alerts.scripted import remember


class Watched:
    """A room that is judged again and again; ``told`` are (kind, why) of all steps."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.alerts: dict[Key, Held] = {}
        self.told: list[tuple[str, str]] = []
        self.steps: list[Step] = []

    def look(self, at: Room) -> Judged:
        judged = self.judge.judge(at, self.alerts)
        remember(self.alerts, judged)
        self.steps += judged.steps
        self.told += [(step.held.kind, step.held.why) for step in judged.steps]
        return judged
