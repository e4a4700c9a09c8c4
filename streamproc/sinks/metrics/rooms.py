"""The rooms' gauges, from the newest view of each host.

Views are kept as they come and decoded when somebody asks, only those that changed since; what is made of
one is kept as text. The scrape's thread lets the event loop run between rooms.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from typing import Final

from streamproc.comments.labels import RESTOCK
from streamproc.protocol import View
from streamproc.sinks.metrics.exposition import Exposition, number
from streamproc.sinks.metrics.labels import id_label
from streamproc.sinks.metrics.registry import PREFIX
from streamproc.sinks.metrics.room_reading import SESSION, Figures, Reader, Session

MONEY: Final = "CNY"
"""The currency that rooms are ordered by."""

_IN_A_ROW: Final = 20
_REST_S: Final = 0.0002
"""So long the event loop may have the interpreter between so many rooms: with 0 it would not get it."""

_GOES_ON: Final = frozenset(("live", "paused"))
_GOES_ON_MS: Final = 86_400_000
_SILENT_MS: Final = 1_800_000
"""A broadcast that is silent for longer is over, though nobody said so."""
_ONLINE_MS: Final = 600_000
"""Who watched longer ago is nobody who watches now."""
_OVER: Final = "ended"
_NO_MONEY: Final = {MONEY: 0}

NAMES: Final = tuple(
    f"{PREFIX}room_{name}"
    for name in (
        "gmv_minor_units",
        "orders",
        "viewers",
        "comments",
        "restock_requests",
        "online",
        "heard_timestamp_seconds",
    )
)
"""The gauges of a room, in the order of their lines."""
_GMV, _ORDERS, _VIEWERS, _COMMENTS, _RESTOCKS, _ONLINE, _HEARD = NAMES


class Room:
    """What is made of one view: kept until the host has another one.

    Shapes: ``lines`` are those of each of ``NAMES``, none: nothing is known.
    Units: ``gmv_minor`` in ``MONEY``.
    """

    __slots__ = (
        "gmv_minor",
        "heard_ms",
        "lines",
        "online_at_ms",
        "status",
        "value",
    )

    def __init__(self, value: bytes, reader: Reader) -> None:
        self.value = value
        self.status = ""
        self.gmv_minor = self.heard_ms = self.online_at_ms = 0
        self.lines: list[str] = []
        tally = reader.read(value)
        if tally is not None and tally.sessions:
            now = tally.sessions[0]
            self.status, self.heard_ms = now.status, now.heard_ms
            self.online_at_ms = now.completeness.online_at_ms or 0
            self.gmv_minor = (now.figures.pay_gmv_minor or {}).get(MONEY, 0)
            self.lines = _lines(tally.host_id, now, reader.spans(now))

    @property
    def series(self) -> int:
        """How many series it is told in."""
        return sum(lines.count("\n") for lines in self.lines)

    def status_at(self, now_ms: int) -> str:
        """Its status; of one that fell silent, that it ended."""
        return self.status if now_ms - self.heard_ms <= _SILENT_MS else _OVER

    def lines_at(self, index: int, now_ms: int) -> str:
        """Its lines of one of ``NAMES``; who watched stays in the view when it is over, money too."""
        if NAMES[index] == _ONLINE and (
            self.status == _OVER or now_ms - self.online_at_ms > _ONLINE_MS
        ):
            return ""
        return self.lines[index]

    def is_gone(self, now_ms: int, kept_ms: int) -> bool:
        """Whether it is not to be told any more: nothing was heard for long."""
        kept_ms = max(kept_ms, _GOES_ON_MS) if self.status in _GOES_ON else kept_ms
        return now_ms - self.heard_ms > kept_ms


class RoomGauges:
    """The newest view of each host of each partition that is ours.

    Shapes: the ``top`` rooms with the greatest GMV are told (0: all), and ``most`` at the most. ``windows``
        are of ``WINDOWS``. :meth:`show` and :meth:`owned` belong to the event loop, the rest to one thread.
    Units: a room that is not on air is told for ``kept_s`` after it was heard last.
    """

    def __init__(
        self,
        *,
        windows: Sequence[str],
        top: int,
        most: int,
        kept_s: float,
        rest: Callable[[float], object] = time.sleep,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._reader = Reader(windows)
        self._top = top
        self._most = most
        self._kept_ms = int(kept_s * 1000)
        self._rest = rest
        self._clock_ns = clock_ns
        self._views: dict[int, dict[bytes, bytes]] = {}
        self._rooms: dict[bytes, Room] = {}
        self._dropped_series = 0
        self._newest_ms = self._newest_at_ms = 0

    def show(self, partition: int, views: Sequence[View]) -> None:
        """Keep the newest view of each host."""
        held = self._views.get(partition)
        if held is None:
            return
        for view in views:
            if view.value is None:
                held.pop(view.key, None)
            else:
                held[view.key] = view.value

    def owned(self, partitions: frozenset[int]) -> None:
        """Let go of every room: all that are ours are told again."""
        self._views = {number: {} for number in partitions}

    def tell(self, into: Exposition) -> None:
        """The gauges of the rooms at the top, and how many are left out."""
        known = self._decoded()
        now_ms = self._now_ms(known)
        for status, count in Counter(room.status_at(now_ms) for room in known).items():
            into.add(f"{PREFIX}rooms", count, status)
        rooms = [room for room in known if not room.is_gone(now_ms, self._kept_ms)]
        ranked = rooms if not self._top else nlargest(self._top, rooms, key=_by_gmv)
        shown = ranked if len(ranked) <= self._most else nlargest(self._most, ranked, key=_by_gmv)
        into.add(f"{PREFIX}rooms_left_out", len(rooms) - len(ranked), "top")
        into.add(f"{PREFIX}rooms_left_out", len(ranked) - len(shown), "cap")
        if len(shown) < len(ranked):
            told = {id(room) for room in shown}
            self._dropped_series += sum(room.series for room in ranked if id(room) not in told)
        into.add(f"{PREFIX}series_dropped_total", self._dropped_series)
        for index, name in enumerate(NAMES):
            into.add_lines(name, [room.lines_at(index, now_ms) for room in shown])

    def _now_ms(self, known: Iterable[Room]) -> int:
        """When it is for these rooms: the newest time that one told, and what went by since it was told.

        Not by the clock alone: a replay tells of long ago. Never ahead of it, whatever an event says.
        """
        clock_ms = self._clock_ns() // 1_000_000
        newest_ms = min(max((room.heard_ms for room in known), default=0), clock_ms)
        if newest_ms > self._newest_ms:
            self._newest_ms, self._newest_at_ms = newest_ms, clock_ms
        return min(self._newest_ms + max(0, clock_ms - self._newest_at_ms), clock_ms)

    def _decoded(self) -> list[Room]:
        """Every room of which something is known, decoded where it changed."""
        before, rooms = self._rooms, {}
        decoded = 0
        for held in self._views.copy().values():
            for host, value in held.copy().items():
                room = before.get(host)
                if room is None or room.value is not value:
                    room = Room(value, self._reader)
                    decoded += 1
                    if decoded % _IN_A_ROW == 0:
                        self._rest(_REST_S)
                rooms[host] = room
        self._rooms = rooms
        return [room for room in rooms.values() if room.lines]


def _by_gmv(room: Room) -> int:
    return room.gmv_minor


def _lines(host_id: str, now: Session, spans: Iterable[tuple[str, Figures]]) -> list[str]:
    """The lines of each of ``NAMES``; ids are shown in a way that needs no escaping."""
    of = f'{{host="{id_label(host_id)}",room="{id_label(now.room_id)}"'
    gmv = orders = viewers = comments = asked = ""
    asks = {SESSION: now.intents, "10m": now.intents_10m}
    for window, figures in spans:
        at = f'{of},window="{window}"'
        if figures.pay_gmv_minor is not None:
            for currency, minor in (figures.pay_gmv_minor or _NO_MONEY).items():
                gmv += f'{_GMV}{at},currency="{currency}"}} {minor}\n'
        if figures.orders_main is not None:
            orders += f"{_ORDERS}{at}}} {figures.orders_main}\n"
        if figures.viewers is not None:
            viewers += f"{_VIEWERS}{at}}} {figures.viewers}\n"
        if figures.comments is not None:
            comments += f"{_COMMENTS}{at}}} {figures.comments}\n"
        if window in asks:
            asked += f"{_RESTOCKS}{at}}} {asks[window].get(RESTOCK, 0)}\n"
    online = now.figures.online_now
    watching = "" if online is None else f"{_ONLINE}{of}}} {online}\n"
    heard = f"{_HEARD}{of}}} {number(now.heard_ms / 1000)}\n"
    return [gmv, orders, viewers, comments, asked, watching, heard]
