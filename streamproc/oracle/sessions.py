"""One broadcast, kept as plainly as can be: lists and sets of what was applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import OrderFailed, OrdersCounted
from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewersCounted,
    ViewerShared,
)
from streamproc.oracle.lines import Added, totals
from streamproc.oracle.online import OffAir, holds, watched
from streamproc.oracle.uniques import unique

PANE_MS = 10_000
MINUTE_MS = 60_000
SECOND_MS = 1_000
TURNS_KEPT = 64
"""Of a broadcast; earlier ones are forgotten."""

Canonical = dict[str, Any]
Reading = tuple[int, int, bool]
"""Event time, viewers online, approximate."""

_ONE_EACH: dict[type, str] = {
    ViewerFollowed: "follows",
    ViewerShared: "shares",
    ProductExposed: "exposures",
    ProductClicked: "clicks",
    CartAdded: "cart_adds",
}


@dataclass
class Session:
    """Everything told about one broadcast of a host.

    Shapes: ``told`` are the topics that told anything; ``seen_ms`` by topic, the greatest event time
        applied (an order's fact that loses against another version of it is not applied).
        ``first_ms`` likewise the smallest event time told, ``begun_ms`` the begin of the first minute told
        of, both by such a fact, too.
        ``members`` by name: the minute (None: late) and the number of each.
    """

    added: list[Added] = field(default_factory=list)
    members: dict[str, set[tuple[int | None, int]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    late: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    told: set[str] = field(default_factory=set)
    seen_ms: dict[str, int] = field(default_factory=dict)
    begun_ms: dict[str, int] = field(default_factory=dict)
    first_ms: dict[str, int] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    late_readings: list[Reading] = field(default_factory=list)
    views_totals: list[int] = field(default_factory=list)
    viewers_totals: list[int] = field(default_factory=list)
    platform_orders: list[tuple[int, int, int, str]] = field(default_factory=list)
    started: list[RoomStarted] = field(default_factory=list)
    paused_ms: list[int] = field(default_factory=list)
    resumed_ms: list[int] = field(default_factory=list)
    ended_ms: list[int] = field(default_factory=list)

    def begin(self, topic: str, at_ms: int) -> None:
        """A topic told something of a time."""
        self.told.add(topic)
        minute_ms = at_ms // MINUTE_MS * MINUTE_MS
        self.begun_ms[topic] = min(self.begun_ms.get(topic, minute_ms), minute_ms)
        self.first_ms[topic] = min(self.first_ms.get(topic, at_ms), at_ms)

    def meet(self, name: str, number: int, at_ms: int, *, late: bool) -> None:
        """Somebody did something."""
        self.members[name].add((None if late else at_ms // MINUTE_MS * MINUTE_MS, number))

    def take(self, event: AnyEvent, *, late: bool) -> None:
        """Count an applied event that is no fact of an order line."""
        at_ms = event.occurred_at_ms
        for name, amount in _sums(event):
            self.added.append(Added(name, amount, None, at_ms, not late))
        if isinstance(event, ViewersCounted):
            reading = (at_ms, event.online, event.approximate is True)
            (self.late_readings if late else self.readings).append(reading)
            self.views_totals += [] if event.views_total is None else [event.views_total]
            self.viewers_totals += [] if event.viewers_total is None else [event.viewers_total]
        elif isinstance(event, OrdersCounted):
            counted = (at_ms, event.paid_lines, event.paid_minor, event.currency)
            self.platform_orders.append(counted)
        elif isinstance(event, RoomStarted):
            self.started.append(event)
        elif isinstance(event, RoomPaused):
            self.paused_ms.append(at_ms)
        elif isinstance(event, RoomResumed):
            self.resumed_ms.append(at_ms)
        elif isinstance(event, RoomEnded):
            self.ended_ms.append(at_ms)

    def named(self, name: str) -> set[int]:
        """Everybody of that name, late or not."""
        return {number for _, number in self.members[name]}

    def online(self) -> Reading | None:
        """The last reading, also a late one."""
        return max([*self.readings, *self.late_readings], default=None)

    def online_now(self) -> int | None:
        """How many watch: the last reading, if it was not over then or later."""
        last = self.online()
        if last is None or any(on_ms is None or on_ms > last[0] for _, on_ms in self.off_air()):
            return None
        return last[1]

    def peak(self) -> tuple[int, int] | None:
        """The most viewers ever read, also late, and when first."""
        read = [*self.readings, *self.late_readings]
        if not read:
            return None
        online, minus_ms = max((online, -at_ms) for at_ms, online, _ in read)
        return online, -minus_ms

    def kept_readings(self) -> list[Reading]:
        """Of each second the greatest reading that was not late, by time."""
        by_second: dict[int, Reading] = {}
        for reading in self.readings:
            second = reading[0] // SECOND_MS
            by_second[second] = max(by_second.get(second, reading), reading)
        return sorted(by_second.values())

    def canonical(self) -> Canonical:
        """The session without what is empty; a reading of nobody is a reading all the same."""
        last, peak = self.online(), self.peak()
        online = last and {"at_ms": last[0], "count": last[1], "approximate": int(last[2])}
        highest = peak and {"count": peak[0], "at_ms": peak[1]}
        return without_empty(
            {
                "totals": totals(self.added),
                "panes": self._panes(),
                "watched": self._watched(),
                "late": dict(self.late),
                "begun_ms": without_empty(self.begun_ms),
                "online": online,
                "peak": highest,
                "readings": {
                    str(at_ms): [count, int(approximate)]
                    for at_ms, count, approximate in self.kept_readings()
                },
                "views_total": max(self.views_totals, default=None),
                "viewers_total": max(self.viewers_totals, default=None),
                "lifecycle": self._lifecycle(),
                "platform_orders": list(max(self.platform_orders, default=())),
                "uniques": _counted({name: self.named(name) for name in list(self.members)}),
                "minute_uniques": self._minute_uniques(),
            }
        )

    def _watched(self) -> Canonical:
        """Who was online from the first reading to the last that were not late."""
        kept = [(at_ms, online) for at_ms, online, _ in self.kept_readings()]
        if not kept:
            return {}
        (first_ms, _), (last_ms, _) = kept[0], kept[-1]
        online_ms = watched(holds(kept, ()), first_ms, last_ms).online_ms
        return {"first_ms": first_ms, "last_ms": last_ms, "online_ms": str(online_ms)}

    def _panes(self) -> Canonical:
        by_pane = grouped(self.added, PANE_MS)
        return without_empty({str(start): totals(of_pane) for start, of_pane in by_pane.items()})

    def _minute_uniques(self) -> Canonical:
        minutes: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for name, members in self.members.items():
            for minute_ms, number in members:
                if minute_ms is not None:
                    minutes[minute_ms][name].add(number)
        return without_empty({str(start): _counted(by_name) for start, by_name in minutes.items()})

    def turns(self) -> list[tuple[int, bool]]:
        """When it began, was paused, went on or ended, and whether it ended then; the latest by time."""
        began_ms = [each.occurred_at_ms for each in self.started]
        turns = {(at_ms, False) for at_ms in (*began_ms, *self.paused_ms, *self.resumed_ms)}
        turns |= {(at_ms, True) for at_ms in self.ended_ms}
        return sorted(turns)[-TURNS_KEPT:]

    def off_air(self) -> list[OffAir]:
        """The times in which it was over, by time: from an end to the next turn that is none."""
        times: list[OffAir] = []
        ended_ms = None
        for at_ms, is_end in self.turns():
            if not is_end and ended_ms is not None:
                times.append((ended_ms, at_ms))
            ended_ms = at_ms if is_end else None
        if ended_ms is not None:
            times.append((ended_ms, None))
        return times

    def _lifecycle(self) -> Canonical:
        return without_empty(
            {
                "started_first_ms": min((each.occurred_at_ms for each in self.started), default=0),
                "started_last": list(max(map(_started, self.started), default=())),
                "paused_ms": max(self.paused_ms, default=0),
                "resumed_ms": max(self.resumed_ms, default=0),
                "ended_ms": max(self.ended_ms, default=0),
                "starts": len(self.started),
                "turns": [2 * at_ms + is_end for at_ms, is_end in self.turns()],
            }
        )


def grouped(added: Iterable[Added], length_ms: int) -> dict[int, list[Added]]:
    """What was added and is in panes, by the start of the stretch of time that it fell into."""
    groups: dict[int, list[Added]] = defaultdict(list)
    for each in added:
        if each.in_pane:
            groups[each.at_ms // length_ms * length_ms].append(each)
    return groups


def without_empty(mapping: dict[str, Any]) -> Canonical:
    """The mapping without zeros, empty texts and empty objects."""
    return {key: value for key, value in mapping.items() if value}


def people(event: AnyEvent) -> Iterator[tuple[str, str]]:
    """Who is met in an applied event, and as what: name of the count, key of the person."""
    if isinstance(event, CommentPosted):
        if event.user_key is not None and _is_a_viewers(event):
            yield "commenters", event.user_key
    elif isinstance(event, ViewerJoined | ViewerLiked | ViewerFollowed | ViewerShared | ViewerLeft):
        if event.viewer_key is None:
            return
        if isinstance(event, ViewerJoined):
            yield "viewers", event.viewer_key
        elif not isinstance(event, ViewerLeft):
            yield "active", event.viewer_key
        elif event.watched_ms is not None:
            yield "leavers", event.viewer_key


def _sums(event: AnyEvent) -> Iterator[tuple[str, int]]:
    """What an event adds to which sums."""
    if isinstance(event, CommentPosted):
        if event.mirrored:
            yield "mirrored", 1
            return
        yield "comments", 1
        if event.user_key is None and _is_a_viewers(event):
            yield "unnamed_comments", 1
    elif isinstance(event, OrderFailed):
        yield f"failed_{event.reason.value}", 1
    else:
        yield from _viewer_sums(event)


def _viewer_sums(event: AnyEvent) -> Iterator[tuple[str, int]]:
    if isinstance(event, ViewerJoined):
        yield "joins", 1
        if event.viewer_key is None:
            yield "unnamed_joins", 1
    elif isinstance(event, ViewerLiked):
        yield "likes", event.count
    elif isinstance(event, ViewerLeft):
        if event.watched_ms is None:
            return
        yield "leaves", 1
        yield "watched_ms", event.watched_ms
        if event.viewer_key is None:
            yield "unnamed_leaves", 1
    elif type(event) in _ONE_EACH:
        yield _ONE_EACH[type(event)], 1


def _is_a_viewers(comment: CommentPosted) -> bool:
    return not comment.mirrored and comment.role is Role.VIEWER


def _started(event: RoomStarted) -> tuple[int, str, str, str, int]:
    """What a start says, as starts are ordered by."""
    said = (event.title or "", event.venue_id or "", event.contest_id or "")
    return (event.occurred_at_ms, *said, event.planned_end_ms or 0)


def _counted(by_name: dict[str, set[int]]) -> Canonical:
    """How many members each has, of those whose count is exact."""
    counts = {name: unique(members) for name, members in by_name.items()}
    return without_empty(
        {name: count.number for name, count in counts.items() if not count.approximate}
    )
