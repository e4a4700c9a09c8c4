"""How a scenario is run: when, how much of it, and with which faults."""

from __future__ import annotations

import math
from dataclasses import dataclass

from streamproc.errors import BadSetting
from streamproc.events.base import EARLIEST_MS
from streamproc.simulate.garbage import GARBAGE_KINDS

_MOST_FAULTS = 0.9
_EARLIEST_START_MS = EARLIEST_MS + 40 * 86_400_000  # a host's profile is 30 days older


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run adds to its scenario.

    Shapes: ``duplicates``, ``disorder``, ``lateness`` and ``garbage`` are shares of everything
    emitted. ``seconds`` of the broadcast are emitted, from ``from_s`` on; ``None`` means all of it,
    or a lively moment to begin at.
    Units: ``start_ms`` is event time, UTC, of the first moment emitted. ``speed`` 2 makes two
    seconds of the broadcast out of one; 0 sends as fast as the broker takes it. ``rate_per_s``
    caps what is sent, 0 caps nothing.
    Errors: ``BadSetting`` for a value outside its range.
    """

    start_ms: int
    seed: int = 1
    audience_scale: float = 1.0
    seconds: int | None = None
    from_s: int | None = None
    speed: float = 1.0
    rate_per_s: float = 0.0
    duplicates: float = 0.0
    disorder: float = 0.0
    lateness: float = 0.0
    garbage: float = 0.0
    garbage_kinds: tuple[str, ...] = tuple(GARBAGE_KINDS)

    def __post_init__(self) -> None:
        _must(
            self.start_ms >= _EARLIEST_START_MS, "start_ms", "is before 2015", "name a later time"
        )
        for name in ("audience_scale", "speed", "rate_per_s"):
            number = getattr(self, name)
            _must(math.isfinite(number), name, f"is {number}", "give a number, 0 or more")
            _must(number >= 0, name, "is negative", "give 0 or more")
        for name in ("duplicates", "disorder", "lateness", "garbage"):
            inside = 0 <= getattr(self, name) < 1
            _must(inside, name, "is no share", "give a number from 0 to below 1")
        faults = self.duplicates + self.garbage + self.disorder + self.lateness
        _must(faults <= _MOST_FAULTS, "shares", f"add up to {faults}", "keep them below 0.9")
        _must(self.seconds is None or self.seconds > 0, "seconds", "is not positive", "give 1 up")
        _must(self.from_s is None or self.from_s >= 0, "from_s", "is negative", "give 0 or more")
        unknown = sorted(set(self.garbage_kinds) - set(GARBAGE_KINDS))
        known = ", ".join(GARBAGE_KINDS)
        _must(not unknown, "garbage_kinds", f"has unknown {unknown}", f"take of {known}")
        _must(bool(self.garbage_kinds), "garbage_kinds", "is empty", f"take of {known}")


def _must(holds: bool, name: str, problem: str, hint: str) -> None:
    if not holds:
        raise BadSetting(f"{name} {problem}", where="simulator option", hint=hint)
