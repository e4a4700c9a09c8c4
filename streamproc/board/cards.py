"""A card: what a board shows of a host at a glance, from its tally, its curve and its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, json

from streamproc.board.told import told_of
from streamproc.events.host_tally import CurveMinute, HostTally, OnShow, SessionTallied
from streamproc.events.outputs import AlertTransition

SPARK_MINUTES: Final = 30
MINUTE_MS: Final = 60_000
HOME_CURRENCY: Final = "CNY"

Money = dict[str, int] | None


class AlertCounts(Struct, frozen=True, kw_only=True):
    """Open alerts by how urgent they are."""

    page: int = 0
    ticket: int = 0
    info: int = 0


class Card(Struct, frozen=True, kw_only=True):
    """A host at a glance: its current broadcast.

    Shapes: money is whole minor units by currency; None: unknown. ``spark_*`` are the last 30 minutes, the
        oldest first, up to ``spark_end_ms``; ``spark_gmv`` is paid money in ``currency``, the one that most
        is paid in (CNY if any is). ``late`` counts facts that came too late for their window,
        ``rejected`` records of the broadcast that cannot be used.
        ``partition`` is where the host is counted, as in health; None: unknown.
    Units: all times are UTC milliseconds; ``heard_ms`` is the greatest event time.
    """

    host_id: str
    host_name: str
    village: str
    town: str
    district: str
    session_id: str
    room_id: str
    status: str
    started_ms: int | None
    as_of_ms: int
    version: int
    heard_ms: int
    currency: str
    pay_gmv_minor: Money
    net_gmv_minor: Money
    orders_main: int | None
    items_sold: int | None
    buyers: int | None
    online_now: int | None
    online_peak: int | None
    comments: int | None
    comments_1m: int | None
    pay_gmv_10m_minor: Money
    previous_10m_pay_gmv_minor: Money
    spark_end_ms: int
    spark_gmv: list[int]
    spark_comments: list[int]
    spark_online: list[int | None]
    alerts: AlertCounts
    on_show: OnShow | None
    late: int
    rejected: int
    missing_sources: list[str]
    approximate: list[str]
    partition: int | None


encode_card: Final = json.Encoder().encode

_NOTHING: Final = SessionTallied(
    session_id="",
    status="unknown",
    started_ms=None,
    ended_ms=None,
    heard_ms=0,
    figures={},
    windows={},
    completeness={},
)


def current(tally: HostTally) -> SessionTallied:
    """The broadcast that a host is shown by; an empty one if it has none."""
    return tally.sessions[0] if tally.sessions else _NOTHING


def spark_minutes(tally: HostTally) -> range:
    """The minutes of a card's little curves: 30, the last is the newest that anything was heard of.

    Units: begins of minutes in milliseconds.
    """
    session = current(tally)
    end_ms = session.ended_ms or max(session.heard_ms, tally.as_of_ms)
    last = end_ms // MINUTE_MS * MINUTE_MS
    return range(last - (SPARK_MINUTES - 1) * MINUTE_MS, last + 1, MINUTE_MS)


def card_of(
    tally: HostTally,
    minutes: Mapping[int, CurveMinute],
    alerts: Iterable[AlertTransition],
    partition: int | None = None,
) -> Card:
    """The card of a host. Shapes: ``minutes`` by their begin, of the current broadcast; open ``alerts``."""
    session = current(tally)
    figures, windows = session.figures, session.windows
    currency = _currency(_money(figures.get("pay_gmv_minor")))
    span = spark_minutes(tally)
    shown = [minutes.get(at_ms) for at_ms in span]
    told = told_of(session)
    return Card(
        host_id=tally.host_id,
        host_name=tally.host_name,
        village=tally.village,
        town=tally.town,
        district=tally.district,
        session_id=session.session_id,
        room_id=session.room_id,
        status=session.status,
        started_ms=session.started_ms,
        as_of_ms=tally.as_of_ms,
        version=tally.version,
        heard_ms=session.heard_ms,
        currency=currency,
        pay_gmv_minor=_money(figures.get("pay_gmv_minor")),
        net_gmv_minor=_money(figures.get("net_gmv_minor")),
        orders_main=_count(figures.get("orders_main")),
        items_sold=_count(figures.get("items_sold")),
        buyers=_count(figures.get("buyers")),
        online_now=_count(figures.get("online_now")),
        online_peak=_count(figures.get("online_peak")),
        comments=_count(figures.get("comments")),
        comments_1m=_count(windows.get("1m", {}).get("comments")),
        pay_gmv_10m_minor=_money(windows.get("10m", {}).get("pay_gmv_minor")),
        previous_10m_pay_gmv_minor=_money(windows.get("previous_10m", {}).get("pay_gmv_minor")),
        spark_end_ms=span[-1],
        spark_gmv=[0 if each is None else each.pay_gmv_minor.get(currency, 0) for each in shown],
        spark_comments=[0 if each is None else each.comments for each in shown],
        spark_online=[None if each is None else each.online for each in shown],
        alerts=counts_of(alerts),
        on_show=session.on_show,
        late=sum(told.late.values()),
        rejected=sum(told.rejected.values()),
        missing_sources=told.missing_sources,
        approximate=told.approximate,
        partition=partition,
    )


def counts_of(alerts: Iterable[AlertTransition]) -> AlertCounts:
    """How many alerts there are of each severity."""
    counts = {"page": 0, "ticket": 0, "info": 0}
    for alert in alerts:
        if alert.severity in counts:
            counts[alert.severity] += 1
    return AlertCounts(**counts)


def _currency(paid: Money) -> str:
    if not paid or HOME_CURRENCY in paid:
        return HOME_CURRENCY
    return max(paid, key=lambda each: (paid[each], each))


def _money(value: Any) -> Money:  # noqa: ANN401 - a figure of any unit
    return value if isinstance(value, dict) else None


def _count(value: Any) -> int | None:  # noqa: ANN401 - a figure of any unit
    return value if isinstance(value, int) else None
