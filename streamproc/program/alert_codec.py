"""Values of the clock's records: a version byte, then an alert as msgpack or a step as it is published."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.held import Held, pack, unpack

ALERT_VERSION: Final = 1
OUTBOX_VERSION: Final = 1

_ALERT: Final = bytes((ALERT_VERSION,))
_OUTBOX: Final = bytes((OUTBOX_VERSION,))


def pack_alert(held: Held) -> bytes:
    """The value of an alert."""
    return _ALERT + pack(held)


def unpack_alert(value: bytes) -> Held:
    """The alert of a value."""
    return unpack(value[1:])


def pack_step(published: bytes) -> bytes:
    """The value of a step, of the value that is published."""
    return _OUTBOX + published


def unpack_step(value: bytes) -> bytes:
    """What is published of a step, of a value."""
    return value[1:]
