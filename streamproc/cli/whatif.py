"""``streamproc whatif``: recorded events through the rules with other thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamproc.alerts.limits import Limits, assigned
from streamproc.alerts.registry import RULE_OF_KIND
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.config import settings_of
from streamproc.cli.moments import moment_ms
from streamproc.cli.recordings import DECLARED_PARTITIONS, Lines, opened
from streamproc.cli.terminal import output_console
from streamproc.errors import BadSetting
from streamproc.program.fold_comments import CommentReader
from streamproc.replay.pace import at_once
from streamproc.replay.playback import Playback, last_event_ms
from streamproc.replay.recorded import Recorded
from streamproc.replay.whatif import (
    Fired,
    Score,
    by_ledger,
    by_verdicts,
    difference,
    fired,
    kinds_of,
    variants,
)

_AS_IT_IS: Final = "as it is"


class _Incident(msgspec.Struct):
    kind: str
    host_id: str
    start_ms: int
    end_ms: int
    product_id: str | None = None


class _Ledger(msgspec.Struct):
    incidents: list[_Incident]


def whatif(
    file: Annotated[
        str, typer.Argument(help="A file of recorded events, JSON lines; - for stdin.")
    ],
    changes: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="A threshold and its value, or values with commas between: every combination of"
            " all that are given is tried.",
            metavar="SECTION.NAME=VALUE[,VALUE..]",
        ),
    ],
    ledger: Annotated[
        Path | None,
        typer.Option(help="The totals that `simulate --to` wrote beside the file: what is true."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Of this alert only, as Stockout.")] = None,
    until: Annotated[
        str | None, typer.Option(help="Let time pass in silence until then, after the last event.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Fold recorded events again with other thresholds, and say which alerts come and go.

    Precision, recall and delay are held against the simulator's ledger, or against the verdicts that
    people gave on the alerts of the recording.
    """
    if kind is not None and kind not in RULE_OF_KIND:
        known = ", ".join(RULE_OF_KIND)
        raise BadSetting(f"there is no alert {kind!r}", where="--kind", hint=f"take one of {known}")
    settings = settings_of()
    held = limits_of(settings)
    tried = [(names, assigned(held, names)) for names in variants(changes)]
    truth = None if ledger is None else _incidents(ledger, kind)
    until_ms = None if until is None else moment_ms(until, option="--until")
    console = output_console(stderr=as_json)
    lines = Lines(DECLARED_PARTITIONS)
    with opened(file) as source:
        records = list(lines.records(source))
    reader = reader_of(settings)
    before = list(kinds_of(_alerts(records, reader, held, until_ms), kind))
    rows = [_row(_AS_IT_IS, before, before, truth)]
    for names, limits in tried:
        after = list(kinds_of(_alerts(records, reader, limits, until_ms), kind))
        rows.append(_row(" ".join(names), before, after, truth))
    if as_json:
        typer.echo(msgspec.json.encode(rows))
    else:
        _show(rows, console, judged=truth is not None or any(each.verdict for each in before))
    lines.refuse_bad(where=file)


def _alerts(
    records: Sequence[Recorded], reader: CommentReader, limits: Limits, until_ms: int | None
) -> list[Fired]:
    playback = Playback(reader, judge_of(limits))
    for batch in at_once(records):
        playback.take(batch)
    playback.run_on(until_ms or last_event_ms(playback.programs) or 0)
    return fired(playback.alerts)


def _incidents(path: Path, kind: str | None) -> list[_Incident]:
    try:
        incidents = msgspec.json.decode(path.read_bytes(), type=_Ledger).incidents
    except OSError as error:
        raise BadSetting(
            f"the ledger's totals cannot be read: {error.strerror}",
            where=str(path),
            hint="name the file that ends in .totals.json",
        ) from error
    except msgspec.MsgspecError as error:
        raise BadSetting(
            f"these are no totals of a ledger: {error}",
            where=str(path),
            hint="name the file that `streamproc simulate --to` wrote, ending in .totals.json",
        ) from error
    return [each for each in incidents if kind is None or each.kind == kind]


def _row(
    name: str, before: list[Fired], after: list[Fired], truth: list[_Incident] | None
) -> dict[str, Any]:
    """What is told of one variant."""
    found = difference(before, after)
    score = by_verdicts(before, after) if truth is None else by_ledger(after, truth)
    return {
        "thresholds": name,
        "alerts": len(after),
        "pages": sum(1 for each in after if each.paged),
        "gained": [_named(each) for each in found.gained],
        "lost": [_named(each) for each in found.lost],
        **_scored(score),
    }


def _scored(score: Score) -> dict[str, Any]:
    return {
        "right": score.right,
        "wrong": score.wrong,
        "missed": score.missed,
        "precision": score.precision,
        "recall": score.recall,
        "median_delay_s": score.delay_s,
    }


def _named(alert: Fired) -> dict[str, Any]:
    return {
        "kind": alert.kind,
        "state": alert.state,
        "host_id": alert.host_id,
        "session_id": alert.session_id,
        "subject": alert.subject,
        "at_ms": alert.at_ms,
    }


def _show(rows: Sequence[dict[str, Any]], console: Console, *, judged: bool) -> None:
    table = Table(title="What if", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    table.add_column("thresholds")
    names = ["alerts", "pages", "gained", "lost"]
    names += ["precision", "recall", "delay s"] if judged else []
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        cells = [str(row["alerts"]), str(row["pages"]), *(str(len(row[n])) for n in names[2:4])]
        if judged:
            cells += [
                _share(row["precision"]),
                _share(row["recall"]),
                _number(row["median_delay_s"]),
            ]
        table.add_row(Text(row["thresholds"]), *cells)
    console.print(table)
    if not judged:
        console.print("Nothing says which of them were right: give --ledger, or judge alerts.")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
