"""``streamproc replay``: recorded events through the fold of a worker, without Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from datetime import UTC
from types import TracebackType
from typing import Annotated, Any, Final, Self

import msgspec
import typer
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.config import Bootstrap, settings_of
from streamproc.cli.host_table import host_table, money_words
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.moments import moment_ms
from streamproc.cli.recordings import DECLARED_PARTITIONS, Lines, from_topics, opened
from streamproc.cli.terminal import INTERRUPTED, output_console
from streamproc.comparison import drop_expired
from streamproc.errors import BadSetting, without_controls
from streamproc.program.view import host_rows
from streamproc.replay.answer import answer, name_of
from streamproc.replay.pace import LOOK_EVERY_S, at_once, paced
from streamproc.replay.playback import Playback, last_event_ms
from streamproc.replay.recorded import Recorded, by_event_time
from streamproc.replay.tables import moment
from streamproc.verification import tallies_digest

_MAX: Final = "max"
_FASTEST: Final = 1_000
_ROWS_BESIDE_TABLE: Final = 6


def replay(
    file: Annotated[
        str | None, typer.Argument(help="A file of recorded events, JSON lines; - for stdin.")
    ] = None,
    from_kafka: Annotated[
        bool, typer.Option("--from-kafka", help="The events that the input topics hold.")
    ] = False,
    speed: Annotated[
        str, typer.Option(help="1 to 1000 times as fast as life, or max.", metavar="1..1000|max")
    ] = _MAX,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Leave out what happened later; 2026-11-23T20:00:00+08:00 or milliseconds. Left"
            " out, the time of the last event.",
        ),
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, help="How many the topics have; what expires when depends on it.")
    ] = DECLARED_PARTITIONS,
    bootstrap: Bootstrap = None,
) -> None:
    """Fold recorded events as a worker does, without Kafka, and say what they add up to.

    Takes the lines that `simulate --to` writes and `ingest` reads. A line that cannot be used is
    named on stderr and left out; then the exit code is 26.
    """
    if (file is None) is not from_kafka:
        raise BadSetting(
            "nothing to replay" if file is None else "a file and --from-kafka",
            where="replay",
            hint="name a file, or - for stdin, or give --from-kafka: one of them",
        )
    times = _speed(speed)
    as_of_ms = None if as_of is None else moment_ms(as_of, option="--as-of")
    console = output_console(stderr=as_json)
    settings = settings_of()
    playback = Playback(reader_of(settings), judge_of(limits_of(settings)))
    with _Screen(console, table=times is not None) as screen:
        run = _Run(playback, screen, times, as_of_ms)
        try:
            lines = _played(run, file, partitions, bootstrap)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
    _tell(playback, as_of_ms, console, as_json=as_json)
    if lines is not None:
        lines.refuse_bad(where=file or "")


class _Run:
    """Everything that decides which records are folded when."""

    def __init__(
        self, playback: Playback, screen: _Screen, times: float | None, as_of_ms: int | None
    ) -> None:
        self._playback = playback
        self._screen = screen
        self._times = times
        self._as_of_ms = as_of_ms

    def play(self, records: Iterable[Recorded]) -> None:
        """Fold the records that are asked for, each when it is due."""
        wanted = records if self._as_of_ms is None else self._until(records, self._as_of_ms)
        for batch in self._batches(wanted):
            self._playback.take(batch)
            self._screen.show(self._playback)

    def play_in_order(self, records: Iterable[Recorded]) -> None:
        """The same for records that come topic by topic: rooms are judged by the events of all of them."""
        self.play(by_event_time(records))

    def _batches(self, records: Iterable[Recorded]) -> Iterator[list[Recorded]]:
        if self._times is None:
            return at_once(records)
        return paced(records, self._times, time.monotonic, time.sleep)

    @staticmethod
    def _until(records: Iterable[Recorded], as_of_ms: int) -> Iterator[Recorded]:
        return (each for each in records if each.at_ms <= as_of_ms)


class _Screen:
    """What a terminal shows meanwhile: how far it is, and the hosts if it goes slowly."""

    def __init__(self, console: Console, *, table: bool) -> None:
        self._console = console
        self._table = table
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._shown_s = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, playback: Playback) -> None:
        """Draw it, if it is time to."""
        now_s = time.monotonic()
        if not self._live.is_started or now_s - self._shown_s < LOOK_EVERY_S:
            return
        self._shown_s = now_s
        self._live.update(self._drawn(playback), refresh=True)

    def _drawn(self, playback: Playback) -> Group:
        at_ms = last_event_ms(playback.programs)
        head = Text("streamproc replay", style="bold")
        head.append(f"  {playback.records:,} events", style="not bold")
        if at_ms is None:
            return Group(head)
        head.append(f"  until {_words(at_ms)}", style="not bold")
        if not self._table:
            return Group(head)
        height = max(3, self._console.size.height - _ROWS_BESIDE_TABLE)
        return Group(head, host_table(host_rows(playback.programs)[:height], at_ms))


def _played(run: _Run, file: str | None, partitions: int, bootstrap: str | None) -> Lines | None:
    """Play what was asked for; the lines, if it was lines."""
    if file is None:
        settings = settings_of(kafka__bootstrap_servers=bootstrap)
        with libraries_silenced():
            asyncio.run(from_topics(settings, run.play_in_order))
        return None
    lines = Lines(partitions)
    with opened(file) as source:
        run.play(lines.records(source))
    return lines


def _tell(playback: Playback, as_of_ms: int | None, console: Console, *, as_json: bool) -> None:
    """Say what the events add up to."""
    last_ms = last_event_ms(playback.programs)
    until_ms = last_ms if as_of_ms is None else as_of_ms
    if until_ms is not None:
        playback.run_on(until_ms)
    said = answer(playback.programs, until_ms)
    form = playback.canonical()
    drop_expired(form, form)  # as a verification does: workers let go of it
    said["digest"] = tallies_digest(form)
    said["alerts"] = playback.alerts
    if as_json:
        typer.echo(msgspec.json.encode(said, order="sorted"))
        return
    console.print(_summary(playback, said["hosts"]))
    counts = ", ".join(f"{playback.counted(name):,} {name}" for name in ("applied", "duplicate"))
    late, rejected = playback.counted("late"), playback.counted("rejected")
    console.print(f"{playback.records:,} events: {counts}, {rejected:,} rejected; {late:,} late")
    console.print(
        f"as of  {'-' if until_ms is None else _words(until_ms)}\ndigest {said['digest']}"
    )


def _summary(playback: Playback, hosts: dict[str, dict[str, dict[str, Any]]]) -> Table:
    """A row for each session."""
    table = Table(title="Sessions", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in ("host", "name", "session", "status"):
        table.add_column(name, no_wrap=True)
    for name in (
        "GMV yuan",
        "net yuan",
        "orders",
        "items",
        "buyers",
        "viewers",
        "peak",
        "comments",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for host_id, sessions in hosts.items():
        name = name_of(playback.programs, host_id)
        for session_id, said in sessions.items():
            figures = said["figures"]
            table.add_row(
                *(Text(without_controls(each)) for each in (host_id, name, session_id)),
                said["completeness"]["status"],
                *(_money(figures[each]) for each in ("pay_gmv_minor", "net_gmv_minor")),
                *(_count(figures[each]) for each in ("orders_main", "items_sold", "buyers")),
                *(_count(figures[each]) for each in ("viewers", "online_peak", "comments")),
            )
    return table


def _money(minor: dict[str, int] | None) -> str:
    return "-" if minor is None else money_words(minor)


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _words(at_ms: int) -> str:
    return moment(at_ms, UTC).isoformat(timespec="seconds")


def _speed(text: str) -> float | None:
    """How many times as fast as life; None: as fast as it can be."""
    if text == _MAX:
        return None
    try:
        times = float(text)
    except ValueError:
        times = 0.0
    if not 1 <= times <= _FASTEST:
        raise BadSetting(
            f"{text!r} is no speed", where="--speed", hint=f"write 1 to {_FASTEST}, or {_MAX}"
        )
    return times
