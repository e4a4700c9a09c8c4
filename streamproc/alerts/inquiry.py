"""Asking the rules: which of them are asked of a room now, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from streamproc.alerts.held import Held, Key
from streamproc.alerts.model import FAR_MS, Finding, Level
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.tally.floor import Floor


class Asked(NamedTuple):
    """The rules that are asked in one status; the longest of their waits.

    Shapes: each rule with the place of its thresholds among those of all rules; ``brewing`` is what those
        ask that say what brews, ``silences`` what those ask that judge silence, likewise.
    """

    rules: tuple[tuple[int, Rule], ...]
    warm_up_ms: int
    after_pin_ms: int
    brewing: tuple[tuple[int, Callable[[Room, Any], bool]], ...] = ()
    silences: tuple[tuple[int, Callable[[Room, Any], int]], ...] = ()


class Asking:
    """Asks rules.

    Shapes: ``waiting`` are the kinds that are not asked yet, ``due_ms`` is when the first of them is, or
        when a finding asks for another look.
    """

    __slots__ = ("_limits", "_room", "due_ms", "found", "waiting")

    def __init__(self, room: Room, limits: Sequence[Any]) -> None:
        self._room = room
        self._limits = limits
        self.due_ms = FAR_MS
        self.found: dict[Key, Finding] = {}
        self.waiting: set[str] = set()

    def ask(self, asked: Asked, alerts: Mapping[Key, Held]) -> None:
        """What every rule finds; of two findings of one subject the first counts."""
        room, limits = self._room, self._limits
        opened = _open_subjects(alerts) if alerts else {}
        room.open_subjects = ()
        warm_ms = room.now_ms - room.live_since_ms
        pins = room.floor.pins
        is_free = warm_ms >= asked.warm_up_ms and (
            not pins or room.now_ms - pins[-1][0] >= asked.after_pin_ms
        )
        shown_ms = 0 if is_free else room.now_ms - _pinned_ms(room.floor, room.now_ms)
        for place, rule in asked.rules:
            if not is_free and self._waits(rule, warm_ms, shown_ms):
                continue
            if opened:
                room.open_subjects = opened.get(rule.kind, ())
            try:
                for finding in rule.judge(room, limits[place]):
                    self._take(rule.kind, finding, alerts)
            except Exception as error:
                error.add_note(f"the rule {rule.kind} failed, asked of session {room.session_id}")
                raise

    def brews(self, asked: Asked) -> bool:
        """Whether what is told may make a rule find something soon."""
        room, limits = self._room, self._limits
        return any([brews(room, limits[place]) for place, brews in asked.brewing])

    def silent_until_ms(self, asked: Asked) -> int:
        """Until when no rule finds anything new because nothing is told."""
        room, limits = self._room, self._limits
        untils_ms = [until(room, limits[place]) for place, until in asked.silences]
        return min([until_ms for until_ms in untils_ms if until_ms > room.now_ms], default=FAR_MS)

    def _waits(self, rule: Rule, warm_ms: int, shown_ms: int) -> bool:
        wait_ms = max(rule.warm_up_ms - warm_ms, rule.after_pin_ms - shown_ms)
        if wait_ms <= 0:
            return False
        self.waiting.add(rule.kind)
        self.due_ms = min(self.due_ms, self._room.now_ms + wait_ms)
        return True

    def _take(self, kind: str, finding: Finding, alerts: Mapping[Key, Held]) -> None:
        key = kind, finding.subject
        if finding.due_ms > self._room.now_ms:
            self.due_ms = min(self.due_ms, finding.due_ms)
        if finding.level is not Level.CLEAR or key in alerts:
            self.found.setdefault(key, finding)


def _open_subjects(alerts: Mapping[Key, Held]) -> dict[str, list[str]]:
    opened: dict[str, list[str]] = {}
    for (kind, subject), held in alerts.items():
        if held.is_open:
            opened.setdefault(kind, []).append(subject)
    return opened


def _pinned_ms(floor: Floor, now_ms: int) -> int:
    """When what is on show took the place of another product; 0: nothing is on show."""
    since_ms, shown = 0, None
    for at_ms, product in reversed(floor.pins):
        if at_ms > now_ms:
            continue
        if shown is not None and product != shown:
            break
        since_ms, shown = at_ms, product
    return since_ms
