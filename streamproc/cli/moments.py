"""Moments as people type them."""

from __future__ import annotations

from datetime import datetime

from streamproc.errors import BadSetting


def moment_ms(text: str, *, option: str) -> int:
    """A moment that was typed, in milliseconds or as ISO 8601 with its offset.

    Errors: ``BadSetting``.
    """
    if text.isdecimal():
        return int(text)
    try:
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
