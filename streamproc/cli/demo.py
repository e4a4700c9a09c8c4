"""``streamproc demo``: everything in one command, from broker to board."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from streamproc.changelog_state import log_ends
from streamproc.cli.config import settings_of
from streamproc.cli.demo_views import board_beside, redis_of
from streamproc.cli.display import Display, display_for
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.terminal import INTERRUPTED, output_console
from streamproc.cli.verify import ledger_differences, refuse_differences, report, verified
from streamproc.cli.worker import RunningWorker, give_back, stop_on_signals
from streamproc.embedded.broker import EmbeddedBroker
from streamproc.errors import Stalled
from streamproc.provision.admin import ensure_topics
from streamproc.settings import Settings
from streamproc.simulate.generator import default_start_ms
from streamproc.simulate.options import Options
from streamproc.simulate.progress import Progress
from streamproc.simulate.run import run
from streamproc.simulate.scenario import Scenario, load_scenario, scenario_names
from streamproc.simulate.truth import Totals

EMBEDDED_PARTITIONS = 4
EMBEDDED: Mapping[str, object] = {
    "kafka__session_timeout_s": 6.0,  # it lets every join of the group wait for half of it
    "kafka__heartbeat_interval_s": 1.0,
    "engine__fetch_wait_max_ms": 50,  # it answers a waiting fetch only when its time is over
}
APP_ID = "streamproc-demo"
LIVELY_SECONDS = 1_800
CATCH_UP_POLL_S = 0.2
CATCH_UP_STALL_S = 60.0
_CHECK = "Running without people"
_FAULTS = "Faults, as shares of everything sent"
_BROKER = "Where"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a demo is to do; ``options`` still need the moment of the start."""

    scenario: Scenario
    options: Options
    headless: bool
    check: bool
    port: int | None
    board_port: int | None
    partitions: int | None
    replication_factor: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a demo runs: the settings that lead there, and whether the broker is our own."""

    settings: Settings
    embedded: bool
    folder: Path


def demo(
    scenario: Annotated[
        str, typer.Option(help=f"One of {', '.join(scenario_names())}, or a .toml file.")
    ] = "contest",
    seconds: Annotated[
        int | None, typer.Option(min=1, help="Only so many seconds of the broadcast.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="How often faster than life; 0: all at once.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same broadcast.")] = 1,
    audience_scale: Annotated[
        float, typer.Option(min=0, help="Thins comments and viewers; orders stay exact.")
    ] = 1.0,
    duplicates: Annotated[float, typer.Option(help="Sent twice.", rich_help_panel=_FAULTS)] = 0.0,
    disorder: Annotated[
        float, typer.Option(help="Delayed, but not too late.", rich_help_panel=_FAULTS)
    ] = 0.0,
    garbage: Annotated[float, typer.Option(help="Cannot be used.", rich_help_panel=_FAULTS)] = 0.0,
    headless: Annotated[
        bool,
        typer.Option(
            "--headless",
            help="Log lines, and end when the broadcast does (after 30 s, unless told).",
            rich_help_panel=_CHECK,
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="At the end compare state, log, ledger and dead letters; exit 25 if they differ.",
            rich_help_panel=_CHECK,
        ),
    ] = False,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            help="Use this broker, host:port, instead of an embedded one; the simulated events go into"
            " its live.* topics. [STREAMPROC_KAFKA__BOOTSTRAP_SERVERS]",
            rich_help_panel=_BROKER,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65_535, help="Port of the embedded broker.", rich_help_panel=_BROKER
        ),
    ] = None,
    board_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            help="Port of the board. [STREAMPROC_BOARD__PORT; any that is free if that is taken]",
            rich_help_panel=_BROKER,
        ),
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"Partitions of topics that are made. [embedded {EMBEDDED_PARTITIONS}, else as declared]",
            rich_help_panel=_BROKER,
        ),
    ] = None,
    replication_factor: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Replicas of topics that are made; 1 on a single broker. [as declared]",
            rich_help_panel=_BROKER,
        ),
    ] = None,
) -> None:
    """Live tallies and alerts of a simulated broadcast in terminal and browser; Ctrl-C ends it.

    It starts an embedded broker and an embedded Redis, makes the topics, runs a worker and a board, whose
    address it shows, and sends a broadcast. Nothing is left behind.
    """
    length_s = seconds if seconds is not None else 30 if headless else LIVELY_SECONDS
    options = Options(
        start_ms=time.time_ns() // 1_000_000,
        seed=seed,
        audience_scale=audience_scale,
        seconds=length_s,
        speed=speed,
        duplicates=duplicates,
        disorder=disorder,
        garbage=garbage,
    )
    plan = Plan(
        load_scenario(scenario),
        options,
        headless,
        check,
        port,
        board_port,
        partitions,
        replication_factor,
    )
    settings = settings_of(kafka__bootstrap_servers=bootstrap)
    display = display_for(Console(highlight=False), table=not headless)
    raise typer.Exit(asyncio.run(_demo(plan, settings, display)))


async def _demo(plan: Plan, settings: Settings, display: Display) -> int:
    # what still runs may write into it while it is removed
    scratch = TemporaryDirectory(prefix="streamproc-demo-", ignore_cleanup_errors=True)

    def tidy() -> None:
        scratch.cleanup()
        give_back(display)

    with display, stop_on_signals(tidy) as told:
        async with _place(plan, settings, display, scratch) as place:
            await _make_topics(plan, place, display)
            show = _Show(plan, place, display, scratch)
            async with board_beside(place.settings, plan.board_port, display) as url:
                return await show.play(told, url)


@contextlib.asynccontextmanager
async def _place(
    plan: Plan, given: Settings, display: Display, scratch: TemporaryDirectory[str]
) -> AsyncIterator[Place]:
    """The broker that was named, or one of our own; and a folder that is removed at the end."""
    with scratch as name:
        folder = Path(name)
        if "bootstrap_servers" in given.kafka.model_fields_set:
            bootstrap = given.kafka.bootstrap_servers
            async with redis_of(given, display) as redis:
                named = settings_of(
                    kafka__bootstrap_servers=bootstrap, kafka__app_id=APP_ID, redis__url=redis
                )
                yield Place(named, embedded=False, folder=folder)
            return
        display.note("starting the embedded broker")
        async with EmbeddedBroker(port=plan.port) as broker, redis_of(given, display) as redis:
            own = settings_of(
                kafka__bootstrap_servers=broker.bootstrap,
                kafka__app_id=APP_ID,
                redis__url=redis,
                **EMBEDDED,
            )
            yield Place(own, embedded=True, folder=folder)


async def _make_topics(plan: Plan, place: Place, display: Display) -> None:
    kafka = place.settings.kafka
    display.note(f"making the topics on {kafka.bootstrap_servers}")
    with libraries_silenced():
        made = await ensure_topics(
            kafka.bootstrap_servers,
            partitions=plan.partitions or (EMBEDDED_PARTITIONS if place.embedded else None),
            replication_factor=plan.replication_factor or (1 if place.embedded else None),
            app_id=kafka.app_id,
        )
    display.note(f"{len(made)} topics made")


class _Show:
    """A worker, and a broadcast that is sent to it."""

    def __init__(
        self, plan: Plan, place: Place, display: Display, scratch: TemporaryDirectory[str]
    ) -> None:
        self._plan = plan
        self._place = place
        self._display = display
        self._url = ""
        self._bootstrap = place.settings.kafka.bootstrap_servers
        self._ledger = place.folder / "ledger.jsonl"
        self._worker = RunningWorker(place.settings, display, tidy=scratch.cleanup)

    async def play(self, told: asyncio.Event, url: str) -> int:
        """Run until the broadcast is over, or told to stop; the exit code. ``url`` is the board's.

        Errors: ``VerificationFailed``; what ends a worker or a simulation.
        """
        self._url = url
        await self._worker.start(told)
        since = None
        if not self._place.embedded and not told.is_set():
            since = await log_ends(self._bootstrap, self._worker.run.engine.config.partitions)
        sending = asyncio.create_task(self._send(told))
        try:
            await self._worker.serve(told, sending)
            # told to stop before it began, it is done, too, and has sent nothing
            is_over = sending.done() and sending.result() is not None
            if is_over and not self._plan.headless:
                self._display.note(
                    f"the broadcast is over; board {self._url}; Ctrl-C ends the demo"
                )
                await self._worker.serve(told)
            if self._plan.check and is_over and not self._is_cut_short(told):
                await self._catch_up(told if self._plan.headless else asyncio.Event())
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        self._display.note("stopping: flush, commit, leave the group")
        await self._worker.stop()
        if not self._plan.check:
            return 0
        if not is_over or self._is_cut_short(told):
            return INTERRUPTED
        await self._check(since)
        return 0

    def _is_cut_short(self, told: asyncio.Event) -> bool:
        """Whether it was told to stop before its time; a table stays until somebody says so."""
        return self._plan.headless and told.is_set()

    async def _send(self, told: asyncio.Event) -> Totals | None:
        if told.is_set():
            return None
        options = self._plan.options
        now_ms = time.time_ns() // 1_000_000
        start_ms = default_start_ms(self._plan.scenario, options, now_ms)
        return await run(
            self._plan.scenario,
            replace(options, start_ms=start_ms),
            bootstrap=self._bootstrap,
            ledger_path=self._ledger,
            on_progress=self._tell,
            idempotent=not self._place.embedded,
        )

    def _tell(self, progress: Progress) -> None:
        if not self._plan.headless:
            self._display.note(
                f"{self._plan.scenario.name}: {progress.emitted:,} events sent,"
                f" {progress.share:.0%} of the broadcast. Board: {self._url} Ctrl-C ends the demo"
            )

    async def _catch_up(self, told: asyncio.Event) -> None:
        """Return when everything sent is folded and durable.

        Errors: ``Stalled`` if it does not move any more.
        """
        engine = self._worker.run.engine
        ends = await log_ends(self._bootstrap, engine.config.partitions)
        self._display.note("the broadcast is over; waiting until everything is folded and durable")
        moved_s, before = time.monotonic(), -1
        while not told.is_set():
            durable = {
                (topic, number): position.next_offset
                for number, partition in engine.partitions.items()
                for topic, position in partition.durable.items()
            }
            reached = all(durable.get(at, -1) >= end for at, end in ends.items())
            if reached and self._worker.run.caught_up():
                return
            if (now := sum(durable.values())) != before:
                moved_s, before = time.monotonic(), now
            if time.monotonic() - moved_s > CATCH_UP_STALL_S:
                short = sum(max(0, end - durable.get(at, 0)) for at, end in ends.items())
                raise Stalled(
                    f"{short} records are not durable, and nothing moved for {CATCH_UP_STALL_S:.0f} s",
                    where=self._bootstrap,
                    hint="look at the lines above: is a partition paused for too much garbage?",
                )
            self._worker.show()
            await asyncio.sleep(CATCH_UP_POLL_S)

    async def _check(self, since: Mapping[tuple[str, int], int] | None) -> None:
        self._display.note("comparing state, log, ledger and dead letters")
        console = output_console(stderr=False)
        settings = self._place.settings
        found = await verified(settings, console, None)
        lines = await ledger_differences(settings, self._ledger, found, since)
        found.differences += [f"ledger: {line}" for line in lines]
        if found.beyond_total_records:
            found.differences.append(f"{found.beyond_total_records} records were not folded")
        give_back(self._display)
        report(found, console)
        refuse_differences(found, where=self._bootstrap)
        console.print("ledger: equal, and the dead letters are exactly the garbage")
