"""Stockout: a product that viewers want and cannot buy for lack of stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.alerts.selling import LATE_MS
from streamproc.alerts.shelf import FRESH_MS, LEARNED_CYCLES, NEAR_MS
from streamproc.alerts.stockout_case import Case
from streamproc.alerts.stockout_cases import cases, is_judged, is_quiet
from streamproc.alerts.stockout_limits import Limits
from streamproc.alerts.stockout_shown import evidence
from streamproc.alerts.stockout_words import (
    BATCH_SELLING,
    CONFIRMED,
    DESYNC,
    INFO,
    RUNBOOK,
    SUSPECTED,
    advice,
)

DELISTED: Final = "delisted"
RESTOCKED: Final = "restocked"
ORDERED: Final = "ordered"
HOUSE: Final = "said_back"
UNWANTED: Final = "no_demand"

_LONGER: Final = 2
"""Times the longest of the last times out: what is out for longer is no batch."""


def judge(room: Room, limits: Limits) -> Iterable[Finding]:
    """What is out of stock, or may be, by product and pack, and the room for what nobody knows."""
    return () if is_quiet(room, limits) else _judged(room, limits)


def _judged(room: Room, limits: Limits) -> Iterator[Finding]:
    for case in cases(room, limits):
        if is_judged(room, case.product):
            found = _by_flaps(case) or _by_stock(case) or _by_viewers(case) or _of_open(case)
        else:
            found = _over(case, DELISTED) if case.is_open else None
        if found is not None:
            yield found


def _by_flaps(case: Case) -> Finding | None:
    """Reports that contradict each other, while nobody can buy it; a page if that lasts."""
    limits, since_ms = case.limits, case.flaps_since_ms
    is_refused = case.refused >= limits.refused_attempts
    if not since_ms or not case.has_stopped or not (is_refused or case.stands_out):
        return None
    page_ms = since_ms + limits.page_after_ms
    severity = Severity.PAGE if case.room.now_ms >= page_ms else Severity.TICKET
    return _found(case, Level.ENTER, DESYNC, severity, due_ms=page_ms)


def _by_stock(case: Case) -> Finding | None:
    """What the feed decides: a fresh zero."""
    now_ms, limits, since_ms = case.room.now_ms, case.limits, case.shelf.since_ms
    if not case.is_out or not case.shelf.is_fresh(now_ms):
        return None
    unseen_ms = limits.seen_ms - (now_ms - since_ms)
    if unseen_ms > 0 and not case.shelf.is_ahead:
        return _found(case, Level.HOLD, CONFIRMED, due_ms=since_ms + limits.seen_ms)
    if case.is_wanted:
        found = _muted(case) or _confirmed(case)
    elif case.is_open or case.is_unwanted:
        return None
    else:
        found = _found(case, Level.ENTER, INFO)
    # by a clock that is ahead nobody knows for how long it was seen, so that counts from now on
    return found._replace(for_ms=max(0, unseen_ms))


def _muted(case: Case) -> Finding | None:
    """It is out on purpose, for a while."""
    if not case.is_muted:
        return None
    return _found(case, Level.ENTER, BATCH_SELLING, due_ms=case.muted_until_ms)


def _confirmed(case: Case) -> Finding:
    """It is out: a ticket at once, a page when it stays so for longer than a batch would."""
    now_ms, page_ms = case.room.now_ms, _page_ms(case)
    stale_ms = case.shelf.told_ms + FRESH_MS + 1
    if now_ms < page_ms:
        due_ms = min(page_ms, stale_ms)
        return _found(case, Level.ENTER, CONFIRMED, Severity.TICKET, due_ms=due_ms)
    if case.stands_out or (case.was_bought and not case.pack):
        return _found(case, Level.ENTER, CONFIRMED, Severity.PAGE, due_ms=stale_ms)
    # one who asks for what is out for long, or for a pack of many, is no reason to call anybody
    level = Level.HOLD if case.is_open else Level.ENTER
    return _found(case, level, CONFIRMED, Severity.TICKET, due_ms=stale_ms)


def _page_ms(case: Case) -> int:
    longest_ms = max(case.lengths_out, default=0)
    return case.shelf.since_ms + max(case.limits.page_after_ms, _LONGER * longest_ms)


def _by_viewers(case: Case) -> Finding | None:
    """What viewers say, and whether orders, old reports or the house bear them out."""
    if case.pack or not case.asked.count:
        return None
    stopped = case.has_stopped and case.is_accused and case.lasts
    if case.is_there:
        if stopped and case.accused >= case.limits.desync_users:
            return _found(case, Level.ENTER, DESYNC, Severity.TICKET, for_ms=case.limits.for_ms)
    elif stopped or (case.stands_out and (case.is_out or case.house_says_out)):
        return _muted(case) or _still_out(case) or _suspected(case)
    return _only_said(case) if case.stands_out and not case.has_stopped else None


def _still_out(case: Case) -> Finding | None:
    """An open alert whose zero grows old: it stays what it is, and no more is a page if it lasts."""
    if not (case.is_open and case.is_out):
        return None
    page_ms = _page_ms(case)
    if case.has_stopped and case.room.now_ms >= page_ms:
        return _found(case, Level.ENTER, CONFIRMED, Severity.PAGE)
    return _found(case, Level.HOLD, CONFIRMED, due_ms=page_ms)


def _suspected(case: Case) -> Finding:
    return _found(case, Level.ENTER, SUSPECTED, Severity.TICKET, for_ms=case.limits.for_ms)


def _only_said(case: Case) -> Finding:
    """Nothing but what viewers say: bait, a wrong link, a size that is missing."""
    due_ms = case.quiet_until_ms + LATE_MS if case.quiet_until_ms else 0
    return _found(case, Level.ENTER, INFO, for_ms=case.limits.for_ms, due_ms=due_ms)


def _of_open(case: Case) -> Finding | None:
    """What becomes of an open alert for which nothing new speaks."""
    if not case.is_open:
        return None
    why = _over_why(case)
    if why:
        return _over(case, why)
    last_ms = max(case.wanted_ms, case.shelf.since_ms)
    return _found(case, Level.HOLD, SUSPECTED, due_ms=last_ms + case.limits.no_demand_ms)


def _over_why(case: Case) -> str:
    """Why an open alert is over; empty: it is not."""
    is_desync = case.has_stopped and case.asked.score >= case.limits.min_users
    if case.is_there and not is_desync:
        return "" if _is_between_batches(case) else RESTOCKED
    if case.selling_since_ms and not case.is_out:
        return ORDERED
    there_ms = case.house.there_ms
    if there_ms and not case.is_out and case.asked.since(there_ms) <= 0:
        return HOUSE
    return UNWANTED if case.is_unwanted else ""


def _is_between_batches(case: Case) -> bool:
    """Whether it is there for a short while: of selling in batches one alert tells, and not of each."""
    recent = case.room.now_ms - case.shelf.back_ms < NEAR_MS
    return recent and len(case.lengths_out) > LEARNED_CYCLES


def _over(case: Case, why: str) -> Finding:
    return Finding(case.subject, Level.CLEAR, Severity.INFO, over=why, why=case.numbers())


def _found(
    case: Case,
    level: Level,
    state: str,
    severity: Severity = Severity.INFO,
    *,
    for_ms: int = 0,
    due_ms: int = 0,
) -> Finding:
    return Finding(
        case.subject,
        level,
        severity,
        state,
        for_ms=for_ms,
        hold_ms=case.limits.hold_ms,
        due_ms=due_ms,
        why=case.numbers(),
    )


RULE = Rule(
    kind="Stockout",
    section="stockout",
    version=2,
    zh="断货",
    en="Stock-out",
    severity=Severity.PAGE,
    trigger=(
        "confirmed: the feed tells of nothing left for 5 s and somebody wants it; suspected: 3 viewers or "
        "more say so and orders stopped, or an old report or the house says so; desync: 5 viewers say so "
        "and orders stopped although the feed tells of stock, or it tells now of stock and now of none "
        "while nobody can buy it; batch_selling: more is announced, or it was out, and back and sold, twice"
        " of late; info: only viewers say so, or nobody wants it. A page after 90 s"
    ),
    clears="Stock told, 2 orders, taken out of the room, the house says so, or nobody wants it for 3 min",
    runbook=RUNBOOK,
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    brews=lambda room, limits: not is_quiet(room, limits),
)
