"""Contests: what counts from when until when, and the board that minute curves add up to.

A contest counts the facts of whole minutes in [start, end). Facts that came too late for their
minute are in no minute and so in no contest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from streamproc.tally.ranking import Place, ranked, score_of

MINUTE_MS: Final = 60_000

_PAID: Final = "pay_gmv_minor"
_NET: Final = "net_gmv_minor"
_REFUNDED: Final = "refunded_minor"

MONEY_MEASURES: Final = frozenset({_PAID, _NET, "created_minor"})
MEASURES: Final = MONEY_MEASURES | {
    "orders_main",
    "orders_sku",
    "items_sold",
    "likes",
    "follows",
    "shares",
    "comments",
    "product_exposures",
    "product_clicks",
    "cart_adds",
}
"""Figures that a contest can be about: sums, which alone add up minute by minute."""

Minutes = Sequence[Mapping[str, Any]]
"""The minute curve of a session: ``minute_ms`` and figures by id."""


class LateRefunds(StrEnum):
    """What refunds behind the end of a contest do to its net amounts."""

    COUNT = "count"
    IGNORE = "ignore"


class Contest(Struct, frozen=True, kw_only=True):
    """One contest.

    Shapes: ``hosts`` None: whoever sold; ``measure`` is one of ``MEASURES``.
    Units: ``start_ms <= freeze_ms <= end_ms``, whole minutes; money in ``currency``.
    """

    id: str
    name: str
    start_ms: int
    freeze_ms: int
    end_ms: int
    measure: str
    hosts: tuple[str, ...] | None = None
    late_refunds: LateRefunds = LateRefunds.COUNT
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"


def frozen_board(contest: Contest, sessions: Mapping[str, Iterable[Minutes]]) -> list[Place]:
    """The board as everybody sees it from the freeze on: minutes in [start, freeze)."""
    return _board(contest, sessions, contest.freeze_ms, LateRefunds.IGNORE)


def final_board(contest: Contest, sessions: Mapping[str, Iterable[Minutes]]) -> list[Place]:
    """The result: minutes in [start, end), and refunds behind the end if they count.

    Shapes: ``sessions`` by host: the curves of its sessions. Of a contest that goes on, the board as
        far as the curves go.
    """
    return _board(contest, sessions, contest.end_ms, contest.late_refunds)


def _board(
    contest: Contest,
    sessions: Mapping[str, Iterable[Minutes]],
    until_ms: int,
    late_refunds: LateRefunds,
) -> list[Place]:
    hosts = sessions if contest.hosts is None else contest.hosts
    scores = []
    for host_id in sorted(set(hosts)):
        changes: dict[int, int] = {}
        for minutes in sessions.get(host_id, ()):
            for minute_ms, change in _changes(contest, minutes, until_ms, late_refunds):
                changes[minute_ms] = changes.get(minute_ms, 0) + change
        if changes or contest.hosts is not None:
            scores.append(score_of(host_id, changes))
    return ranked(scores)


def _changes(
    contest: Contest, minutes: Minutes, until_ms: int, late_refunds: LateRefunds
) -> list[tuple[int, int]]:
    """By how much each minute of a session moved the measure."""
    counted = [each for each in minutes if contest.start_ms <= each["minute_ms"] < until_ms]
    changes = [(each["minute_ms"], _amount(contest, each, contest.measure)) for each in counted]
    if contest.measure != _NET or late_refunds is LateRefunds.IGNORE:
        return changes
    if not any(_amount(contest, each, _PAID) for each in counted):
        return changes  # it sold nothing in the contest, so nothing of it comes back
    behind = [each for each in minutes if each["minute_ms"] >= until_ms]
    return changes + [(each["minute_ms"], -_amount(contest, each, _REFUNDED)) for each in behind]


def _amount(contest: Contest, minute: Mapping[str, Any], figure: str) -> int:
    value = minute.get(figure)
    if isinstance(value, Mapping):
        value = value.get(contest.currency)
    return int(value or 0)
