"""A demo that is told to stop just before its broadcast begins was cut short, and compares nothing."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.console import Console

from streamproc.cli import demo
from streamproc.cli.display import display_for
from streamproc.cli.terminal import INTERRUPTED
from streamproc.settings import Settings
from streamproc.simulate.options import Options
from streamproc.simulate.scenario import load_scenario
from tests.builders import T0


class Told:
    """A worker that starts at once; the signal is there then, and its handler has not run yet."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def start(self, told: asyncio.Event) -> None:
        asyncio.get_running_loop().call_soon(told.set)

    async def serve(self, told: asyncio.Event, beside: asyncio.Task[object] | None = None) -> None:
        await told.wait()
        if beside is not None:
            await beside

    async def stop(self) -> None:
        pass


async def test_what_was_told_to_stop_before_it_sent_anything_was_not_sent_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "RunningWorker", Told)
    plan = demo.Plan(
        load_scenario("evening"),
        Options(start_ms=T0),
        headless=False,
        check=True,
        port=None,
        board_port=None,
        partitions=None,
        replication_factor=None,
    )
    said = io.StringIO()
    display = display_for(Console(file=said), table=False)
    place = demo.Place(Settings(), embedded=True, folder=tmp_path)
    scratch = TemporaryDirectory(dir=tmp_path)
    show = demo._Show(plan, place, display, scratch)

    with scratch:
        assert await show.play(asyncio.Event(), "http://board") == INTERRUPTED

    assert "is over" not in said.getvalue()
