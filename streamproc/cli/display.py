"""What a running worker shows: a live table on a terminal, log lines elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import structlog
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from streamproc.cli.alert_table import alert_table
from streamproc.cli.host_table import headline, host_table
from streamproc.cli.status import Status
from streamproc.engine.ports import SourcePartition
from streamproc.program.alert_view import AlertRow
from streamproc.program.view import HostRow

LINES_INTERVAL_MS = 10_000
ROWS_BESIDE_TABLE = 9
ROWS_OF_ALERTS = 4
"""What a table of alerts takes besides its rows."""

log = structlog.get_logger("streamproc.worker")


class Display(Protocol):
    """What is told how a worker does; also the engine's ``Progress``."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def note(self, text: str) -> None:
        """Say what is being done."""
        ...

    def show(
        self, status: Status, rows: Sequence[HostRow], alerts: Sequence[AlertRow] = ()
    ) -> None:
        """How the worker does now, and its rooms."""
        ...

    def recovering(self, partitions: int) -> None:
        """Recovery of so many partitions begins."""
        ...

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        ...

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """A source partition is read no more."""
        ...


class Lines:
    """Log lines: each step once, and how it goes every ten seconds."""

    def __init__(self) -> None:
        self._told: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to clean up."""

    def note(self, text: str) -> None:
        """Say what is being done."""
        log.info(text)

    def show(
        self, status: Status, rows: Sequence[HostRow], alerts: Sequence[AlertRow] = ()
    ) -> None:
        """How the worker does now, if it is time to tell."""
        told = self._told
        if told is not None and status.at_ms - told.at_ms < LINES_INTERVAL_MS:
            return
        self._told = status
        log.info(
            status.state,
            partitions=len(status.partitions),
            events=status.events,
            events_per_s=round(_rate(told, status)),
            lag_records=status.lag_total_records,
            hosts=len(rows),
            alerts=len(alerts),
        )

    def recovering(self, partitions: int) -> None:
        """Recovery of so many partitions begins."""
        log.info("recovering", partitions=partitions)

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        log.info(
            "recovered", partitions=partitions, records=records, duration_s=round(duration_s, 3)
        )

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """A source partition is read no more."""
        log.error("paused", topic=partition.topic, partition=partition.partition, reason=reason)


class LiveTable:
    """A table of hosts and one of alerts, drawn again with each status, and a line about the worker."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, screen=False)
        self._note = "connecting"
        self._before: Status | None = None
        self._is_seen = True

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def _draw(self, what: RenderableType) -> None:
        """Draw it; once the terminal was closed, nothing any more."""
        if self._is_seen:
            try:
                self._live.update(what, refresh=True)
            except OSError:
                self._is_seen = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._live.stop()

    def note(self, text: str) -> None:
        """Say what is being done, under the table."""
        self._note = text
        if self._before is None:
            self._draw(Text(f"{text} ..", style="dim"))

    def show(
        self, status: Status, rows: Sequence[HostRow], alerts: Sequence[AlertRow] = ()
    ) -> None:
        """Draw how the worker does now."""
        room = max(3, self._console.size.height - ROWS_BESIDE_TABLE)
        warned = min(len(alerts), max(1, room // 3))
        height = max(3, room - (warned + ROWS_OF_ALERTS if warned else 0))
        head = headline(status, _rate(self._before, status))
        table = host_table(rows[:height], status.at_ms)
        parts: list[Text | Table] = [head, table] if rows else [head]
        if len(rows) > height:
            parts.append(Text(f"and {len(rows) - height} more hosts", style="dim"))
        if warned:
            parts.append(alert_table(alerts[:warned], status.at_ms))
        if len(alerts) > warned:
            parts.append(Text(f"and {len(alerts) - warned} more alerts", style="dim"))
        if self._note:
            parts.append(Text(self._note, style="dim"))
        parts += [Text(f"paused {at}: {why}", style="red") for at, why in status.paused.items()]
        self._draw(Group(*parts))
        self._before = status

    def recovering(self, partitions: int) -> None:
        """Recovery of so many partitions begins."""
        self.note(f"recovering {partitions} partitions")

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        self.note(
            f"{partitions} partitions recovered: {records:,} records in {duration_s:.1f} s."
            " Ctrl-C stops"
        )

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """Nothing: the status of each second says which partitions are paused."""


def display_for(console: Console, *, table: bool) -> Display:
    """A live table where it can be seen and is wanted, else log lines."""
    return LiveTable(console) if table and console.is_terminal else Lines()


def _rate(before: Status | None, now: Status) -> float:
    if before is None or now.at_ms <= before.at_ms:
        return 0.0
    return max(0, now.events - before.events) * 1000 / (now.at_ms - before.at_ms)
