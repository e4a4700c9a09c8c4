"""The words of alerts: how bad, how far along, and what a rule found."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

ROOM: Final = ""
"""The subject of what concerns a room as a whole."""

FAR_MS: Final = 1 << 62
"""Never, as a time."""


class Severity(StrEnum):
    """How soon somebody must look."""

    INFO = "info"
    """On the teleprompter and the board."""
    TICKET = "ticket"
    """In this show."""
    PAGE = "page"
    """Now."""


RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}
"""How bad: the greater the worse."""


class Phase(StrEnum):
    """How far along an alert is."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVING = "resolving"
    RESOLVED = "resolved"


class Level(StrEnum):
    """Where a subject stands between the two thresholds of a rule."""

    ENTER = "enter"
    """Past the one that opens an alert."""
    HOLD = "hold"
    """Between the two: what fires goes on, what is pending does not get further and is dropped."""
    CLEAR = "clear"
    """Past the one that closes it; so is a subject that a rule does not mention."""


class Finding(NamedTuple):
    """What a rule finds of one subject of a room at a moment.

    Shapes: ``subject`` is ``ROOM``, "p:<product>", "p:<product>/<pack>", "c:<coupon>", "q:<label>:<what>"
        or "s:<source>". ``state`` tells kinds of one alert apart (a stock-out's "confirmed"); it may change
        while the alert is open. ``over`` says why the alert is over now, without waiting for ``hold_ms``
        (its least time open still holds). ``why`` are the numbers that decided, units last in their names.
        ``due_ms`` is when this may change although nothing is told; 0: never.
    """

    subject: str
    level: Level
    severity: Severity
    state: str = ""
    for_ms: int = 0
    hold_ms: int = 0
    over: str = ""
    due_ms: int = 0
    why: Mapping[str, Any] = {}
