"""Workers as processes, and what a process manager does for them: start again whoever ended."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streamproc.errors import (
    BrokerUnreachable,
    DeadLettersUnwritable,
    Fenced,
    FlushFailed,
    Stalled,
)
from tests.worker_process import POLL_S, WorkerProcess

RESTARTABLE = {each.exit_code for each in (Fenced, FlushFailed, Stalled)}
AFTER_SILENCE = {each.exit_code for each in (BrokerUnreachable, DeadLettersUnwritable)}
"""What a worker may end with when it, or the broker, stood still: what it read or wrote has timed out."""
RESTART_DELAY_S = 0.5
STOP_DEADLINE_S = 90.0

Launch = Callable[[Path, Path], WorkerProcess]
"""A worker that writes these two files: its status, its log."""


@dataclass
class Slot:
    """A place for one worker at a time.

    Shapes: ``allowed`` are the exit codes that our own signals explain; ``ever_cut_off``: its worker
    stood still once, or the broker did while it ran.
    """

    number: int
    wanted: bool = False
    worker: WorkerProcess | None = None
    not_before_s: float = 0.0
    frozen: bool = False
    ever_cut_off: bool = False
    allowed: set[int] = field(default_factory=set)

    @property
    def partitions(self) -> set[int]:
        """What it says that it owns."""
        return set(self.worker.status().get("partitions", ())) if self.worker else set()


class Fleet:
    """All workers of a run.

    Shapes: ``exits`` counts exit codes; ``defects`` are ends that nothing explains.
    """

    def __init__(self, launch: Launch, folder: Path, *, workers: int, spare: int) -> None:
        self.slots = [Slot(number, wanted=number < workers) for number in range(workers + spare)]
        self.exits: Counter[int] = Counter()
        self.defects: list[str] = []
        self.stale_seen = 0
        self._has_broker = True
        self._workers = workers
        self._launch = launch
        self._folder = folder
        self._started: list[WorkerProcess] = []

    async def tend(self) -> None:
        """Start whoever is wanted, bury whoever ended; without an end."""
        while True:
            for slot in self.slots:
                self._bury(slot)
                if slot.wanted and slot.worker is None and time.monotonic() >= slot.not_before_s:
                    self._start(slot)
            await asyncio.sleep(POLL_S)

    def _start(self, slot: Slot) -> None:
        name = f"{len(self._started):03}-slot-{slot.number}"
        slot.worker = self._launch(self._folder / f"{name}.json", self._folder / f"{name}.log")
        slot.allowed = set()
        slot.frozen, slot.ever_cut_off = False, not self._has_broker
        self._started.append(slot.worker)

    def _bury(self, slot: Slot) -> None:
        if slot.worker is None or (code := slot.worker.exit_code) is None:
            return
        self.exits[code] += 1
        self.stale_seen += int(slot.worker.status().get("stale_records", 0))
        explained = RESTARTABLE | slot.allowed | (AFTER_SILENCE if slot.ever_cut_off else set())
        if code not in explained:
            self.defects.append(f"a worker ended with {code}:\n{slot.worker.log[-3000:]}")
        slot.worker = None
        slot.frozen = False
        slot.not_before_s = max(slot.not_before_s, time.monotonic() + RESTART_DELAY_S)

    # -- faults ------------------------------------------------------------------------------------

    def lose_broker(self) -> None:
        """No worker reaches the broker from now on, nor does one that is started."""
        self._has_broker = False
        for slot in self.slots:
            slot.ever_cut_off = True

    def find_broker(self) -> None:
        """The broker is back."""
        self._has_broker = True

    def awake(self) -> list[Slot]:
        """Slots whose worker runs; those that own partitions first."""
        running = [s for s in self.slots if s.worker and not s.frozen and not s.allowed]
        working = [slot for slot in running if slot.partitions]
        return working or running

    def kill(self, slot: Slot, *, back_after_s: float) -> None:
        """SIGKILL."""
        assert slot.worker is not None
        slot.allowed.add(-signal.SIGKILL)
        slot.not_before_s = time.monotonic() + back_after_s
        slot.worker.kill()

    def terminate(self, slot: Slot, *, back_after_s: float = 0.0) -> None:
        """SIGTERM. Before it listens to signals, the signal itself is its end."""
        assert slot.worker is not None
        slot.allowed |= {0, -signal.SIGTERM}
        slot.not_before_s = time.monotonic() + back_after_s
        slot.worker.terminate()

    def freeze(self, slot: Slot) -> None:
        """SIGSTOP."""
        assert slot.worker is not None
        slot.frozen = slot.ever_cut_off = True
        slot.worker.pause()

    def thaw(self, slot: Slot, worker: WorkerProcess | None) -> None:
        """SIGCONT, if it is still the same worker that sleeps there."""
        if slot.worker is worker and worker is not None and slot.frozen:
            slot.frozen = False
            worker.resume()

    def owned_by_others(self, slot: Slot, since: set[int]) -> bool:
        """Whether anybody awake says that it owns some of these partitions."""
        return any(each.partitions & since for each in self.awake() if each is not slot)

    # -- the end -----------------------------------------------------------------------------------

    def heal(self) -> None:
        """As many workers as in the beginning, all awake."""
        for slot in self.slots:
            self.thaw(slot, slot.worker)
            slot.wanted = slot.number < self._workers
            if slot.worker is not None and not slot.wanted and not slot.allowed:
                self.terminate(slot)

    def durable(self) -> dict[str, int]:
        """How far the owners say that the state is durable, as ``topic/partition``."""
        found: dict[str, int] = {}
        for slot in self.slots:
            for source, offset in (
                (slot.worker.status() if slot.worker else {}).get("durable", {}).items()
            ):
                found[source] = max(offset, found.get(source, 0))
        return found

    async def stop(self) -> None:
        """End all in order, and note who did not."""
        for slot in self.slots:
            slot.wanted = False
            if slot.worker is not None:
                self.terminate(slot)
        deadline = time.monotonic() + STOP_DEADLINE_S
        while any(slot.worker for slot in self.slots):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(POLL_S)
        for slot in self.slots:
            if slot.worker is not None:
                self.defects.append(f"a worker did not end:\n{slot.worker.log[-3000:]}")
        self.defects += [
            f"a traceback in {worker.log_file}:\n{worker.log[-3000:]}"
            for worker in self._started
            if "Traceback" in worker.log
        ]

    def end_now(self) -> None:
        """Leave no process behind, whatever happened."""
        for worker in self._started:
            if worker.exit_code is None:
                worker.kill()
