"""Runs a scenario against a broker, in its own time, with a ledger."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from streamproc.events.registry import INPUT_TOPICS
from streamproc.simulate.emission import Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.ledger import Acked, Header, LedgerWriter, Outcome
from streamproc.simulate.options import Options
from streamproc.simulate.progress import Progress, progress_of
from streamproc.simulate.scenario import Scenario
from streamproc.simulate.sender import Outgoing, Sender
from streamproc.simulate.truth import Totals

_CHUNK: Final = 1_000
_NAP_S: Final = 0.01
_PROGRESS_S: Final = 0.1


def totals_path(ledger_path: Path) -> Path:
    """Where the totals of a ledger are: beside it."""
    return ledger_path.with_name(f"{ledger_path.stem}.totals.json")


def write_totals(totals: Totals, path: Path) -> Path | None:
    """Write totals beside what they are of; where. Nothing for a device or a pipe: it has no beside.

    Errors: ``BadSetting`` if they cannot be written.
    """
    if not path.is_file():
        return None
    totals.write(totals_path(path))
    return totals_path(path)


async def run(
    scenario: Scenario,
    options: Options,
    *,
    bootstrap: str,
    ledger_path: Path,
    on_progress: Callable[[Progress], None] | None = None,
    idempotent: bool = True,
) -> Totals:
    """Send a broadcast; what is true of it.

    Shapes: the ledger is at ``ledger_path`` and its totals beside it, also when this is cancelled:
    then they hold what was emitted until then, and ``complete`` is false. What a run before this one
    left there stays until the broker and its topics are known to be there; then ``on_progress`` is
    first called. Not ``idempotent`` for a broker that is known not to know producer ids, as the
    embedded one.
    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``BadSetting``. Records that are not acknowledged
    are counted in ``outcomes``.
    """
    broadcast = Broadcast(scenario, options)
    ledger = LedgerWriter(
        ledger_path, Header(scenario=scenario.name, options=dataclasses.asdict(options))
    )
    sending = _Sending(broadcast, options, ledger, on_progress)
    with (
        contextlib.ExitStack() as opened
    ):  # the ledger outlives the sender, whose end tells outcomes
        async with Sender(bootstrap, sending.settled, idempotent=idempotent) as sender:
            await sender.require(INPUT_TOPICS)
            opened.enter_context(ledger)
            opened.enter_context(_totals_left(sending, ledger_path))
            sending.tell()
            await sending.all_to(sender)
        sending.complete = True
    sending.tell()
    return sending.totals()


@contextlib.contextmanager
def _totals_left(sending: _Sending, ledger_path: Path) -> Iterator[None]:
    """However a run ends, its totals are left beside its ledger."""
    try:
        yield
    finally:
        write_totals(sending.totals(), ledger_path)


class _Sending:
    """One run under way."""

    def __init__(
        self,
        broadcast: Broadcast,
        options: Options,
        ledger: LedgerWriter,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._broadcast = broadcast
        self._speed = options.speed
        self._rate_per_s = options.rate_per_s
        self._ledger = ledger
        self._on_progress = on_progress
        self._told_s = 0.0
        self.progress = progress_of(broadcast)
        self.complete = False

    async def all_to(self, sender: Sender) -> None:
        """Send everything, each record when it is due."""
        now = asyncio.get_running_loop().time
        started_s = now()
        due: list[Emission] = []
        for number, emission in enumerate(self._broadcast.drawn()):
            due_s = started_s + self._due_s(emission, number)
            if due_s > now() or len(due) >= _CHUNK:
                await self._send(sender, due)
                due = []
                self._tell_at(now())
            while (wait_s := due_s - now()) > 0:
                # a nap that is too long makes a few events late by it; too short ones cost a core
                await asyncio.sleep(max(_NAP_S, min(wait_s, _PROGRESS_S)))
                self._tell_at(now())
            due.append(emission)
        await self._send(sender, due)

    def settled(self, outcome: Outcome) -> None:
        """Take down what became of records."""
        self._ledger.outcome(outcome)
        count = len(outcome.seqs)
        if isinstance(outcome, Acked):
            self.progress.acked += count
        elif outcome.certain:
            self.progress.failed += count
        else:
            self.progress.unknown += count

    def totals(self) -> Totals:
        """What is true so far, and what became of the records."""
        totals, progress = self._broadcast.totals(complete=self.complete), self.progress
        totals.outcomes = {
            "acked": progress.acked,
            "failed": progress.failed,
            "unknown": totals.emitted - progress.acked - progress.failed,
        }
        return totals

    def tell(self) -> None:
        """Tell how far it is."""
        if self._on_progress is not None:
            self._on_progress(self.progress)

    async def _send(self, sender: Sender, due: list[Emission]) -> None:
        if not due:
            return
        first = self._ledger.sending(due)
        for emission in due:
            self._broadcast.count(emission)
        self.progress.emitted += len(due)
        self.progress.at_ms = due[-1].at_ms
        await sender.send(
            Outgoing(seq, each.topic, each.key, each.value, each.partition)
            for seq, each in enumerate(due, first)
        )
        await asyncio.sleep(0)  # the producer needs the loop, also when nothing made us wait

    def _due_s(self, emission: Emission, number: int) -> float:
        """When a record is to be sent, in seconds since the start."""
        due_s = 0.0
        if self._speed:
            due_s = (emission.at_ms - self.progress.start_ms) / 1000 / self._speed
        if self._rate_per_s:
            due_s = max(due_s, number / self._rate_per_s)
        return due_s

    def _tell_at(self, now_s: float) -> None:
        if now_s - self._told_s >= _PROGRESS_S:
            self._told_s = now_s
            self.tell()
