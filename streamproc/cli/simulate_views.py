"""What ``streamproc simulate`` shows a person: how far it is, and what the broadcast was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from streamproc.cli.terminal import error_console
from streamproc.replay.tables import decimal_text
from streamproc.simulate.progress import Progress
from streamproc.simulate.scenario import Scenario
from streamproc.simulate.truth import Totals

OnProgress = Callable[[Progress], None]


class _Counts(ProgressColumn):
    """How many records were sent, how many of them are not acknowledged yet or never."""

    def render(self, task: Task) -> Text:
        """The counts."""
        counts: Progress | None = task.fields.get("counts")
        if counts is None:
            return Text("drawing the broadcast ..", style="dim")
        rate = f"{counts.emitted / task.elapsed:,.0f}/s" if task.elapsed else ""
        text = Text(f"{counts.emitted:,} records {rate}")
        if counts.failed + counts.unknown:
            text.append(f"  {counts.failed + counts.unknown:,} not acknowledged", style="red")
        return text


@contextlib.contextmanager
def shown(scenario: Scenario) -> Iterator[OnProgress]:
    """A progress bar on stderr, as what a run tells its progress to."""
    name = TextColumn("{task.description}")
    with Bar(
        SpinnerColumn(),
        name,
        BarColumn(),
        _Counts(),
        TimeRemainingColumn(),
        console=error_console(),
    ) as bar:
        task = bar.add_task(scenario.name, total=1.0)
        yield lambda told: bar.update(task, completed=told.share, counts=told)


def summary(totals: Totals) -> Table:
    """What a run was, for a person."""
    table = Table(title=f"{totals.scenario}, seed {totals.seed}", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    sessions = [figures for host in totals.hosts.values() for figures in host.values()]
    money: dict[str, int] = {}
    for figures in sessions:
        for currency, minor in figures.get("pay_gmv_minor", {}).items():
            money[currency] = money.get(currency, 0) + minor
    rows = {
        "records": totals.emitted,
        "duplicates": totals.count("duplicate"),
        "late": totals.count("late"),
        "garbage": totals.count("garbage:"),
        "hosts": len(totals.hosts),
        "paid orders": totals.paid_orders,
        "items": sum(figures.get("items_sold", 0) for figures in sessions),
        "comments": sum(figures.get("comments", 0) for figures in sessions),
        "stock-outs": len(totals.stockouts),
    }
    for name, number in rows.items():
        table.add_row(name, f"{number:,}")
    for currency, minor in sorted(money.items()):
        table.add_row(f"paid, {currency}", decimal_text(minor, currency, grouped=True))
    return table
