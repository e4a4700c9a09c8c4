"""Judging: once a second, the rooms that told something or whose time has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from zlib import crc32

from streamproc.alerts.held import Held, Key, Step
from streamproc.alerts.judge import Judge
from streamproc.alerts.room import Room
from streamproc.alerts.transition import Setting, transition
from streamproc.events.outputs import AlertTransition
from streamproc.program.judging.alert_records import AlertRecords, published
from streamproc.program.judging.clock import EventClock, is_set_back
from streamproc.program.judging.news import News
from streamproc.program.judging.watched import SESSIONS, Watched
from streamproc.program.keys import HEAD_BYTES, SEPARATOR
from streamproc.program.records import Records
from streamproc.program.streams import Streams
from streamproc.protocol import Published
from streamproc.tally.lifecycle import Status
from streamproc.tally.profiles import Profile
from streamproc.tally.retention import DAY_MS
from streamproc.tally.sessions import Session

FAILED_MS: Final = 60_000
"""So long a room is left alone in which a rule failed."""

_NEVER_MS: Final = 1 << 62
_TIDIED: Final = 50
"""Broadcasts of which it is asked in one step whether the state still knows them."""

ProfileAt = Callable[[str, int], Profile | None]
"""Who a host was at a time."""


class Judging:
    """The alerts of one partition, moved on by the clock.

    Shapes: ``judge`` may be replaced at any time: from the next moment on another one judges. ``read``
        are the next offsets by topic, ``failures`` what rules raised, by host and broadcast, for whoever
        tells of it and empties it; ``failed`` counts them. What a room was told while nobody judged,
        because the partition was behind, is looked at whole when it has caught up. ``evident`` are the keys
        of sessions in which something was said that alerts rest on; it is emptied here.
    """

    def __init__(
        self,
        judge: Judge,
        records: Records,
        streams: Mapping[str, Streams],
        profile_at: ProfileAt,
        evident: set[bytes],
    ) -> None:
        self.judge = judge
        self.read: dict[str, int] = {}
        self.lexicon_version: str | None = None
        self.failures: dict[str, Exception] = {}
        self.failed = 0
        self._alerts = AlertRecords(records)
        self._clock = EventClock()
        self._profile_at = profile_at
        self._evident = evident
        self._records = records
        self._streams = streams
        self._watched: dict[bytes, Watched] = {}
        self._due_ms: dict[bytes, int] = {}
        self._news = News(records, streams, evident)
        self._to_tidy: list[bytes] = []
        self._behind = False
        # the clock of whoever held these alerts before may have been ahead as well
        self._set_right = True
        self._wall_ms = 0
        self._tells_again = False
        self._to_retell: set[bytes] = set()
        self._retold: list[Published] = []

    def restore(self, key: bytes, value: bytes) -> None:
        """Take over an alert, or a step of one, of a recovered state; its broadcast is looked at."""
        ids = self._alerts.restore(key, value)
        if ids is not None:
            self._news.told.add(ids)
        self.tell_again()

    def tell_again(self) -> None:
        """Have open alerts told once more as they stand, at the next moment that rooms are judged at."""
        self._tells_again = True

    def take_told_again(self) -> list[Published]:
        """What is told once more and was not taken yet."""
        retold, self._retold = self._retold, []
        return retold

    def restore_session(self, key: bytes, session: Session) -> None:
        """Have a session of a recovered state looked at, if it is one of the last day."""
        news = self._news
        news.newest_ms = max(news.newest_ms, session.seen_ms)
        if session.seen_ms > news.newest_ms - DAY_MS:
            news.note_session(key)

    def step(self, wall_ms: int, caught_up: bool) -> None:
        """Judge what is to be judged at a moment of the wall clock."""
        if is_set_back(wall_ms, self._wall_ms):
            # what is due, or calm until then, was reckoned by the time that was ahead
            self._due_ms = dict.fromkeys(self._due_ms, 0)
            self._behind = self._set_right = True
        self._wall_ms = wall_ms
        self._note()
        if not caught_up:
            self._behind = True
            return
        if self._behind:
            self._behind = False
            self._watched.clear()
        now_ms = self._clock.now(wall_ms, self._news.newest_ms)
        if now_ms is None:
            return
        self._take_up(now_ms)
        told = self._news.told
        due = {ids for ids, due_ms in self._due_ms.items() if due_ms <= now_ms}
        stirred = [ids for ids in told if not self._is_calm(ids, now_ms)]
        for ids in sorted(due.difference(told).union(stirred, self._to_retell)):
            try:
                self._judge(ids, now_ms)
            except Exception as error:  # noqa: BLE001  # a defect of a rule may raise anything
                self._fail(ids, error, now_ms)
        told.clear()
        self._tidy()

    def _take_up(self, now_ms: int) -> None:
        """Take the alerts up again: by a clock that was set right, for who wants them told once more."""
        if self._set_right:
            self._set_right = False
            self._alerts.set_right(now_ms)
        if self._tells_again:
            self._tells_again = False
            self._to_retell.update(self._alerts.open_ids())

    def next_ms(self) -> int:
        """When something is due although nothing is told, by the events' clock."""
        return min(self._due_ms.values(), default=_NEVER_MS)

    def open_alerts(self) -> Iterator[tuple[str, str, Held]]:
        """Host, broadcast and alert of each alert that fires or is about to end."""
        for ids, alerts in self._alerts.held.items():
            host_id, _, session_id = ids.decode().partition(SEPARATOR.decode())
            for held in alerts.values():
                if held.is_open:
                    yield host_id, session_id, held

    def take(self) -> list[Published]:
        """The steps of alerts that are to leave and were not taken yet."""
        return self._alerts.take()

    def delivered(self, published: Iterable[Published]) -> None:
        """These are out."""
        for each in published:
            self._alerts.delivered(each)

    def _note(self) -> None:
        """Learn what was told and written since this was asked."""
        # of a partition that is behind nothing is under watch once it has caught up
        self._news.note({} if self._behind else self._watched)
        for key in self._evident:
            found = self._watched.get(key[HEAD_BYTES:])
            if found is not None:
                found.has_news = True
        self._evident.clear()

    def _is_calm(self, ids: bytes, now_ms: int) -> bool:
        """Whether a broadcast is well and tells nothing but what every one tells all the time.

        Of one that tells nothing at all the silence is judged, so it is not asked of.
        """
        watched = self._watched.get(ids)
        return watched is not None and now_ms < watched.calm_ms and not watched.has_news

    def _judge(self, ids: bytes, now_ms: int) -> None:
        watched = self._watched.get(ids)
        if watched is None:
            watched = self._watched[ids] = Watched(ids, self._records, self._streams)
        alerts = self._alerts.held.get(ids, {})
        is_new = ids not in self._due_ms and not alerts
        if is_new and self._is_long_over(watched.glance(now_ms)):
            self._leave(ids)
            return
        room = watched.room(now_ms)
        if watched.was_asked_back:
            room.paid_day = self._news.paid.lines(room.host_id, now_ms)
        judged = self.judge.judge(room, alerts) if room.seen_ms else self.judge.end(room, alerts)
        watched.has_news = False
        # not all rooms are looked at in the same second
        early_ms = crc32(ids) % self.judge.policy.look_ms if is_new else 0
        watched.calm_ms = judged.calm_ms - early_ms
        due_ms = judged.due_ms and max(now_ms + 1, judged.due_ms - early_ms)
        if judged.steps:
            self._tell(ids, room, judged.steps)
        self._keep(ids, judged.changed)
        if ids in self._to_retell:
            self._to_retell.discard(ids)
            self._retell(ids, room)
        if due_ms:
            self._due_ms[ids] = due_ms
        else:
            self._leave(ids)

    def _is_long_over(self, room: Room) -> bool:
        """Whether it is silent for so long that it is over, though nobody said so."""
        silent_ms = room.now_ms - room.heard_ms
        return silent_ms >= self.judge.silence_ms(room.host_id) and room.status is not Status.ENDED

    def _keep(self, ids: bytes, changed: Mapping[Key, Held | None]) -> None:
        for key, held in changed.items():
            if held is None:
                self._alerts.drop(ids, key)
            else:
                self._alerts.keep(ids, held)

    def _fail(self, ids: bytes, error: Exception, now_ms: int) -> None:
        """Leave a room alone for a while: a rule that fails in it must not stop tallies and other rooms."""
        self.failed += 1
        self.failures[ids.replace(SEPARATOR, b" ").decode()] = error
        self._watched.pop(ids, None)
        self._due_ms[ids] = now_ms + FAILED_MS

    def _leave(self, ids: bytes) -> None:
        """Watch a broadcast no more, until it is told of."""
        self._watched.pop(ids, None)
        self._due_ms.pop(ids, None)

    def _tidy(self) -> None:
        """Forget the alerts of broadcasts that the state no longer knows."""
        if not self._to_tidy:
            self._to_tidy = [ids for ids in self._alerts.held if ids not in self._due_ms]
        for ids in self._to_tidy[-_TIDIED:]:
            known = any(head + ids in self._records.values for head in SESSIONS.values())
            if not known and ids not in self._due_ms:
                for key in list(self._alerts.held.get(ids, ())):
                    self._alerts.drop(ids, key)
        del self._to_tidy[-_TIDIED:]

    def _tell(self, ids: bytes, room: Room, steps: Iterable[Step]) -> None:
        for step in steps:
            self._alerts.tell(ids, self._transition(room, step))

    def _retell(self, ids: bytes, room: Room) -> None:
        """Tell the open alerts of a room as they stand."""
        for held in self._alerts.held.get(ids, {}).values():
            if held.is_open:
                self._retold.append(published(self._transition(room, Step(held))))

    def _transition(self, room: Room, step: Step) -> AlertTransition:
        rule = self.judge.rules.get(step.held.kind)
        limits = None if rule is None else self.judge.limits_of(rule, room.host_id)
        setting = Setting(
            self.judge.policy,
            limits,
            self._profile_at(room.host_id, room.begun_ms),
            self.read,
            self.lexicon_version,
        )
        return transition(room, rule, step, setting)
