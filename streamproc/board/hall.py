"""The hall: all rooms as the board knows them, in memory; every answer is made from it.

It never goes back: of a host the greatest (version, as_of_ms) counts, of an alert the greatest ``seq``.
Each change gets the next ``revision``, so that whoever knows one can be told what changed since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import MsgspecError, json

from streamproc.alerts.model import Phase
from streamproc.board.cards import Card, card_of, current, encode_card, spark_minutes
from streamproc.events.host_tally import CurveMinute, HostTally, decode_tally
from streamproc.events.outputs import AlertTransition, decode_alert

GONE_KEPT: Final = 1000
_UNREADABLE: Final = (MsgspecError, ValueError)
_decode_minute: Final = json.Decoder(CurveMinute).decode


class Reading(NamedTuple):
    """What Redis holds of a host.

    Shapes: ``tally`` is None where there is none. ``minutes`` are of broadcast ``session_id``, those that
        were asked for; ``alerts`` are all.
    """

    host_id: str
    version: int
    as_of_ms: int
    partition: int | None
    tally: bytes | None
    session_id: str = ""
    minutes: Mapping[int, bytes] = {}
    alerts: Mapping[str, bytes] = {}


class HeldAlert:
    """The latest step of an alert.

    Shapes: ``json`` as it stands in Redis; ``missing_s``: since when it does not.
    """

    __slots__ = ("alert", "json", "missing_s", "revision")

    def __init__(self, alert: AlertTransition, encoded: bytes, revision: int) -> None:
        self.alert = alert
        self.json = encoded
        self.revision = revision
        self.missing_s: float | None = None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.alert.phase != Phase.RESOLVED.value


class Room:
    """A host. Shapes: ``minutes`` and ``minute_json`` are of the current broadcast, the last 30."""

    __slots__ = (
        "alerts",
        "card",
        "card_json",
        "minute_json",
        "minute_revision",
        "minutes",
        "missing_s",
        "older_s",
        "partition",
        "revision",
        "session_id",
        "tally",
        "tally_json",
        "tally_revision",
    )

    def __init__(self, tally: HostTally, encoded: bytes) -> None:
        self.tally = tally
        self.tally_json = encoded
        self.tally_revision = 0
        self.session_id = ""
        self.minutes: dict[int, CurveMinute] = {}
        self.minute_json: dict[int, bytes] = {}
        self.minute_revision: dict[int, int] = {}
        self.alerts: dict[str, HeldAlert] = {}
        self.card: Card = card_of(tally, {}, ())
        self.card_json = b""
        self.revision = 0
        self.partition: int | None = None
        self.missing_s: float | None = None
        self.older_s: float | None = None

    @property
    def newness(self) -> tuple[int, int]:
        """What is compared to tell which of two tallies is the newer."""
        return self.tally.version, self.tally.as_of_ms

    def open_alerts(self) -> Iterator[HeldAlert]:
        """Alerts that go on."""
        return (held for held in self.alerts.values() if held.open)

    def card_anew(self) -> None:
        """Make the card again."""
        alerts = (held.alert for held in self.open_alerts())
        self.card = card_of(self.tally, self.minutes, alerts, self.partition)
        self.card_json = encode_card(self.card)


class Hall:
    """All rooms, and what changed when.

    Shapes: what is taken belongs to the next ``revision``, which :meth:`settle` begins. ``gone`` are the
        last hosts that left, with the revision they left at; of those before ``gone_since`` nothing is
        known.
    Units: ``now_s`` is any clock that only rises; it measures how long something is missing.
    """

    def __init__(self, *, gone_after_s: float = 15.0, reset_after_s: float = 60.0) -> None:
        self.rooms: dict[str, Room] = {}
        self.host_of_alert: dict[str, str] = {}
        self.revision = 0
        self.gone: deque[tuple[int, str]] = deque(maxlen=GONE_KEPT)
        self.gone_since = 0
        self.as_of_ms = 0
        self.unreadable = 0
        self._gone_after_s = gone_after_s
        self._reset_after_s = reset_after_s
        self._changed = False

    def settle(self) -> bool:
        """End a revision if anything changed in it; whether it did."""
        changed, self._changed = self._changed, False
        self.revision += changed
        return changed

    def open_alerts(self) -> Iterator[HeldAlert]:
        """All alerts that go on, in no order."""
        return (held for room in self.rooms.values() for held in room.open_alerts())

    def alert(self, alert_id: str) -> HeldAlert | None:
        """An alert by its id; None: there is none."""
        room = self.rooms.get(self.host_of_alert.get(alert_id, ""))
        return None if room is None else room.alerts.get(alert_id)

    def take(self, reading: Reading, now_s: float) -> None:
        """Take what Redis holds of a host; what is older than what is known changes nothing.

        Shapes: what cannot be read is counted, and the room stays as it was.
        """
        if reading.tally is None:
            self._miss(reading.host_id, now_s)
            return
        try:
            room = self._room(reading, now_s)
        except _UNREADABLE:
            self.unreadable += 1
            return
        changed = self._take_minutes(room, reading)
        changed |= self._take_alerts(room, reading.alerts, now_s)
        if changed or room.revision > self.revision:
            room.revision = self.revision + 1
            room.card_anew()
            self._changed = True

    def _room(self, reading: Reading, now_s: float) -> Room:
        """The room of a reading, with the newer of the two tallies."""
        room = self.rooms.get(reading.host_id)
        newness = (reading.version, reading.as_of_ms)
        if room is not None:
            room.missing_s = None
            room.partition = reading.partition
            if newness == room.newness:
                room.older_s = None
                return room
            if newness < room.newness and not self._is_reset(room, now_s):
                return room
        encoded = reading.tally or b""
        tally = decode_tally(encoded)
        if room is None:
            room = self.rooms[reading.host_id] = Room(tally, encoded)
            room.partition = reading.partition
        else:
            room.tally, room.tally_json, room.older_s = tally, encoded, None
        room.tally_revision = room.revision = self.revision + 1
        self.as_of_ms = max(self.as_of_ms, tally.as_of_ms)
        return room

    def _is_reset(self, room: Room, now_s: float) -> bool:
        """Whether an older tally has stood so long that the state must have begun anew."""
        if room.older_s is None:
            room.older_s = now_s
        return now_s - room.older_s >= self._reset_after_s

    def _take_minutes(self, room: Room, reading: Reading) -> bool:
        session_id = current(room.tally).session_id
        if room.session_id != session_id:
            room.session_id = session_id
            room.minutes, room.minute_json, room.minute_revision = {}, {}, {}
        if reading.session_id != session_id:
            return False
        changed = False
        for at_ms, encoded in reading.minutes.items():
            if room.minute_json.get(at_ms) != encoded:
                try:
                    room.minutes[at_ms] = _decode_minute(encoded)
                except _UNREADABLE:
                    self.unreadable += 1
                    continue
                room.minute_json[at_ms] = encoded
                room.minute_revision[at_ms] = self.revision + 1
                changed = True
        first_ms = spark_minutes(room.tally)[0]
        for at_ms in [each for each in room.minutes if each < first_ms]:
            del room.minutes[at_ms], room.minute_json[at_ms], room.minute_revision[at_ms]
        return changed

    def _take_alerts(self, room: Room, alerts: Mapping[str, bytes], now_s: float) -> bool:
        changed = False
        for alert_id, encoded in alerts.items():
            held = room.alerts.get(alert_id)
            if held is not None:
                held.missing_s = None
                if held.json == encoded:
                    continue
            try:
                alert = decode_alert(encoded)
            except _UNREADABLE:
                self.unreadable += 1
                continue
            if held is None or alert.seq > held.alert.seq:
                room.alerts[alert_id] = HeldAlert(alert, encoded, self.revision + 1)
                self.host_of_alert[alert_id] = room.tally.host_id
                changed = True
        return self._drop_alerts(room, alerts, now_s) or changed

    def _drop_alerts(self, room: Room, alerts: Mapping[str, bytes], now_s: float) -> bool:
        """Forget alerts that Redis holds no more: at once if they are over, else after a while."""
        changed = False
        for alert_id in [each for each in room.alerts if each not in alerts]:
            held = room.alerts[alert_id]
            if held.missing_s is None:
                held.missing_s = now_s
            if not held.open or now_s - held.missing_s >= self._gone_after_s:
                del room.alerts[alert_id], self.host_of_alert[alert_id]
                changed = changed or held.open
        return changed

    def _miss(self, host_id: str, now_s: float) -> None:
        """A host is not in Redis: it is gone if that stays so, for an emptied Redis fills again."""
        room = self.rooms.get(host_id)
        if room is None:
            return
        if room.missing_s is None:
            room.missing_s = now_s
        if now_s - room.missing_s < self._gone_after_s:
            return
        del self.rooms[host_id]
        for alert_id in room.alerts:
            self.host_of_alert.pop(alert_id, None)
        if len(self.gone) == GONE_KEPT:
            self.gone_since = self.gone[0][0]
        self.gone.append((self.revision + 1, host_id))
        self._changed = True
