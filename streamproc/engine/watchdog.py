"""Ends the process when nothing moves that should: an assignment, a recovery, a flush, a commit.

The process manager restarts it, and restarting is always safe.

Source: docs/adr/0009-a-watchdog-ends-what-hangs.md.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from streamproc.engine.engine import Engine
from streamproc.errors import Stalled

CHECKS_PER_TIMEOUT = 10


@dataclass(slots=True)
class _Watched:
    """A number that must move while there is a reason for it to."""

    value: object = None
    since_s: float = 0.0

    def still_for_s(self, value: object, now_s: float) -> float:
        """How long the value has not changed."""
        if value != self.value:
            self.value, self.since_s = value, now_s
        return now_s - self.since_s


class Watchdog:
    """Looks at an engine's progress.

    Units: ``stall_timeout_s`` without progress is too long.
    """

    def __init__(self, engine: Engine, stall_timeout_s: float) -> None:
        self._engine = engine
        self._timeout_s = stall_timeout_s
        self._assignment = _Watched()
        self._recovery = _Watched()
        self._commit = _Watched()

    async def run(self) -> None:
        """Watch until cancelled. Errors: ``Stalled``."""
        while True:
            await asyncio.sleep(self._timeout_s / CHECKS_PER_TIMEOUT)
            self.check(time.monotonic())

    def check(self, now_s: float) -> None:
        """Raise if something has not moved for too long. Errors: ``Stalled``."""
        self._check_assignment(now_s)
        self._check_recovery(now_s)
        self._check_flushes(now_s)
        self._check_commits(now_s)

    def _check_assignment(self, now_s: float) -> None:
        """What is assigned must be recovered; whoever has no partition may rest for ever."""
        engine = self._engine
        waits = bool(engine.assigned) and not engine.is_deciding
        abandoned = waits and not engine.partitions and engine.recovery is None
        of = engine.measured.rebalances if abandoned else None
        still_s = self._assignment.still_for_s(of, now_s)
        if abandoned and still_s > self._timeout_s:
            raise _stalled("partitions are assigned and nothing recovers them", still_s)

    def _check_recovery(self, now_s: float) -> None:
        recovery = self._engine.recovery
        read = None if recovery is None else (id(recovery), recovery.records)
        still_s = self._recovery.still_for_s(read, now_s)
        if recovery is not None and still_s > self._timeout_s:
            raise _stalled("recovery read no record", still_s)

    def _check_flushes(self, now_s: float) -> None:
        for partition in self._engine.partitions.values():
            started_s = partition.flush_started_s
            if started_s is not None and now_s - started_s > self._timeout_s:
                raise _stalled(
                    f"a flush of partition {partition.number} is on its way", now_s - started_s
                )

    def _check_commits(self, now_s: float) -> None:
        durable, committed = self._engine.commit_progress()
        still_s = self._commit.still_for_s((committed, durable == committed), now_s)
        if durable != committed and still_s > self._timeout_s:
            raise _stalled("no offset was committed though the state moved", still_s)


def _stalled(what: str, still_s: float) -> Stalled:
    return Stalled(
        f"{what} for {still_s:.0f} s",
        where="this worker",
        hint="restart it (a process manager does); if it stalls again, look at the broker",
    )
