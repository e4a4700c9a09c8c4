"""A worker whose stop does not end is ended, also while it starts."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from typing import NoReturn

import pytest
from rich.console import Console

from streamproc.cli import worker
from streamproc.cli.display import display_for
from streamproc.errors import Stalled, StreamprocError
from streamproc.settings import Settings


class Ended(Exception):
    """Stands for the end of the process."""


def end(error: StreamprocError) -> NoReturn:
    raise Ended from error


async def hang(is_over: asyncio.Event) -> None:
    """Go on also when it is cancelled, as a thread of the client does."""
    while not is_over.is_set():
        with suppress(asyncio.CancelledError):
            await is_over.wait()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> worker.RunningWorker:
    """A worker that was not started, with little patience, of which no end is the process's."""
    monkeypatch.setattr(worker, "STOP_TIMEOUT_S", 0.05)
    monkeypatch.setattr(worker, "CANCEL_TIMEOUT_S", 0.05)
    monkeypatch.setattr(worker, "end_at_once", end)
    return worker.RunningWorker(Settings(), display_for(Console(file=io.StringIO()), table=False))


async def test_a_stop_that_does_not_end_ends_the_process_and_says_so(
    running: worker.RunningWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = asyncio.Event()

    monkeypatch.setattr(running.run, "stop", lambda: hang(is_over))

    with pytest.raises(Ended) as ended:
        await running.stop()

    is_over.set()
    assert isinstance(ended.value.__cause__, Stalled)
    assert "did not stop" in str(ended.value.__cause__)


async def test_a_start_that_is_given_up_and_does_not_end_ends_the_process_and_says_so(
    running: worker.RunningWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = asyncio.Event()
    told = asyncio.Event()

    async def start() -> None:
        told.set()
        await hang(is_over)

    monkeypatch.setattr(running.run, "start", start)

    with pytest.raises(Ended) as ended:
        await running.start(told)

    is_over.set()
    assert isinstance(ended.value.__cause__, Stalled)
    assert "the start did not end" in str(ended.value.__cause__)


async def test_a_start_that_is_given_up_and_ends_is_no_failure(
    running: worker.RunningWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = asyncio.Event()

    async def wait() -> None:
        told.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(running.run, "start", wait)

    await running.start(told)


async def test_a_start_that_fails_tells_why_also_where_its_stop_does_not_end(
    running: worker.RunningWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = asyncio.Event()

    async def fails() -> None:
        raise StreamprocError("no such broker")

    async def hang() -> None:
        await is_over.wait()

    monkeypatch.setattr(running.run, "start", fails)
    monkeypatch.setattr(running.run, "stop", hang)

    with pytest.raises(Ended) as ended:
        await running.start(asyncio.Event())

    is_over.set()
    assert "no such broker" in str(ended.value.__cause__)


async def test_a_stop_that_fails_says_why(
    running: worker.RunningWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> None:
        raise StreamprocError("the disk is full")

    monkeypatch.setattr(running.run, "stop", fails)

    with pytest.raises(StreamprocError, match="the disk is full"):
        await running.stop()


async def test_a_stop_in_order_ends_nothing_else(running: worker.RunningWorker) -> None:
    await running.stop()
