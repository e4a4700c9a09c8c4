"""What a worker's state no longer tells, since a worker lets go of old minutes."""

from __future__ import annotations

from streamproc.errors import BadSetting
from streamproc.tally.retention import MINUTE_DAYS, day_of


def may_be_gone(begin_ms: int, as_of_ms: int) -> bool:
    """Whether a worker may have let go of minutes since a time: when it sweeps is its own affair."""
    return day_of(as_of_ms) - day_of(begin_ms) > MINUTE_DAYS


def gone(what: str, where: str) -> BadSetting:
    """What is told of a thing whose minutes may be gone."""
    return BadSetting(
        f"{what} began more than {MINUTE_DAYS} days before the last event: its minutes are no longer kept",
        where=where,
        hint="export it from its recorded events: --events FILE",
    )
