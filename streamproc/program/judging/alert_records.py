"""The clock's records: alerts as they stand, and steps of theirs that are not known to be out."""

from __future__ import annotations

from typing import Final

from msgspec import MsgspecError

from streamproc.alerts.held import Held, Key
from streamproc.alerts.lifecycle import set_right
from streamproc.alerts.model import Phase
from streamproc.alerts.retold import held_of
from streamproc.events.outputs import (
    ALERTS_TOPIC,
    AlertTransition,
    alert_headers,
    decode_alert,
    encoded,
)
from streamproc.program.alert_codec import (
    ALERT_VERSION,
    OUTBOX_VERSION,
    pack_alert,
    pack_step,
    unpack_alert,
    unpack_step,
)
from streamproc.program.judging.watched import SESSIONS
from streamproc.program.keys import CLOCK, SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.protocol import Published

_ALERT: Final = head(Kind.ALERT, CLOCK)
_OUTBOX: Final = head(Kind.OUTBOX, CLOCK)
_IDS: Final = 2


class AlertRecords:
    """The alerts of a partition by broadcast, and what of them is to leave.

    Shapes: ``held`` by the ids of a broadcast (host and session as keys hold them), then by kind and
        subject. A step is a record until it is known to be out, so a crash publishes it again.
    """

    def __init__(self, records: Records) -> None:
        self.held: dict[bytes, dict[Key, Held]] = {}
        self._records = records
        self._outbox: dict[bytes, Published] = {}
        self._waiting: list[Published] = []

    def restore(self, key: bytes, value: bytes) -> bytes | None:
        """Take over a record of a recovered state; the broadcast of an alert that goes on, or None."""
        if key[0] == Kind.OUTBOX:
            self._queue(key, unpack_step(value))
            return None
        ids = SEPARATOR.join(key[len(_ALERT) :].split(SEPARATOR)[:_IDS])
        held = unpack_alert(value)
        self.held.setdefault(ids, {})[held.key] = held
        return None if held.phase is Phase.INACTIVE else ids

    def open_ids(self) -> list[bytes]:
        """The broadcasts of which an alert is open."""
        return [
            ids
            for ids, alerts in self.held.items()
            if any(each.is_open for each in alerts.values())
        ]

    def keep(self, ids: bytes, held: Held) -> None:
        """Write an alert as it stands now."""
        self.held.setdefault(ids, {})[held.key] = held
        self._records.put(_key(ids, held.kind, held.subject), pack_alert(held))

    def set_right(self, now_ms: int) -> None:
        """Have no alert wait for a time that a clock told which was ahead."""
        for ids, alerts in self.held.items():
            for held in list(alerts.values()):
                after = set_right(held, now_ms)
                if after is not held:
                    self.keep(ids, after)

    def drop(self, ids: bytes, alert: Key) -> None:
        """Forget an alert."""
        alerts = self.held[ids]
        del alerts[alert]
        if not alerts:
            del self.held[ids]
        self._records.delete(_key(ids, *alert))

    def tell(self, ids: bytes, transition: AlertTransition) -> None:
        """Have a step published, again and again until it is known to be out."""
        tail, value = _tail(ids, transition), encoded(transition)
        self._records.put(_OUTBOX + tail, pack_step(value))
        self._queue(_OUTBOX + tail, value)

    def take(self) -> list[Published]:
        """The steps that are to leave and were not taken yet, in their order."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def delivered(self, published: Published) -> None:
        """A step is out: it need not leave again."""
        for key, waiting in self._outbox.items():
            if waiting is published:
                del self._outbox[key]
                self._records.delete(key)
                return

    def _queue(self, key: bytes, value: bytes) -> None:
        leaving = _leaving(decode_alert(value), value)
        self._outbox[key] = leaving
        self._waiting.append(leaving)


def is_sound(key: bytes, value: bytes) -> bool:
    """Whether a record of the clock can be taken over: of a version that is read, and whole."""
    try:
        if (key[0], value[0]) == (Kind.OUTBOX, OUTBOX_VERSION) and key[1:2] == _OUTBOX[1:]:
            step = decode_alert(unpack_step(value))
            return key == _OUTBOX + _tail(_ids_of(step), step)
        if (key[0], value[0]) == (Kind.ALERT, ALERT_VERSION) and key[1:2] == _ALERT[1:]:
            held = unpack_alert(value)
            ids = key[len(_ALERT) :].split(SEPARATOR)[:_IDS]
            return key == _key(SEPARATOR.join(ids), held.kind, held.subject)
    except (IndexError, MsgspecError, UnicodeDecodeError):
        pass
    return False


def is_told_of(records: Records, step: AlertTransition) -> bool:
    """Whether the log told anything of a step's broadcast."""
    keys = [of + _ids_of(step) for of in SESSIONS.values()]
    return any(key in records.values or key in records.changed for key in keys)


def keep_told(records: Records, step: AlertTransition) -> None:
    """Write an alert as a step told it, unless it is known as far already."""
    key = _key(_ids_of(step), step.kind, step.subject)
    value = records.values.get(key)
    if value is not None:
        known = unpack_alert(value)
        # of what is forgotten but for its number nothing newer was told
        if (known.episode, known.seq or step.seq) >= (step.episode, step.seq):
            return
    records.put(key, pack_alert(held_of(step)))


def published(step: AlertTransition) -> Published:
    """A step as the topic of alerts has it."""
    return _leaving(step, encoded(step))


def _leaving(step: AlertTransition, value: bytes) -> Published:
    return Published(ALERTS_TOPIC, step.host_id.encode(), value, alert_headers(step))


def _ids_of(step: AlertTransition) -> bytes:
    return SEPARATOR.join((step.host_id.encode(), step.session_id.encode()))


def _tail(ids: bytes, step: AlertTransition) -> bytes:
    return SEPARATOR.join((ids, step.alert_id.encode(), number(step.seq)))


def _key(ids: bytes, kind: str, subject: str) -> bytes:
    return _ALERT + SEPARATOR.join((ids, kind.encode(), subject.encode()))
