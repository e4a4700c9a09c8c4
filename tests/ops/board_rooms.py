"""The dashboards of the live floor and of one host."""

from __future__ import annotations

from typing import Final

from tests.ops.panels import BAD_FROM_1, Board, Panel, curve, listed, number

CNY: Final = 'currency="CNY"'


def _rooms(metric: str, window: str, more: str = "") -> str:
    return f'sum(streamproc_room_{metric}{{window="{window}"{more}}})'


FLOOR = Board(
    "streamproc-floor",
    "All rooms together, and which of them need somebody. Of rooms that workers show to Prometheus.",
    (
        (
            "Now",
            (
                number("Rooms live", "none", 'sum(streamproc_rooms{status="live"})'),
                number("Online now", "short", "sum(streamproc_room_online)"),
                number(
                    "Paid, of current broadcasts (CNY)",
                    "currencyCNY",
                    f"{_rooms('gmv_minor_units', 'session', ',' + CNY)} / 100",
                    decimals=0,
                ),
                number("Orders paid in 10 minutes", "short", _rooms("orders", "10m")),
                number(
                    "Alerts open: page",
                    "none",
                    'sum(streamproc_alerts_open{severity="page"}) or vector(0)',
                    steps=BAD_FROM_1,
                ),
                number(
                    "Alerts open: ticket",
                    "none",
                    'sum(streamproc_alerts_open{severity="ticket"}) or vector(0)',
                    steps=((1, "orange"),),
                ),
            ),
        ),
        (
            "Together",
            (
                curve(
                    "Paid in the last 10 minutes (CNY)",
                    "currencyCNY",
                    (f"{_rooms('gmv_minor_units', '10m', ',' + CNY)} / 100", "all rooms"),
                ),
                curve(
                    "Orders paid in the last minute", "short", (_rooms("orders", "1m"), "all rooms")
                ),
                curve("People online", "short", ("sum(streamproc_room_online)", "all rooms")),
                curve(
                    "Comments in the last minute", "short", (_rooms("comments", "1m"), "all rooms")
                ),
                curve(
                    "Comments that ask for more, in 10 minutes",
                    "short",
                    (_rooms("restock_requests", "10m"), "all rooms"),
                ),
                curve(
                    "Rooms by status",
                    "none",
                    ("sum by (status) (streamproc_rooms)", "{{status}}"),
                    stacked=True,
                ),
            ),
        ),
        (
            "Rooms",
            (
                listed(
                    "Paid in this broadcast (CNY): the first 20",
                    "currencyCNY",
                    "topk(20, sum by (host, room)"
                    f' (streamproc_room_gmv_minor_units{{window="session",{CNY}}})) / 100',
                    decimals=0,
                ),
                listed(
                    "Who needs somebody",
                    "none",
                    "sum by (severity, kind, host, room, subject)"
                    ' (streamproc_room_alerts{quiet=""})',
                ),
                listed(
                    "Asked for more in 10 minutes: the first 20",
                    "short",
                    'topk(20, sum by (host, room) (streamproc_room_restock_requests{window="10m"}))',
                ),
                curve(
                    "Open alerts by kind",
                    "none",
                    ("sum by (kind) (streamproc_alerts_open)", "{{kind}}"),
                    stacked=True,
                    width=12,
                    height=10,
                ),
            ),
        ),
    ),
)

OF_HOST: Final = 'host=~"$host"'


def _windows(title: str, unit: str, metric: str, *, scale: str = "", more: str = "") -> Panel:
    expr = f"sum by (window) (streamproc_room_{metric}{{{OF_HOST}{more}}}){scale}"
    return curve(title, unit, (expr, "{{window}}"))


HOST = Board(
    "streamproc-host",
    "One host's current broadcast.",
    (
        (
            "Now",
            (
                number(
                    "Paid in this broadcast (CNY)",
                    "currencyCNY",
                    f'sum(streamproc_room_gmv_minor_units{{{OF_HOST},{CNY},window="session"}}) / 100',
                ),
                number(
                    "Orders paid",
                    "short",
                    f'sum(streamproc_room_orders{{{OF_HOST},window="session"}})',
                ),
                number("Online now", "short", f"sum(streamproc_room_online{{{OF_HOST}}})"),
                number(
                    "Viewers",
                    "short",
                    f'sum(streamproc_room_viewers{{{OF_HOST},window="session"}})',
                ),
                number(
                    "Alerts open",
                    "none",
                    f"sum(streamproc_room_alerts{{{OF_HOST}}}) or vector(0)",
                    steps=BAD_FROM_1,
                ),
                number(
                    "Last event",
                    "s",
                    f"time() - max(streamproc_room_heard_timestamp_seconds{{{OF_HOST}}})",
                    told="How long ago, by the events' own times.",
                    steps=((30, "orange"), (60, "red")),
                ),
            ),
        ),
        (
            "Over time",
            (
                _windows(
                    "Paid (CNY), by window",
                    "currencyCNY",
                    "gmv_minor_units",
                    scale=" / 100",
                    more=f",{CNY}",
                ),
                _windows("Orders paid, by window", "short", "orders"),
                curve(
                    "People online",
                    "short",
                    (f"sum(streamproc_room_online{{{OF_HOST}}})", "online"),
                ),
                _windows("Viewers, by window", "short", "viewers"),
                _windows("Comments, by window", "short", "comments"),
                _windows("Comments that ask for more", "short", "restock_requests"),
                curve(
                    "Open alerts",
                    "none",
                    (
                        f"sum by (kind, severity) (streamproc_room_alerts{{{OF_HOST}}})",
                        "{{kind}} ({{severity}})",
                    ),
                    width=24,
                    stacked=True,
                ),
            ),
        ),
    ),
    hosts=True,
)
