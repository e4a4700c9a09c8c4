"""The open alerts under the live table: what is worst, where, about what, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from streamproc.alerts.model import Severity
from streamproc.errors import without_controls
from streamproc.program.alert_view import AlertRow

STYLES: Final = {Severity.PAGE: "bold red", Severity.TICKET: "yellow", Severity.INFO: "dim"}
_SECOND_MS: Final = 1_000
_MINUTE_S: Final = 60


def alert_table(rows: Sequence[AlertRow], now_ms: int) -> Table:
    """The alerts, as they come."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("alert", "", "for", "host"):
        table.add_column(name, no_wrap=True)
    table.add_column("about", no_wrap=True, ratio=1)
    for row in rows:
        style = STYLES[row.severity]
        table.add_row(
            Text(row.severity.value, style=style),
            Text(" ".join(each for each in (row.zh, row.state) if each), style=style),
            Text(_ages(now_ms - row.opened_ms)),
            Text(without_controls(row.host_name or row.host_id)),
            Text(without_controls(row.about) + _notes(row)),
        )
    return table


def _ages(age_ms: int) -> str:
    seconds = max(0, age_ms // _SECOND_MS)
    return f"{seconds} s" if seconds < _MINUTE_S else f"{seconds // _MINUTE_S} min"


def _notes(row: AlertRow) -> str:
    notes = ["ending"] if row.is_ending else []
    notes += [f"follows from {row.follows}"] if row.follows else []
    return f" ({', '.join(notes)})" if notes else ""
