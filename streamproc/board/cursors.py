"""Cursors: where a page ended, so that the next one goes on there though everything moves."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from msgspec import MsgspecError, json

from streamproc.board.problems import Refused

Place = tuple[int, int, str]
"""A sort key: two numbers and an id."""

CURSOR_LENGTH_MAX: Final = 512
_decode: Final = json.Decoder(tuple[str, int, int, str]).decode


def cursor_of(order: str, place: Place) -> str:
    """A cursor behind a place in an order."""
    return base64.urlsafe_b64encode(json.encode((order, *place))).rstrip(b"=").decode()


def place_of(order: str, cursor: str) -> Place:
    """The place that a cursor stands behind. Errors: ``Refused`` if it is none of this order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told, first, second, name = _decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (MsgspecError, ValueError, binascii.Error) as error:
        raise Refused(400, "the cursor is none of ours; leave it out to begin anew") from error
    if told != order:
        raise Refused(400, "the cursor is of another order; leave it out to begin anew")
    return first, second, name
