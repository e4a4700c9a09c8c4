"""Whose a record is that cannot be used: read leniently, to count it beside what it is missing from."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

from streamproc.events.malformed import malformation

_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Whose(NamedTuple):
    """Host and broadcast of a record. Shapes: empty: not told."""

    host_id: str
    session_id: str


NOBODYS: Final = Whose("", "")
"""Of a record that cannot be told to be anybody's."""


class _Ids(msgspec.Struct):
    """Of any type: nothing is known of what else such a record breaks."""

    host_id: Any = None
    session_id: Any = None


_IDS: Final = msgspec.json.Decoder(_Ids)


def whose(key: bytes | None, value: bytes | None) -> Whose:
    """The host and the broadcast of a record that was rejected, as far as it tells them.

    Shapes: the host is that of the key, by which the record is in its partition; a value that names
        another one is nobody's. A broadcast without a host is never told.
    Errors: none, for any bytes.
    """
    host_id = _decoded(key)
    if not host_id:
        return NOBODYS
    ids = _ids_of(value)
    if isinstance(ids.host_id, str) and ids.host_id != host_id:
        return NOBODYS
    return Whose(host_id, _id_of(ids.session_id))


def _decoded(key: bytes | None) -> str:
    try:
        return _id_of((key or b"").decode())
    except UnicodeDecodeError:
        return ""


def _id_of(told: object) -> str:
    """An id within its limits; else an empty one."""
    return told if isinstance(told, str) and _ID.fullmatch(told) else ""


def _ids_of(value: bytes | None) -> _Ids:
    # What is too large or too deep is not looked into, as the codec does not.
    if value is None or malformation(value) is not None:
        return _Ids()
    try:
        return _IDS.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return _Ids()
