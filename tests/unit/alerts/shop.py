"""Rooms that sell: ``shop(stopped_s=20, said=asked("stockout_report", 4))``: orders stopped, four say so.

Product p-1 is on show under link 1 since an hour, p-2 is for sale under link 2. In each pane of ten seconds
``pace`` lines of p-1 are created, until ``stopped_s`` seconds ago; now is in the middle of a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from streamproc.alerts import stockout
from streamproc.alerts.model import Finding, Level
from streamproc.alerts.room import Room
from streamproc.alerts.stockout_limits import Limits
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.tally.floor import Cycle, Floor, Plan, Stock
from streamproc.tally.session_sense import Evidence, Fact, SessionSense
from streamproc.tally.sold import SECOND_MS, MinuteSold
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from tests.builders import T0
from tests.rooms import HOUR_MS, product, room, row, shown

NOW: Final = T0 + 35_000
LINE_AT_MS: Final = 9_000
"""Within its pane."""

Comment = tuple[float, str, str, int]
"""Seconds ago, label, subject, user."""


def ago(seconds: float) -> int:
    """A time so many seconds before now."""
    return NOW - round(seconds * 1000)


def asked(
    label: str, users: int, subject: str = "p:p-1", *, from_s: float = 12, first: int = 1
) -> list[Comment]:
    """So many viewers, one after the other, half a second between them."""
    return [(from_s - number / 2, label, subject, first + number) for number in range(users)]


def out_of_stock(since_s: float, *, told_s: float | None = None, **fields: object) -> Stock:
    """Stock that ran out so many seconds ago, as told last ``told_s`` ago."""
    as_of_ms = ago(since_s if told_s is None else told_s)
    cycles: list[Cycle] = []
    held = Stock(as_of_ms, 0, out_since_ms=ago(since_s), cycles=[*cycles, Cycle(ago(since_s))])
    for name, value in fields.items():
        setattr(held, name, value)
    return held


def batches(out_s: int, sells_s: int, times: int, since_s: float) -> list[Cycle]:
    """So many times out and back, and out again since."""
    cycles = [Cycle(ago(since_s))]
    end_s = since_s + sells_s
    for _ in range(times):
        cycles.append(Cycle(ago(end_s + out_s), ago(end_s)))
        end_s += out_s + sells_s
    return cycles[::-1]


def in_stock(told_s: float = 5, available: int = 500, **fields: object) -> Stock:
    """Stock as it was told so many seconds ago."""
    held = Stock(ago(told_s), available)
    for name, value in fields.items():
        setattr(held, name, value)
    return held


def floor_with(
    stock: Stock | dict[str, Stock] | None = None, plan: Plan | None = None, **fields: object
) -> Floor:
    """The shop floor, with the stock of p-1 and what is planned of it."""
    plans = {} if plan is None else {"": plan}
    floor = shown("p-1", T0 - HOUR_MS, "p-2", held=product(stock=stock, plans=plans, title="年糕"))
    for name, value in fields.items():
        setattr(floor, name, value)
    return floor


def fact(
    seconds_ago: float, polarity: str = "out", subject: str = "p:p-1", role: str = "host"
) -> Fact:
    """What the house said of stock."""
    return Fact(ago(seconds_ago), 1, role, polarity, subject, 7, "3号没了")


def shop(
    *,
    pace: int = 10,
    stopped_s: float = 0,
    also: int = 0,
    said: Iterable[Comment] = (),
    facts: Sequence[Fact] = (),
    refused: Sequence[float] = (),
    again: Iterable[float] = (),
    stock: Stock | dict[str, Stock] | None = None,
    plan: Plan | None = None,
    floor: Floor | None = None,
    usual: int = 0,
    wrote: int = 0,
    packs: Sequence[str] = ("",),
    is_open: bool = False,
    **fields: object,
) -> Room:
    """A room that sells p-1.

    Shapes: ``also`` are lines of p-2 in each pane, until now. ``refused`` attempts and lines that came
        ``again`` were so many seconds ago. ``usual`` viewers asked in each older minute, ``wrote`` write in
        each of the newest. ``packs`` share the lines.
    """
    comments = list(said)
    sold = _sold(pace, stopped_s, also, packs)
    for seconds in again:
        _minute(sold, ago(seconds)).create("p-1", packs[0], 1, ago(seconds))
    failed = dict.fromkeys((_minutes_ago(seconds) for seconds in refused), 1)
    for seconds in refused:
        _minute(sold, ago(seconds)).refuse("p-1", ago(seconds))
    minutes = {
        number: row(
            clicks=30,
            sold=each,
            failed_by={"out_of_stock": 1} if number in failed else None,
            commenters=range(wrote) if number < 2 else None,
            **_asked([each for each in comments if _minutes_ago(each[0]) == number]),
        )
        for number, each in sold.items()
    }
    for number in range(3, 31) if usual else ():
        minutes[number].asked_users = {"stockout_report": usual}
    made = room(NOW, minutes=minutes, floor=floor or floor_with(stock, plan))
    made.said = _said(comments, facts)
    made.open_subjects = ("p:p-1",) if is_open else ()
    if not also:
        times = [
            (NOW // MINUTE_MS - number) * MINUTE_MS + one.last_s * SECOND_MS
            for number, each in sold.items()
            for one in each.packs.values()
            if one.last_s is not None
        ]
        heard_ms = max([0, *times, *map(ago, refused)])
        made.seen_ms = {**made.seen_ms, ORDERS_TOPIC: heard_ms}
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _sold(pace: int, stopped_s: float, also: int, packs: Sequence[str]) -> dict[int, MinuteSold]:
    """What was sold, by how many minutes ago."""
    sold = {number: MinuteSold() for number in range(31)}
    last = NOW // PANE_MS
    for pane in range(last - 12 * PANES_PER_MINUTE, last + 1):
        at_ms = min(pane * PANE_MS + LINE_AT_MS, NOW)
        minute = _minute(sold, at_ms)
        for number in range(pace):
            if at_ms - number <= ago(stopped_s):
                minute.create("p-1", packs[number % len(packs)], 1, at_ms - number)
        for number in range(also):
            minute.create("p-2", "", 1, at_ms - number)
    return sold


def _minute(sold: dict[int, MinuteSold], at_ms: int) -> MinuteSold:
    return sold[NOW // MINUTE_MS - at_ms // MINUTE_MS]


def _asked(comments: Sequence[Comment]) -> dict[str, Any]:
    """The columns of a minute in which this was said."""
    pairs: dict[tuple[str, str], set[int]] = {}
    users: dict[str, set[int]] = {}
    for _, label, subject, user in comments:
        pairs.setdefault((label, subject), set()).add(user)
        users.setdefault(label, set()).add(user)
    return {"asked": pairs, "asked_users": {label: len(each) for label, each in users.items()}}


def _said(comments: Sequence[Comment], facts: Sequence[Fact]) -> SessionSense:
    """What is kept of single comments."""
    sense = SessionSense(b"")
    for offset, (seconds, label, subject, user) in enumerate(comments, 100):
        evidence: Evidence = (ago(seconds), offset, 3, user, f"没货了 {user}")
        sense.evidence.setdefault((label, subject), []).append(evidence)
    sense.facts = sorted(facts)
    return sense


def _minutes_ago(seconds: float) -> int:
    return NOW // MINUTE_MS - ago(seconds) // MINUTE_MS


def found(made: Room, limits: Limits | None = None) -> dict[str, Finding]:
    """What the rule finds, by subject."""
    return {each.subject: each for each in stockout.judge(made, limits or Limits())}


def told(made: Room) -> str:
    """What is found of p-1, in short: "confirmed ticket", "hold", "over restocked", or nothing."""
    finding = found(made).get("p:p-1")
    if finding is None:
        return ""
    if finding.over:
        return f"over {finding.over}"
    if finding.level is Level.HOLD:
        return "hold"
    return f"{finding.state} {finding.severity}"
