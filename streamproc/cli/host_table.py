"""The live table: one line about the worker, one row per host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from streamproc.cli.status import Status
from streamproc.errors import without_controls
from streamproc.program.view import HostRow
from streamproc.replay.tables import HOME, decimal_text

STALE_ONLINE_MS = 90_000
"""A count of viewers older than this is shown with its age."""
LIVE_WITHIN_MS = 300_000


def headline(status: Status, events_per_s: float) -> Text:
    """One line about the worker itself."""
    text = Text("streamproc ", style="bold")
    text.append(status.state, style="green" if status.state == "running" else "yellow")
    if status.recovering_records is not None:
        text.append(f"  {status.recovering_records:,} records read")
    text.append(
        f"  partitions {len(status.partitions)}  events {status.events:,}"
        f"  {events_per_s:,.0f} events/s  lag {status.lag_total_records:,}",
        style="not bold",
    )
    return text


def host_table(rows: Sequence[HostRow], now_ms: int) -> Table:
    """The hosts, as they come."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("host", no_wrap=True)
    table.add_column("name", no_wrap=True, ratio=1)
    for name in ("online", "orders", "GMV yuan", "comments/min"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        reference_ms = now_ms if _is_live(rows, now_ms) else row.watermark_ms
        table.add_row(
            Text(without_controls(row.host_id)),
            Text(without_controls(row.name)),
            online_words(row, reference_ms),
            f"{row.orders:,}",
            money_words(row.gmv_minor),
            f"{row.comments_last_minute:,}",
        )
    return table


def _is_live(rows: Sequence[HostRow], now_ms: int) -> bool:
    """False for a replay or a simulation in its own time: there the clock says nothing of ages."""
    newest_ms = max((row.watermark_ms for row in rows), default=now_ms)
    return abs(now_ms - newest_ms) < LIVE_WITHIN_MS


def online_words(row: HostRow, now_ms: int) -> Text:
    """How many watch: ``~`` if the platform said so only roughly, the age if it is old."""
    if row.online is None:
        return Text("-", style="dim")
    text = Text(f"{'~' if row.online_approximate else ''}{row.online:,}")
    age_ms = now_ms - row.online_at_ms
    if age_ms > STALE_ONLINE_MS:
        text.append(f" ({age_ms // 60_000} min ago)", style="dim")
    return text


def money_words(by_currency_minor: Mapping[str, int]) -> str:
    """Yuan, and beside them whatever was paid in another currency."""
    yuan = decimal_text(by_currency_minor.get(HOME, 0), HOME, grouped=True)
    others = [
        f"{currency} {decimal_text(minor, currency, grouped=True)}"
        for currency, minor in sorted(by_currency_minor.items())
        if currency != HOME
    ]
    return " + ".join([yuan, *others])
