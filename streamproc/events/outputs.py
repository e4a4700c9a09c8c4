"""What we publish, as structs: a transition of an alert, with what it rests on; and what else there is.

Source: topics ``live.alerts.v1`` and ``live.tallies.v1``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct, field, json

from streamproc.events.host_tally import TALLIES_TOPIC, HostTally

ALERTS_TOPIC: Final = "live.alerts.v1"
ALERT_TYPE: Final = "live.alert.transition"
_SOURCE: Final = b"/streamproc"


class ShownComment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A comment that an alert rests on.

    Shapes: ``id`` is its place in the log, ``<topic>-<partition>-<offset>``; ``text`` is masked: runs of
        seven digits and more are hidden. ``label`` is what it was read as.
    """

    id: str
    at_ms: int
    label: str
    text: str


class StockSeen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the stock feed said last. Units: ``age_s`` at the moment of the transition."""

    available: int
    sold_out: bool
    as_of_ms: int
    age_s: float
    reserved: int | None = None
    cause: str | None = None


class ReleasePlanned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """More was announced."""

    release_at_ms: int
    quantity: int | None = None


class LostSales(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many lines were not ordered meanwhile, as an estimate. Shapes: ``low`` to ``high`` are 90 %."""

    lines: float
    low: float
    high: float
    method: str


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an alert rests on; what is missing was not known or does not matter to it.

    Shapes: at most five ``comments``, the newest; ``inputs`` are the numbers that decided, units last in
        their names; ``offsets`` how far each topic was read, by topic. No user or buyer is named.
    """

    comments: list[ShownComment] = field(default_factory=list)
    users: int | None = None
    orders_per_min: float | None = None
    orders_per_min_before: float | None = None
    stock: StockSeen | None = None
    planned: ReleasePlanned | None = None
    lost_sales: LostSales | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)


class Advice(Struct, frozen=True, kw_only=True):
    """What to do. Shapes: ``teleprompter`` has at most 20 characters, empty: the host need not act."""

    zh: str
    en: str
    teleprompter: str = ""


class AlertTransition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an alert, whole: the latest ``seq`` of an ``alert_id`` is all there is to know of it.

    Shapes: ``phase`` is firing, resolving or resolved; ``state`` tells kinds of one alert apart
        ("confirmed"); ``subject`` is what it is about, also as product, pack or coupon. ``why`` says what
        made this step: entered, changed, renotified, clearing, cleared and why. ``digest``: it flipped so
        often that its steps are told together. ``inhibited_by`` names the kind of the alert that this one
        follows from; then nobody is paged.
    Units: event time, UTC; ``confidence`` from 0 to 1; valid until ``valid_until_ms`` unless told again.
    """

    alert_id: str
    seq: int
    kind: str
    phase: str
    severity: str
    host_id: str
    session_id: str
    subject: str
    at_ms: int
    opened_ms: int
    why: str
    rule: str
    rule_version: int
    advice: Advice
    state: str = ""
    episode: int = 1
    room_id: str = ""
    venue_id: str = ""
    host_name: str = ""
    village: str = ""
    town: str = ""
    district: str = ""
    product_id: str | None = None
    sku_id: str | None = None
    product_title: str | None = None
    product_via: str | None = None
    link_no: int | None = None
    confidence: float = 1.0
    valid_until_ms: int = 0
    digest: bool = False
    flips: int = 0
    inhibited_by: str | None = None
    verdict: str | None = None
    snoozed_until_ms: int | None = None
    lexicon_version: str | None = None
    evidence: Evidence = field(default_factory=Evidence)


OUTPUTS: Final[dict[str, type[Struct]]] = {
    ALERTS_TOPIC: AlertTransition,
    TALLIES_TOPIC: HostTally,
}
"""Topic -> what each of its records is."""

_encode: Final = json.Encoder().encode
_decode_alert: Final = json.Decoder(AlertTransition).decode

Headers = list[tuple[str, bytes | None]]


def encoded(output: Struct) -> bytes:
    """The value of a record. Errors: none."""
    return _encode(output)


def decode_alert(value: bytes) -> AlertTransition:
    """The transition of a record. Errors: ``msgspec.ValidationError`` if it is none."""
    return _decode_alert(value)


def alert_headers(alert: AlertTransition) -> Headers:
    """The CloudEvents attributes of a transition, in binary mode.

    Shapes: ``ce_id`` is the same for every copy of one transition, and of no other.
    Source: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
    """
    at = datetime.fromtimestamp(alert.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{alert.alert_id}:{alert.seq}".encode()),
        ("ce_source", _SOURCE),
        ("ce_type", ALERT_TYPE.encode()),
        ("ce_time", at.encode()),
        ("ce_partitionkey", alert.host_id.encode()),
        ("content-type", b"application/json"),
    ]
