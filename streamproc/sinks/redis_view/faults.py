"""What an error of Redis means: that it cannot be written to now, or that one write is not to be had."""

from __future__ import annotations

from typing import Final

from redis.exceptions import RedisError


class Unavailable(Exception):
    """Redis cannot be written to now; what was to be written waits.

    Shapes: ``reason`` is one of a few words, for metrics and logs.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


_BY_CODE: Final = {
    "LOADING": "loading",
    "MISCONF": "misconf",
    "OOM": "oom",
    "BUSY": "busy",
    "READONLY": "readonly",
    "NOREPLICAS": "noreplicas",
    "NOPERM": "noperm",
    "NOAUTH": "auth",
    "WRONGPASS": "auth",
    "MASTERDOWN": "masterdown",
    "CLUSTERDOWN": "cluster",
    "TRYAGAIN": "cluster",
    "MOVED": "cluster",
    "ASK": "cluster",
    "UNKILLABLE": "busy",
}
_BY_WORDS: Final = {
    "function not found": "library",
    "can't run this command": "noperm",  # so does 7.0 say it of a command inside a function
    "can't access at least one": "noperm",
    "unknown command": "version",
}


def reason_of(error: RedisError) -> str | None:
    """Why nothing can be written now, or None: it is this one write that the server will not take."""
    text = str(error)
    code = getattr(error, "status_code", None) or text.partition(" ")[0]
    if code in _BY_CODE:
        return _BY_CODE[code]
    lower = text.lower()
    return next((reason for words, reason in _BY_WORDS.items() if words in lower), None)
