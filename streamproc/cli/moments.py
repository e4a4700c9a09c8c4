"""Moments as people type them."""

from __future__ import annotations

from datetime import datetime

from streamproc.errors import BadSetting
from streamproc.replay.tables import FIRST_SHOWN_MS, LAST_SHOWN_MS


def moment_ms(text: str, *, option: str) -> int:
    """A moment that was typed, in milliseconds or as ISO 8601 with its offset.

    Errors: ``BadSetting``.
    """
    at_ms = _parsed_ms(text, option)
    if not FIRST_SHOWN_MS <= at_ms <= LAST_SHOWN_MS:
        raise BadSetting(
            f"{text!r} is outside the years 1 to 9999, in UTC",
            where=option,
            hint="write 2026-11-23T20:00:00+08:00, or milliseconds since 1970, not microseconds",
        )
    return at_ms


def _parsed_ms(text: str, option: str) -> int:
    try:
        if text.isdecimal():
            return int(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSetting(
            f"{text!r} is no moment", where=option, hint="write 2026-11-23T20:00:00+08:00"
        ) from error
    if moment.tzinfo is None:
        raise BadSetting(
            f"{text!r} has no time zone", where=option, hint="add +08:00, or Z for UTC"
        )
    return round(moment.timestamp() * 1000)
