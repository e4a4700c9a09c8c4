"""Showing: once a second each host of which something changed, those that wait longest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from streamproc.events.registry import COMMENTS_TOPIC, HOSTS_TOPIC, ROOMS_TOPIC
from streamproc.program.fold_hosts import ProfileFold
from streamproc.program.judging.clock import EventClock, is_set_back
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, TOPIC_OF_CODE, Kind, head
from streamproc.program.records import Records
from streamproc.program.showing.broadcast import Broadcast
from streamproc.program.showing.cells import MINUTES, REJECTED, SESSIONS, Cells, rejected_of
from streamproc.program.showing.host import Host
from streamproc.program.showing.signs import Signs, signs_of
from streamproc.program.showing.spans import Spans
from streamproc.program.streams import Streams
from streamproc.protocol import View
from streamproc.tally.profiles import Profile
from streamproc.tally.retention import DAY_MS, MINUTE_DAYS, SESSION_DAYS, day_of
from streamproc.tally.sessions import Session
from streamproc.tally.timing import MINUTE_MS, PANE_MS

FIRST_WORTH: Final = 8
"""As many turns a broadcast takes that is read whole, or of which minutes are told again after a turn."""
TOLD_GONE_DAYS: Final = 7
"""For so long it is told again, at each turn of a day, that a host is gone: somebody may have missed it."""
KEPT_TWICE: Final = 2
"""A minute is kept from its first fact on, which may be told late; hardly ever by as long again."""

_HEAD: Final = 2
_TAIL: Final = NUMBER_BYTES + len(SEPARATOR)
_SESSIONS: Final = frozenset(SESSIONS.values())
_MINUTES: Final = frozenset(MINUTES.values())
_SENSES: Final = head(Kind.SENSES, COMMENTS_TOPIC)
_OF_SESSIONS: Final = frozenset(
    (
        *(head(Kind.PEOPLE, topic) for topic in MINUTES),
        head(Kind.ASKED, COMMENTS_TOPIC),
        head(Kind.FLOOR, ROOMS_TOPIC),
    )
)
_SELDOM: Final = frozenset((head(Kind.PROFILE, HOSTS_TOPIC), *REJECTED.values()))


class Showing:
    """The hosts of one partition, as they are to be seen.

    Shapes: a view is as of the events' clock; while the log is not read to its end, as of the newest
        event, and never ahead of the last tick. It never goes back, but where the wall clock was ahead
        and is set right. Hosts of which nothing was told in the last day of a recovered state are not
        watched until something is.
    """

    def __init__(
        self, records: Records, streams: Mapping[str, Streams], profiles: ProfileFold
    ) -> None:
        self._records = records
        self._streams = streams
        self._profiles = profiles
        self._written = records.listen()
        self._clock = EventClock()
        self._hosts: dict[bytes, Host] = {}
        self._waiting: dict[bytes, None] = {}
        self._again: dict[bytes, None] = {}
        self._gone: list[bytes] = []
        self._spans = Spans()
        self._restored: dict[bytes, int] = {}
        self._newest_ms = self._as_of_ms = 0
        self._wall_ms: int | None = None
        self._caught_up = False
        self._has_ticked = False
        self._pane_no = -1
        self._today = -1
        self._began = 0

    def restore_session(self, key: bytes, session: Session) -> None:
        """Learn of a session of a recovered state."""
        ids = key[_HEAD:]
        self._restored[ids] = max(session.seen_ms, self._restored.get(ids, 0))

    def restore_minute(self, key: bytes) -> None:
        """Learn of a minute of a recovered state."""
        self._spans.note(key)

    def tick(self, now_ms: int, caught_up: bool) -> None:
        """It is that time on the wall clock; ``caught_up``: the log is read to its end."""
        if self._wall_ms is not None and is_set_back(now_ms, self._wall_ms):
            self._as_of_ms = 0
        self._wall_ms, self._caught_up, self._has_ticked = now_ms, caught_up, True

    def show_again(self) -> None:
        """Have everything told again, with all its parts."""
        for host_id, host in self._hosts.items():
            host.tell_all()
            if self._newest_of(host.host_id) > self._newest_ms - DAY_MS:
                self._waiting[host_id] = None

    def take(self, most: int) -> list[View]:
        """What changed since it was taken last, of at most so many hosts."""
        if self._wall_ms is None:
            return []
        self._note()
        if self._has_ticked:
            self._has_ticked = False
            self._go_on(self._wall_ms)
        if not self._as_of_ms:
            return []  # no event was told of at the last tick: there is no time to tell of
        views = [View(host_id, None) for host_id in self._gone[:most]]
        del self._gone[:most]
        self._began = 0
        looked = len(views)
        while self._waiting and looked + self._began * FIRST_WORTH < most:
            looked += 1
            host_id = next(iter(self._waiting))
            del self._waiting[host_id]
            host = self._hosts[host_id]
            view = host.view(self._as_of_ms, self)
            self._began += host.turned
            host.told_at_ms = self._wall_ms
            host.forget_idle(self._as_of_ms)
            if view is not None:
                views.append(view)
        return views

    # -- what is known of broadcasts and hosts -----------------------------------------------------

    def latest(self, host_id: str) -> Iterator[bytes]:
        """The ids of the broadcasts that topics told of last."""
        for streams in self._streams.values():
            stream = streams.hosts.get(host_id)
            if stream is not None and stream.latest:
                yield stream.host + stream.latest.encode()

    def signs(self, ids: bytes) -> Signs:
        """Whether a broadcast is alive."""
        return signs_of(self._cells(ids))

    def begin(self, ids: bytes) -> Broadcast:
        """A broadcast, watched from now on."""
        self._began += 1
        return Broadcast(self._cells(ids), self._spans.of(ids))

    def profile_at(self, host_id: str, at_ms: int) -> Profile | None:
        """Who a host was at a time."""
        return self._profiles.at(host_id, at_ms)

    def rejected(self, host_id: str) -> dict[str, int]:
        """How many records of a host that name no broadcast cannot be used, by topic."""
        return rejected_of(host_id.encode() + SEPARATOR, self._records)

    def _cells(self, ids: bytes) -> Cells:
        return Cells(ids, self._records, self._streams)

    # -- what was written --------------------------------------------------------------------------

    def _note(self) -> None:
        """Learn what was written since this was asked, and what changed."""
        for keys in (self._written, self._records.changed):
            for key in keys:
                head_of_key = key[:_HEAD]
                if head_of_key in _MINUTES:
                    self._note_part(key, self._spans.note(key))
                elif head_of_key == _SENSES:
                    self._note_part(key, key[_HEAD:-_TAIL])
                elif head_of_key in _SESSIONS:
                    self._note_session(key)
                elif head_of_key in _OF_SESSIONS:
                    self._note_part(key, key[_HEAD:])
                elif head_of_key in _SELDOM:
                    self._note_seldom(key)
        self._written.clear()

    def _note_part(self, key: bytes, ids: bytes) -> None:
        host = self._hosts.get(_host_of(ids))
        if host is not None:
            held = host.held.get(ids)
            if held is not None:
                held.noted.add(key)

    def _note_session(self, key: bytes) -> None:
        ids = key[_HEAD:]
        host_id = _host_of(ids)
        host = self._hosts.get(host_id) or self._host(host_id)
        held = host.held.get(ids)
        if held is None:
            host.met.add(ids)
        else:
            held.noted.add(key)
        (self._again if host.told_at_ms == self._wall_ms else self._waiting)[host_id] = None
        stream = self._streams[TOPIC_OF_CODE[key[1]]].hosts.get(host.host_id)
        if stream is not None and self._newest_ms < stream.watermark_ms != stream.lent_ms:
            self._newest_ms = stream.watermark_ms

    def _note_seldom(self, key: bytes) -> None:
        if key[0] == Kind.PROFILE:
            self._note_profile(key[_HEAD:-_TAIL])
        else:
            self._note_rejected(key)

    def _note_profile(self, host_id: bytes) -> None:
        if any(host_id.decode() in each.hosts for each in self._streams.values()):
            self._host(host_id)
            self._waiting[host_id] = None

    def _note_rejected(self, key: bytes) -> None:
        """A record that cannot be used is told of where its host is; it begins none."""
        ids = key[_HEAD:]
        host_id = _host_of(ids)
        host = self._hosts.get(host_id)
        if host is None:
            return
        held = host.held.get(ids)
        if held is not None:
            held.noted.add(key)
        elif ids.endswith(SEPARATOR):
            host.rejected = None
        (self._again if host.told_at_ms == self._wall_ms else self._waiting)[host_id] = None

    def _host(self, host_id: bytes) -> Host:
        host = self._hosts.get(host_id)
        if host is None:
            host = self._hosts[host_id] = Host(host_id.decode())
        return host

    # -- what time brings --------------------------------------------------------------------------

    def _go_on(self, wall_ms: int) -> None:
        """A tick: whoever was told of since its last turn has another, and so has time."""
        self._watch_restored()
        newest_ms = min(wall_ms, self._newest_ms)
        now_ms = self._clock.now(wall_ms, self._newest_ms) if self._caught_up else newest_ms
        self._as_of_ms = max(self._as_of_ms, newest_ms if now_ms is None else now_ms)
        for host_id in self._again:
            self._waiting[host_id] = None
        self._again.clear()
        if self._as_of_ms // PANE_MS != self._pane_no:
            self._pane_no = self._as_of_ms // PANE_MS
            self._waiting.update(
                dict.fromkeys(host_id for host_id, host in self._hosts.items() if host.held)
            )
        today = max(each.today for each in self._streams.values())
        if today != self._today:
            self._today = today
            self._turn_day(today)

    def _watch_restored(self) -> None:
        """Watch the hosts of a recovered state of which something was told of late, the newest first."""
        restored = self._restored
        if restored:
            self._newest_ms = max(self._newest_ms, *restored.values())
            oldest_ms = self._newest_ms - DAY_MS
            for ids in sorted(restored, key=lambda each: restored[each], reverse=True):
                if restored[ids] > oldest_ms:
                    host_id = _host_of(ids)
                    self._host(host_id).met.add(ids)
                    self._waiting[host_id] = None
            restored.clear()

    def _turn_day(self, today: int) -> None:
        """Forget what retention takes, and tell which hosts are gone."""
        hosts = {host_id for each in self._streams.values() for host_id in each.hosts}
        for host_id in sorted(hosts):
            days = today - day_of(self._newest_of(host_id))
            if SESSION_DAYS < days <= SESSION_DAYS + TOLD_GONE_DAYS:
                key = host_id.encode()
                self._hosts.pop(key, None)
                self._waiting.pop(key, None)
                self._gone.append(key)
        self._spans.forget((today - KEPT_TWICE * MINUTE_DAYS) * (DAY_MS // MINUTE_MS))

    def _newest_of(self, host_id: str) -> int:
        """The greatest event time of a host; 0: nothing is known of it."""
        streams = [each.hosts.get(host_id) for each in self._streams.values()]
        return max((each.watermark_ms for each in streams if each is not None), default=0)


def _host_of(ids: bytes) -> bytes:
    return ids[: ids.index(SEPARATOR)]
