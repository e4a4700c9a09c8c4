"""How often Python's garbage collector looks for cycles."""

from __future__ import annotations

import gc
from typing import Final

_THRESHOLDS: Final = (50_000, 20, 20)


def look_seldom() -> None:
    """Let the collector look for cycles seldom: for a process that holds the state of many rooms.

    What folds make has no cycles, and by its own thresholds the collector takes an eighth of a replay and
    nearly half of a recovery to find none.
    """
    gc.set_threshold(*_THRESHOLDS)
