"""A worker process: told of assignments, it recovers, owns, and drops all of it when told again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from streamproc.engine.ownership import Writer
from tests.laws.simlog.owner import Owner
from tests.laws.simlog.recovery import Recovery, SharedEpochs
from tests.laws.simlog.rules import Rule
from tests.laws.simlog.surroundings import Append, Surroundings


class Joined(NamedTuple):
    """The group has a new generation, and the partition is ours or not."""

    generation: int
    assigned: bool


class Acknowledged(NamedTuple):
    """An append landed."""

    flight: Append
    base_offset: int


class Worker:
    """One process."""

    def __init__(self, name: str, around: Surroundings, started_us: int) -> None:
        self.name = name
        self._around = around
        self._writer = (Writer if around.keeps(Rule.OWN_EPOCH) else SharedEpochs)(started_us)
        self.paused = False
        self.inbox: deque[Joined | Acknowledged] = deque()
        self.generation = -1
        self.recoveries: list[Recovery] = []
        self.owner: Owner | None = None

    def step(self) -> None:
        """Do one of the things that could be done now.

        Errors: ``Fenced`` if the process must exit.
        """
        able: list[Callable[[], None]] = [self.receive] * 2 if self.inbox else []
        if self.recoveries:
            able += [self._around.pick(self.recoveries).step] * 3
        if self.owner is not None:
            able += [*self.owner.able(), self.commit]
        if able:
            self._around.pick(able)()

    def receive(self) -> None:
        """Take in what was told first."""
        message = self.inbox.popleft()
        if isinstance(message, Joined):
            self._join(message)
            return
        if self.owner is not None and self.owner.waits_for(message.flight):
            self.owner.acknowledged(message.flight, message.base_offset)
            return
        for recovery in self.recoveries:
            if recovery.waits_for(message.flight):
                recovery.acknowledged(message.base_offset)

    def _join(self, message: Joined) -> None:
        """Drop everything, also what stays ours; begin anew if it is ours."""
        self.generation = message.generation
        self.owner = None
        if self._around.keeps(Rule.TOKEN):
            self.recoveries.clear()
        if message.assigned:
            self.recoveries.append(
                Recovery(self.name, self._around, self._writer, message.generation, self._install)
            )

    def _install(self, recovery: Recovery, owner: Owner) -> None:
        self.recoveries.remove(recovery)
        partition = owner.partition
        self._around.note(
            f"{self.name} owns it as {tuple(partition.ownership.epoch)},"
            f" heals {sorted(partition.ownership.heal)},"
            f" reads on at {[at.next_offset for at in partition.positions.values()]}"
        )
        self._around.counts["recovered"] += 1
        if self.owner is None:
            self.owner = owner
            return
        # Only without tokens: the overtaken recovery writes into the state of the newer one.
        newer = self.owner.partition
        newer.program, newer.digest = partition.program, partition.digest
        newer.positions = partition.positions

    def commit(self) -> None:
        """Move the committed offsets to the last flush that is believed."""
        group = self._around.group
        if self.owner is None or not self.owner.partition.is_fenced:
            return
        if group.accepts(self.name, self.generation):
            offsets = {topic: at.next_offset for topic, at in self.owner.partition.durable.items()}
            if offsets != group.committed:
                group.commit(offsets)
