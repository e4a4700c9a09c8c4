"""From what a person presses to the event that says it."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta, Struct

from streamproc.board.problems import Refused
from streamproc.events.base import Source
from streamproc.events.codec import Codec, encode
from streamproc.events.outputs import AlertTransition
from streamproc.events.registry import ROOMS_TOPIC
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import AlertJudged, Verdict

MINUTE_MS: Final = 60_000
SNOOZE_MINUTES: Final = 10
SNOOZE_MINUTES_MAX: Final = 24 * 60
_codec: Final = Codec(ROOMS_TOPIC)


class Pressed(StrEnum):
    """What a person says of an alert."""

    REAL = "real"
    BAIT = "bait"
    WRONG_PRODUCT = "wrong_product"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"


SNOOZING: Final = (Pressed.ACKNOWLEDGED, Pressed.SNOOZED)
"""What a time to be silent goes with."""


class Judgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verdict on an alert.

    Shapes: ``snooze_minutes`` goes with acknowledged or snoozed only, and makes it snoozed; ``by`` names
        who said it: only a keyed hash of it is written.
    """

    verdict: Pressed
    snooze_minutes: Annotated[int, Meta(ge=1, le=SNOOZE_MINUTES_MAX)] | None = None
    by: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


def event_of(
    alert: AlertTransition, judgement: Judgement, *, operator_key: str, now_ms: int
) -> AlertJudged:
    """The event that a verdict is.

    Shapes: the same verdict on the same step of an alert within a minute has the same ``event_id``.
    Errors: ``Refused`` if it makes no sense, or the alert's names are none that an event may have.
    """
    verdict, until_ms = _said(judgement, now_ms)
    minute = now_ms // MINUTE_MS
    # a verdict that is taken back and given again comes on a later step, and is no copy of the first
    asked = f"{alert.alert_id}\0{alert.seq}\0{verdict}\0{judgement.snooze_minutes or 0}\0{minute}"
    event = AlertJudged(
        event_id=f"board:alert.judged:{sha256(asked.encode()).hexdigest()[:32]}",
        occurred_at_ms=now_ms,
        host_id=alert.host_id,
        room_id=alert.room_id or alert.host_id,
        session_id=alert.session_id,
        source=Source.MANUAL,
        alert_id=alert.alert_id,
        verdict=verdict,
        until_ms=until_ms,
        operator_key=operator_key,
    )
    held = _codec.decode(alert.host_id.encode(), encode(event), now_ms)
    if isinstance(held, Rejected):
        raise Refused(422, f"this alert cannot be judged: {held.reason.value}, {held.detail}")
    return event


def _said(judgement: Judgement, now_ms: int) -> tuple[Verdict, int | None]:
    pressed, minutes = judgement.verdict, judgement.snooze_minutes
    if pressed is Pressed.SNOOZED or (pressed in SNOOZING and minutes):
        return Verdict.SNOOZED, now_ms + (minutes or SNOOZE_MINUTES) * MINUTE_MS
    if minutes:
        raise Refused(
            422, f"snooze_minutes goes with acknowledged or snoozed, not with {pressed.value}"
        )
    return Verdict(pressed.value), None
