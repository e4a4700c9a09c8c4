"""What every event has, and the limited types that its fields are made of.

msgspec checks types, lengths and ranges while it decodes, never in a constructor. What it cannot
check cheaply (alphabets, currencies, NFC length, the future) is told by a field's :class:`Kind`
and checked by ``streamproc.events.codec``; the JSON Schema carries it all.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from msgspec import Meta, Struct

from streamproc.events.currencies import CURRENCIES

EARLIEST_MS: Final = 1_420_070_400_000
"""2015-01-01T00:00:00Z: no event is older."""


class Kind(StrEnum):
    """What the codec must still check of a decoded field."""

    ID = "id"
    """The alphabet ``[A-Za-z0-9_.:-]``."""
    KEY = "key"
    """The alphabet ``[A-Za-z0-9_-]``."""
    MS = "ms"
    """At most one day after the record's own timestamp."""
    TEXT = "text"
    """At most ``limit`` characters after NFC."""
    CURRENCY = "currency"
    """An ISO 4217 code."""


def _kind(kind: Kind, **details: int) -> dict[str, Any]:
    return {"kind": kind, **details}


def _text(limit: int, **limits: int) -> Meta:
    return Meta(
        extra=_kind(Kind.TEXT, limit=limits.get("max_length", limit)),
        extra_json_schema={"maxLength": limit},
    )


# "$" alone would let a trailing line feed pass in Python's re; the look-ahead means the same in all.
_ID_ALPHABET = {"pattern": r"^[A-Za-z0-9_.:-]+(?!\n)$"}
_KEY_ALPHABET = {"pattern": r"^[A-Za-z0-9_-]+(?!\n)$"}

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="Name of a host, room, product, order and the like",
        extra=_kind(Kind.ID),
        extra_json_schema=_ID_ALPHABET,
    ),
]
Eid = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=160,
        description="Name of one occurrence at its source",
        extra=_kind(Kind.ID),
        extra_json_schema=_ID_ALPHABET,
    ),
]
Key = Annotated[
    str,
    Meta(
        min_length=16,
        max_length=64,
        description="Keyed hash of a person, hex or base64url without padding, made by the adapter",
        extra=_kind(Kind.KEY),
        extra_json_schema=_KEY_ALPHABET,
    ),
]
Ms = Annotated[
    int,
    Meta(
        ge=EARLIEST_MS,
        description="UTC milliseconds since 1970, at most a day after the record's own timestamp",
        extra=_kind(Kind.MS),
    ),
]
Minor = Annotated[
    int, Meta(ge=0, le=10**13, description="Money in minor units: 1999 is 19.99 of its currency")
]
Count = Annotated[int, Meta(ge=0, le=10**9, description="How many there are")]
DurationMs = Annotated[int, Meta(ge=0, le=10**9, description="A length of time in milliseconds")]
Quantity = Annotated[int, Meta(ge=1, le=10**6, description="How many pieces")]
LinkNo = Annotated[
    int, Meta(ge=1, le=999, description="Number under which a product is shown in a room")
]
Currency = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=3,
        description="ISO 4217 code of money in use",
        extra=_kind(Kind.CURRENCY),
        extra_json_schema={"enum": sorted(CURRENCIES)},
    ),
]

Text30 = Annotated[str, _text(30)]
Text60 = Annotated[str, _text(60)]
Text80 = Annotated[str, _text(80)]
Text200 = Annotated[str, _text(200)]
CommentText = Annotated[str, _text(500, max_length=2_000)]
"""At most 500 characters on write; a longer one is cut by the adapter, past 2,000 it is rejected."""

_E = TypeVar("_E", bound="OpenEnum")


class OpenEnum(StrEnum):
    """A set of values that may grow: an unknown one is read as ``OTHER``, which may be written."""

    @classmethod
    def _missing_(cls: type[_E], value: object) -> _E | None:
        return cls("other") if isinstance(value, str) and value != "other" else None


class ClosedEnum(OpenEnum):
    """A set of values of which ``OTHER`` is never written: it is how an unknown one is read."""


class Source(OpenEnum):
    """The platform or system that an event comes from."""

    DOUYIN = "douyin"
    DOUDIAN = "doudian"
    TIKTOK_LIVE = "tiktok_live"
    TIKTOK_SHOP = "tiktok_shop"
    SHOPIFY = "shopify"
    BILIBILI = "bilibili"
    KUAISHOU = "kuaishou"
    TAOBAO = "taobao"
    WECHAT = "wechat"
    WMS = "wms"
    MANUAL = "manual"
    SIMULATOR = "simulator"
    OTHER = "other"


class Origin(ClosedEnum):
    """How an event came to be sent; only live ones page anybody."""

    LIVE = "live"
    BACKFILL = "backfill"
    REPLAY = "replay"
    OTHER = "other"


class Event(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="type"):
    """Something that happened at a host, told by a platform.

    Shapes: ``event_id`` is unique per occurrence at its source; a redelivery repeats it. ``None``
    in any optional field means unknown, never zero.
    Units:  ``occurred_at_ms`` is event time in UTC milliseconds.
    """

    event_id: Eid
    occurred_at_ms: Ms
    host_id: Id
    source: Source
    origin: Origin | None = None  # None: live


class RoomEvent(Event, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="type"):
    """An event of one broadcast (``session_id``) in one room."""

    room_id: Id
    session_id: Id
