"""Every figure of every session, by its definition, from the collected facts of a log.

Nothing is kept between two figures: a window scans all facts for those that fell into it. Money is
divided as integers, half to even. None means unknown, or divided by nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
)
from streamproc.oracle.arithmetic import Money, counted, mean, net, of_each, ratio
from streamproc.oracle.batch import LogRecord, collected
from streamproc.oracle.lines import Added, totals
from streamproc.oracle.online import Watched, held_at_or_after, holds, watched
from streamproc.oracle.sessions import MINUTE_MS, PANE_MS, Session, grouped
from streamproc.oracle.uniques import unique

Tree = dict[str, Any]

WINDOW_PANES: Final = {
    "1m": (6, 0),
    "5m": (30, 0),
    "10m": (60, 0),
    "previous_10m": (60, 60),
    "60m": (360, 0),
}
"""Window -> its length in panes, and how many panes before the pane of ``as_of`` it ends."""

PEOPLE_MINUTES: Final = {"10m": 0, "previous_10m": 10}
"""Windows in which people are counted -> how many minutes before that of ``as_of`` they end."""

_MINUTES_OF_PEOPLE: Final = 10
_TOPICS: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)
_COMMENT_SUMS: Final = ("comments", "mirrored", "unnamed_comments")
_VIEWER_SUMS: Final = (
    "joins",
    "unnamed_joins",
    "likes",
    "follows",
    "shares",
    "exposures",
    "clicks",
    "cart_adds",
    "leaves",
    "unnamed_leaves",
    "watched_ms",
)
_TOPIC_OF_PEOPLE: Final = {"buyers": ORDERS_TOPIC, "commenters": COMMENTS_TOPIC}
_HAPPENED: Final = (
    "created_lines",
    *("failed_out_of_stock", "failed_coupon_invalid", "failed_pay_declined"),
    *("failed_risk", "failed_other", "comments", "mirrored", "joins", "likes", "follows"),
    *("shares", "exposures", "clicks", "cart_adds", "leaves"),
)
"""Sums that count what happened, each happening in one of them, an order line as ordered; likes by their
number."""
_BUYERS, _VIEWERS, _LEAVERS, _COMMENTERS = ("buyers",), ("viewers",), ("leavers",), ("commenters",)
_OF_PEOPLE: Final = {
    "buyers": (_BUYERS,),
    "aov_buyer_minor": (_BUYERS,),
    "viewers": (_VIEWERS,),
    "watch_mean_s": (_LEAVERS,),
    "commenters": (_COMMENTERS,),
    "conversion": (_BUYERS, _VIEWERS),
    "gpm_viewers_minor": (_VIEWERS,),
    "uv_value_minor": (_VIEWERS,),
    "interaction_rate": (("active", "commenters"), _VIEWERS),
}
"""Figure -> the counts of different people that it is made of, each of everybody of some names."""
_FAILURES: Final = ("out_of_stock", "coupon_invalid", "pay_declined", "risk", "other")


@dataclass
class _Part:
    """What one set of figures is made of.

    Shapes: ``of_people`` are the sums of the minutes in which ``people`` were counted; both are None
        where people are not counted.
    """

    sums: Tree
    of_people: Tree | None
    people: Mapping[str, set[int]] | None
    watched: Watched
    is_session: bool = False


def figures(records: Iterable[LogRecord], as_of_ms: int | None = None) -> Tree:
    """The figures of every session, its windows, its curve and how complete they are.

    Shapes: ``{"hosts": {host: {session: {"figures", "windows", "curve", "completeness"}}},
        "as_of_ms"}``; records as ``compute`` takes them. With an ``as_of_ms`` before the last event,
        the caller leaves out what happened later (``until``).
    Units: ``as_of_ms`` None: the greatest event time applied.
    Errors: none, for any bytes.
    """
    facts = collected(records)
    as_of = facts.last_ms if as_of_ms is None else as_of_ms
    hosts: Tree = {}
    for host, sessions in sorted(facts.sessions.items()):
        for name, session in sorted(sessions.items()):
            rejected = facts.rejected[host, name]
            hosts.setdefault(host, {})[name] = _Told(session, as_of or 0, rejected).answer()
    return {"hosts": hosts, "as_of_ms": as_of}


class _Told:
    """One session, looked at as of some time."""

    def __init__(self, session: Session, as_of_ms: int, rejected: Mapping[str, int]) -> None:
        self.session = session
        self.rejected = rejected
        self.as_of_ms = as_of_ms
        self.readings = [(at_ms, online) for at_ms, online, _ in session.kept_readings()]
        self.held = holds(self.readings, session.off_air())
        self.sums = totals(session.added)
        ended = self.status == "ended"
        last_ms = max(session.ended_ms) if ended else _alive_ms(session.seen_ms)
        self.end_ms = min(last_ms, as_of_ms)

    @property
    def status(self) -> str:
        """What the session is in, by the last thing told of it."""
        session = self.session
        told = [
            *((each.occurred_at_ms, 0, "live") for each in session.started),
            *((at_ms, 1, "live") for at_ms in session.resumed_ms),
            *((at_ms, 2, "paused") for at_ms in session.paused_ms),
            *((at_ms, 3, "ended") for at_ms in session.ended_ms),
        ]
        return max(told)[2] if told else "unknown"

    def answer(self) -> Tree:
        """Everything that is asked of a session."""
        whole = self.whole()
        windows = {name: self.window(name) for name in WINDOW_PANES}
        return {
            "figures": self.values(whole),
            "windows": {name: self.values(part) for name, part in windows.items()},
            "curve": self.curve(),
            "completeness": self.completeness(whole, windows),
        }

    def whole(self) -> _Part:
        """The session."""
        people = {name: self.session.named(name) for name in list(self.session.members)}
        peak = self.session.peak()
        seen = watched(self.held, 0, self.end_ms)
        return _Part(
            self.sums,
            self.sums,
            people,
            seen._replace(peak=None if peak is None else peak[0]),
            is_session=True,
        )

    def window(self, name: str) -> _Part:
        """The panes of a window, and the whole minutes in which its people are counted."""
        length, back = WINDOW_PANES[name]
        window_end_ms = self.as_of_ms // PANE_MS * PANE_MS + PANE_MS - back * PANE_MS
        begin_ms = window_end_ms - length * PANE_MS
        sums = totals(self.between(begin_ms, window_end_ms))
        seen = self.watched(begin_ms, window_end_ms)
        if name not in PEOPLE_MINUTES:
            return _Part(sums, None, None, seen)
        last_ms = self.as_of_ms // MINUTE_MS * MINUTE_MS - PEOPLE_MINUTES[name] * MINUTE_MS
        first_ms, end_ms = last_ms - (_MINUTES_OF_PEOPLE - 1) * MINUTE_MS, last_ms + MINUTE_MS
        of_people = totals(self.between(first_ms, end_ms))
        return _Part(sums, of_people, self.people(first_ms, end_ms), seen)

    def curve(self) -> list[Tree]:
        """The minutes that hold anything."""
        by_minute = grouped(self.session.added, MINUTE_MS)
        members = [minute for of in self.session.members.values() for minute, _ in of]
        minutes = {minute for minute, added in by_minute.items() if totals(added)}
        minutes |= {minute for minute in members if minute is not None}
        minutes |= {at_ms // MINUTE_MS * MINUTE_MS for at_ms, _ in self.readings}
        entries = []
        for minute_ms in sorted(minutes):
            end_ms = minute_ms + MINUTE_MS
            sums = totals(by_minute.get(minute_ms, []))
            people = self.people(minute_ms, end_ms)
            part = _Part(sums, sums, people, self.watched(minute_ms, end_ms))
            entries.append({"minute_ms": minute_ms, **self.values(part)})
        return entries

    def between(self, begin_ms: int, end_ms: int) -> list[Added]:
        """What was added in panes from begin until before end."""
        return [
            each for each in self.session.added if each.in_pane and begin_ms <= each.at_ms < end_ms
        ]

    def people(self, begin_ms: int, end_ms: int) -> dict[str, set[int]]:
        """Who did something in the minutes from begin until before end."""
        return {
            name: {
                number
                for minute_ms, number in members
                if minute_ms is not None and begin_ms <= minute_ms < end_ms
            }
            for name, members in self.session.members.items()
        }

    def watched(self, begin_ms: int, end_ms: int) -> Watched:
        """How many watched from begin until end, or until the session's end."""
        seen = watched(self.held, begin_ms, min(end_ms, self.end_ms))
        return seen._replace(peak=held_at_or_after(self.held, begin_ms, end_ms))

    def count(self, part: _Part, name: str) -> int | None:
        """A sum of a part; None if its topic told nothing."""
        if self._topic_of(name) not in self.session.told:
            return None
        return int(part.sums.get(name, 0))

    def money(self, sums: Tree, name: str) -> Money | None:
        """Money of some sums; None if orders told nothing."""
        return dict(sums.get(name, {})) if ORDERS_TOPIC in self.session.told else None

    @staticmethod
    def _topic_of(name: str) -> str:
        if name in _COMMENT_SUMS:
            return COMMENTS_TOPIC
        return VIEWERS_TOPIC if name in _VIEWER_SUMS else ORDERS_TOPIC

    def members(self, part: _Part, *names: str) -> set[int] | None:
        """Everybody of these names in a part; None if not counted there, or never told of."""
        topics = {_TOPIC_OF_PEOPLE.get(name, VIEWERS_TOPIC) for name in names}
        if part.people is None or topics - self.session.told:
            return None
        return set().union(*(part.people.get(name, set()) for name in names))

    def values(self, part: _Part) -> Tree:
        """The figures of a part, by id."""
        count = self.count
        gmv = self.money(part.sums, "pay_gmv_minor")
        refunded = self.money(part.sums, "refunded_minor")
        of_people = self.money(part.of_people or {}, "pay_gmv_minor")
        paid_lines, clicks = count(part, "paid_lines"), count(part, "clicks")
        views, viewers = self.views(part), self.viewers(part)
        buyers = counted(self.members(part, "buyers"))
        return {
            "created_minor": self.money(part.sums, "created_minor"),
            "pay_gmv_minor": gmv,
            "net_gmv_minor": net(gmv, refunded),
            "refunded_minor": refunded,
            "refund_rate": ratio(count(part, "refunded_lines"), paid_lines),
            "orders_main": count(part, "orders_main"),
            "orders_sku": paid_lines,
            "items_sold": count(part, "items_sold"),
            "buyers": buyers,
            "aov_order_minor": of_each(gmv, count(part, "orders_main")),
            "aov_buyer_minor": of_each(of_people, buyers),
            "unpaid_minor": self.money(part.sums, "unpaid_minor") if part.is_session else None,
            "failed_orders": self.failed(part),
            "online_now": self.session.online_now() if part.is_session else None,
            "online_peak": part.watched.peak,
            "online_mean": part.watched.mean,
            "views": views,
            "viewers": viewers,
            "watch_mean_s": self.watch_mean(part)[0],
            "likes": count(part, "likes"),
            "follows": count(part, "follows"),
            "shares": count(part, "shares"),
            "comments": count(part, "comments"),
            "commenters": counted(self.members(part, "commenters")),
            "product_exposures": count(part, "exposures"),
            "product_clicks": clicks,
            "cart_adds": count(part, "cart_adds"),
            "ctr": ratio(clicks, count(part, "exposures")),
            "ctor": ratio(paid_lines, clicks),
            "conversion": ratio(buyers, viewers) if part.is_session else None,
            "gpm_views_minor": mean(gmv, views, 1_000),
            "gpm_viewers_minor": mean(of_people, viewers, 1_000),
            "uv_value_minor": mean(of_people, viewers),
            "interaction_rate": ratio(counted(self.members(part, "active", "commenters")), viewers),
        }

    def failed(self, part: _Part) -> int | None:
        """Attempts that failed, for whatever reason."""
        failed = [self.count(part, f"failed_{reason}") for reason in _FAILURES]
        return None if None in failed else sum(each or 0 for each in failed)

    def views(self, part: _Part) -> int | None:
        """Entries; of a session that tells of none, the platform's own count of them."""
        if self.sums.get("joins"):
            return self.count(part, "joins")
        return max(self.session.views_totals, default=None) if part.is_session else None

    def viewers(self, part: _Part) -> int | None:
        """Different people who entered; without entries, the platform's own count of them."""
        if not self.sums.get("joins"):
            known = max(self.session.viewers_totals, default=None)
            return known if part.is_session else None
        joins = (part.of_people or {}).get("joins", 0)
        if joins and joins == (part.of_people or {}).get("unnamed_joins", 0):
            return None
        return counted(self.members(part, "viewers"))

    def watch_mean(self, part: _Part) -> tuple[float | None, str | None]:
        """Seconds that somebody watched on average, and how that was found."""
        leaves = self.count(part, "leaves")
        if leaves:
            watchers = leaves
            if part.is_session:
                leavers = counted(self.members(part, "leavers")) or 0
                watchers = leavers + (self.count(part, "unnamed_leaves") or 0)
            watched_ms = self.count(part, "watched_ms") or 0
            return float(Fraction(watched_ms, 1_000 * watchers)), "measured"
        views, online_ms = self.views(part), part.watched.online_ms
        if not views or online_ms is None:
            return None, None
        return float(Fraction(online_ms, 1_000 * views)), "littles_law"

    def completeness(self, whole: _Part, windows: Mapping[str, _Part]) -> Tree:
        """What the figures of the session leave open."""
        session, online = self.session, self.session.online()
        method = self.watch_mean(whole)[1]
        methods = {name: self.watch_mean(part)[1] for name, part in windows.items()}
        return {
            "as_of_ms": self.as_of_ms,
            "status": self.status,
            "missing_sources": [topic for topic in _TOPICS if topic not in session.told],
            "late": dict(sorted(session.late.items())),
            "rejected": dict(self.rejected),
            "approximate": self.approximate(whole),
            "online_at_ms": None if online is None else online[0],
            "online_approximate": None if online is None else online[2],
            "watch_method": method,
            "watch_methods": {
                name: each for name, each in methods.items() if each not in (None, method)
            },
            "orphan_refunds": self.count(whole, "orphan_refunds"),
            "contradicted_lines": self.count(whole, "contradicted_lines"),
            "unnamed": {
                "paid_lines": self.count(whole, "unnamed_paid_lines"),
                "joins": self.count(whole, "unnamed_joins"),
                "comments": self.count(whole, "unnamed_comments"),
            },
            "after_end": self.after_end(),
        }

    def approximate(self, whole: _Part) -> list[str]:
        """The figures that are known and of which an estimate is a part."""
        values = self.values(whole)
        return [
            name
            for name, counts in _OF_PEOPLE.items()
            if values[name] is not None
            and any(unique(self.members(whole, *each) or ()).approximate for each in counts)
        ]

    def after_end(self) -> int:
        """How much happened, not late, in panes that begin at the end or after it, if it is over."""
        if self.status != "ended":
            return 0
        ended_ms = max(self.session.ended_ms)
        return sum(
            each.amount
            for each in self.session.added
            if each.name in _HAPPENED
            and each.in_pane
            and each.at_ms // PANE_MS * PANE_MS >= ended_ms
        )


def _alive_ms(seen_ms: Mapping[str, int]) -> int:
    """When a broadcast last gave a sign of life: by any topic but orders, if there is one."""
    signs = [at_ms for topic, at_ms in seen_ms.items() if topic != ORDERS_TOPIC]
    return max(signs or seen_ms.values(), default=0)
