"""What we publish of a host: its whole tally, as of a moment.

Source: topic ``live.tallies.v1``; docs/figures.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct, field, json

TALLIES_TOPIC: Final = "live.tallies.v1"
TALLY_TYPE: Final = "live.host.tally"
_SOURCE: Final = b"/streamproc"

Value = dict[str, int] | int | float | None
Figures = dict[str, Value]
Headers = list[tuple[str, bytes | None]]


class OnShow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The product that the room shows.

    Shapes: ``available`` is what was reported of it last, 0 where it is out; missing: nobody reported.
    """

    product_id: str
    since_ms: int
    title: str = ""
    link_no: int | None = None
    available: int | None = None


class SessionTallied(Struct, frozen=True, kw_only=True):
    """One broadcast of a host.

    Shapes: ``status`` is live, paused, ended, or unknown where no turn was told. ``ended_ms`` is None
        while it is not ended. ``figures`` are of the whole
        broadcast, by id; ``windows`` likewise, of ``1m``, ``5m``, ``10m``, ``previous_10m`` and ``60m``.
        None: unknown. ``intents`` counts comments by what they ask, ``intents_10m`` those of the last ten
        minutes. ``failed_by_reason`` counts failed orders by why: ``out_of_stock``, ``coupon_invalid``,
        ``pay_declined``, ``risk`` and ``other``, without reasons for which none failed. Money is whole
        minor units by currency.
    Units: ``heard_ms`` is the greatest event time; all times are UTC.
    """

    session_id: str
    status: str
    started_ms: int | None
    ended_ms: int | None
    heard_ms: int
    figures: Figures
    windows: dict[str, Figures]
    completeness: dict[str, Any]
    room_id: str = ""
    venue_id: str = ""
    contest_id: str = ""
    on_show: OnShow | None = None
    intents: dict[str, int] = field(default_factory=dict)
    intents_10m: dict[str, int] = field(default_factory=dict)
    failed_by_reason: dict[str, int] = field(default_factory=dict)


class HostTally(Struct, frozen=True, kw_only=True):
    """Everything that is published of a host; the newest replaces all before it.

    Shapes: of two, the one with the greater ``version`` is the newer, and of those with the same the one
        with the greater ``as_of_ms``. ``sessions``: those that go on (not ended, and a sign of life in the
        hour before ``as_of_ms``: anything but orders, which come for weeks after), at least the latest;
        of those with a sign of life in its last five minutes that which started last first, then that with
        the newest sign; four at most. Name and place are those that the host had when the first began.
        ``rejected`` counts by topic the records of the host that cannot be used and name no broadcast;
        those that name one are in its completeness.
    """

    version: int
    host_id: str
    as_of_ms: int
    sessions: list[SessionTallied]
    host_name: str = ""
    village: str = ""
    town: str = ""
    district: str = ""
    rejected: dict[str, int] = field(default_factory=dict)


class CurveMinute(Struct, frozen=True, kw_only=True):
    """One minute of a broadcast, for its curve: facts by the minute of their own time.

    Shapes: ``online`` is the greatest count told in it, of those while the broadcast was not over; None:
        there is none. ``asked`` counts the comments that ask for more or those that say that there is
        none, whichever are more: many do both. ``pins`` are products put on show.
    Units: ``minute_ms`` is when it began.
    """

    minute_ms: int
    pay_gmv_minor: dict[str, int] = field(default_factory=dict)
    net_gmv_minor: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    items: int = 0
    comments: int = 0
    joins: int = 0
    likes: int = 0
    online: int | None = None
    asked: int = 0
    pins: list[str] = field(default_factory=list)


_decode_tally: Final = json.Decoder(HostTally).decode


def decode_tally(value: bytes) -> HostTally:
    """The tally of a record. Errors: ``msgspec.ValidationError`` if it is none."""
    return _decode_tally(value)


def versioned(value: bytes, version: int) -> bytes:
    """A tally that was made without its version, with it.

    Shapes: ``value`` is a JSON object that is not empty.
    """
    return b'{"version":%d,%b' % (version, value[1:])


def tally_headers(host_id: bytes, version: int, as_of_ms: int) -> Headers:
    """The CloudEvents attributes of a tally, in binary mode.

    Shapes: ``ce_id`` is the same for every copy of one tally, and of no other.
    Source: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
    """
    at = datetime.fromtimestamp(as_of_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"%b:%d:%d" % (host_id, version, as_of_ms)),
        ("ce_source", _SOURCE),
        ("ce_type", TALLY_TYPE.encode()),
        ("ce_time", at.encode()),
        ("ce_partitionkey", host_id),
        ("content-type", b"application/json"),
    ]


def version_told(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """The version in the headers of a tally; None where they are of none."""
    ce_id = next((value for name, value in headers if name == "ce_id"), None)
    parts = (ce_id or b"").rsplit(b":", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else None  # noqa: PLR2004 - host, version, time
