"""Keys and values of what is counted of records that cannot be used."""

from __future__ import annotations

from typing import Final

from streamproc.program.expiry import STAMP_BYTES, day_of_stamp, stamp
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, Kind, head, number
from streamproc.tally.retention import SESSION_DAYS

REJECTED_VERSION: Final = 1

_VERSION: Final = bytes((REJECTED_VERSION,))

REJECTED_BYTES: Final = len(_VERSION) + NUMBER_BYTES + STAMP_BYTES
"""Length of a value."""


def rejected_key(topic: str, host_id: str, session_id: str = "") -> bytes:
    """The key of what was rejected of a broadcast; without one, of what names none."""
    return head(Kind.REJECTED, topic) + host_id.encode() + SEPARATOR + session_id.encode()


def pack_rejected(rejected: int, today: int) -> bytes:
    """The value of so many, the last of them on a day."""
    return _VERSION + number(rejected) + stamp(today)


def unpack_rejected(value: bytes) -> int:
    """How many, of a record."""
    return int.from_bytes(value[1 : 1 + NUMBER_BYTES], "big")


def is_over(value: bytes, today: int) -> bool:
    """Whether a count is over.

    Shapes: one of before the first event of its topic, of which no day is known, is not.
    """
    since = day_of_stamp(value)
    return since > 0 and today - since > SESSION_DAYS
