"""What the fleet takes for a defect: an end that nothing it did explains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from streamproc.errors import DeadLettersUnwritable, Fenced, StreamprocError
from tests.chaos.fleet import Fleet
from tests.worker_process import POLL_S, WorkerProcess, spawned

DEADLINE_S = 30.0


@pytest.mark.parametrize(
    ("error", "freezes", "is_defect"),
    [
        (DeadLettersUnwritable, False, True),
        (DeadLettersUnwritable, True, False),
        (StreamprocError, True, True),
        (Fenced, False, False),
    ],
)
async def test_what_a_worker_may_end_with(
    error: type[StreamprocError], freezes: bool, is_defect: bool, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    waits = f"until [ -e {gate} ]; do sleep 0.05; done; exit {error.exit_code}"

    def launch(status: Path, log: Path) -> WorkerProcess:
        return WorkerProcess(spawned(["/bin/sh", "-c", waits], log), status, log)

    fleet = Fleet(launch, tmp_path, workers=1, spare=0)
    tending = asyncio.create_task(fleet.tend())
    try:
        slot = fleet.slots[0]
        await _until(lambda: slot.worker is not None)
        if freezes:
            fleet.freeze(slot)
            fleet.thaw(slot, slot.worker)
        gate.touch()
        slot.wanted = False
        await _until(lambda: fleet.exits.total() == 1)
    finally:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending
        fleet.end_now()

    assert list(fleet.exits) == [error.exit_code]
    assert len(fleet.defects) == is_defect


async def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(POLL_S)
