"""Contests: what counts from when until when, and the board that minute curves add up to.

A contest counts the facts of whole minutes in [start, end). Facts that came too late for their
minute are in no minute and so in no contest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec import Struct

from streamproc.tally.ranking import Place, ranked, score_of

MINUTE_MS: Final = 60_000

_PAID: Final = "pay_gmv_minor"
_NET: Final = "net_gmv_minor"

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


class Refund(NamedTuple):
    """Money given back of a sale that counted in its minute. Units: minor units of ``currency``."""

    paid_at_ms: int
    at_ms: int
    currency: str
    minor: int


Refunds = Mapping[str, Iterable[Refund]]
"""By host."""


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


def frozen_board(
    contest: Contest, sessions: Mapping[str, Iterable[Minutes]], refunds: Refunds
) -> list[Place]:
    """The board from the freeze on: minutes in [start, freeze), and what was given back of them by then."""
    return _board(contest, sessions, refunds, contest.freeze_ms, LateRefunds.IGNORE)


def final_board(
    contest: Contest, sessions: Mapping[str, Iterable[Minutes]], refunds: Refunds
) -> list[Place]:
    """The result: minutes in [start, end), and what was given back of their sales.

    Shapes: ``sessions`` by host: the curves of its sessions. Of a contest that goes on, the board as
        far as the curves go.
    """
    return _board(contest, sessions, refunds, contest.end_ms, contest.late_refunds)


def _board(
    contest: Contest,
    sessions: Mapping[str, Iterable[Minutes]],
    refunds: Refunds,
    until_ms: int,
    late_refunds: LateRefunds,
) -> list[Place]:
    hosts = sessions if contest.hosts is None else contest.hosts
    scores = []
    for host_id in sorted(set(hosts)):
        moved = [
            change
            for minutes in sessions.get(host_id, ())
            for change in _changes(contest, minutes, until_ms)
        ]
        if contest.measure == _NET:
            moved += _given_back(contest, refunds.get(host_id, ()), until_ms, late_refunds)
        changes: dict[int, int] = {}
        for minute_ms, change in moved:
            changes[minute_ms] = changes.get(minute_ms, 0) + change
        if changes or contest.hosts is not None:
            scores.append(score_of(host_id, changes))
    return ranked(scores)


def _changes(contest: Contest, minutes: Minutes, until_ms: int) -> list[tuple[int, int]]:
    """By how much each minute of a session moved the measure; of net amounts, what was sold."""
    figure = _PAID if contest.measure == _NET else contest.measure
    counted = [each for each in minutes if contest.start_ms <= each["minute_ms"] < until_ms]
    return [(each["minute_ms"], _amount(contest, each, figure)) for each in counted]


def _given_back(
    contest: Contest, refunds: Iterable[Refund], until_ms: int, late_refunds: LateRefunds
) -> list[tuple[int, int]]:
    """By how much each minute moved net amounts down: by the refunds of sales that count."""
    return [
        (each.at_ms - each.at_ms % MINUTE_MS, -each.minor)
        for each in refunds
        if contest.start_ms <= each.paid_at_ms < until_ms
        and each.currency == contest.currency
        and (late_refunds is LateRefunds.COUNT or each.at_ms < until_ms)
    ]


def _amount(contest: Contest, minute: Mapping[str, Any], figure: str) -> int:
    value = minute.get(figure)
    if isinstance(value, Mapping):
        value = value.get(contest.currency)
    return int(value or 0)
