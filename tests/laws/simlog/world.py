"""What can happen to the workers, the network, the group and the log of one schedule, an event each.

An owner that is fenced though nobody superseded it is wrong here; every other promise is in ``promises``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY
from streamproc.engine.stamp import EPOCH_SIZE, Epoch
from streamproc.errors import Fenced
from tests.laws.simlog.engine_worker import EngineWorker
from tests.laws.simlog.promises import check
from tests.laws.simlog.rules import Fault, Rule
from tests.laws.simlog.surroundings import Append, Surroundings, Wrong
from tests.laws.simlog.worker import Acknowledged, Joined, Worker

LAG_MS, RETENTION_MS = 10_000, 10_000  # a step is a millisecond; a night is longer than the lag
DRAIN_STEPS = 6_000

Process = Worker | EngineWorker


class World:
    """The whole of one schedule."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._made = 0
        self.slots = [self._fresh() for _ in range(3)]

    @property
    def orphaned(self) -> bool:
        """True if the partition's owner is no longer alive."""
        return self._around.group.owner not in self._names()

    def favour(self, worker: Process, *, anew: bool) -> None:
        """One event in favour of a worker that owns the partition and is not disturbed."""
        around = self._around
        if around.group.owner != worker.name or anew:
            self.rebalance(worker)
        worker.paused = False
        own = [flight for flight in around.flights if flight.sender == worker.name]
        if own and around.chance(0.5):
            self.land(around.pick(own))
        elif around.chance(0.6):
            self.step(worker, worker.step)
        else:
            around.pick((self.arrive, self.work))()

    def _names(self) -> list[str]:
        return [worker.name for worker in self.slots]

    def _named(self, name: str | None) -> Process | None:
        return next((worker for worker in self.slots if worker.name == name), None)

    def _fresh(self) -> Process:
        self._made += 1
        around = self._around
        wrong = around.may(Fault.WRONG_CLOCKS)
        started_us = around.rng.randrange(1 << 40) if wrong else self._made
        process = EngineWorker if around.configuration.engine else Worker
        return process(f"w{self._made}", around, started_us)

    # What workers do.

    def work(self) -> None:
        """A worker does one thing, the owner more often than others."""
        owner = self._named(self._around.group.owner)
        worker = owner if owner and self._around.chance(0.5) else self._around.pick(self.slots)
        if not worker.paused:
            self.step(worker, worker.step)

    def step(self, worker: Process, step: Callable[[], None]) -> None:
        """A worker does this; it exits if it is fenced, and a commit is checked at once."""
        commits = self._around.group.commits
        try:
            step()
        except Fenced as error:
            self._exit(worker, error.what)
        if self._around.group.commits != commits:
            check(self._around)

    def _exit(self, worker: Process, why: str) -> None:
        """A worker was fenced: right only if it is not, or not yet, who owns the partition."""
        around, group = self._around, self._around.group
        rightful = group.owner == worker.name and group.generation == worker.generation
        around.counts.update(fenced=1, needless=int(rightful))
        self._kill(worker, why)
        excused = group.ever_deleted or around.may(Fault.WRONG_CLOCKS)
        if rightful and not excused:
            raise Wrong("an owner is fenced that nobody superseded", why)

    # What the network does.

    def arrive(self) -> None:
        """An append that is under way lands."""
        if self._around.flights:
            self.land(self._around.pick(self._around.flights))

    def land(self, flight: Append) -> None:
        """An append lands, and its sender may hear of it."""
        around = self._around
        around.flights.remove(flight)
        items = flight.items
        torn = not around.keeps(Rule.ATOMIC) and len(items) > 1
        if torn:
            middle = len(items) // 2
            items = items[:middle] if flight.base is None else items[middle:]
        base = around.log.append(items, flight.stamp, around.now_ms)
        if around.story is not None:
            stray = " (a stray copy)" if flight.stray else ""
            around.note(f"{flight.sender} appends at {base}{stray}: {_told(items, flight.stamp)}")
        if torn and flight.base is None:
            flight.base = base
            around.flights.append(flight)
            return
        self._answer(flight, base if flight.base is None else flight.base)

    def _answer(self, flight: Append, base: int) -> None:
        sender = self._named(flight.sender)
        if sender is None or flight.stray:
            return
        if self._around.chance(0.12):  # the answer is lost: the client sends the same batch again
            flight.base = None
            self._around.flights.append(flight)
        else:
            sender.inbox.append(Acknowledged(flight, base))

    def resend(self) -> None:
        """A client gives up waiting and sends again while the first copy is still on its way."""
        waiting = [f for f in self._around.flights if f.sender in self._names() and not f.stray]
        if waiting and self._around.may(Fault.STRAYS):
            self._around.flights.append(replace(self._around.pick(waiting), stray=True))

    def foreign(self) -> None:
        """Somebody writes to the changelog who has no business there."""
        around = self._around
        if around.may(Fault.FOREIGN) and around.log.end_offset:
            known = [record.key for record in around.log.records]
            key = around.pick([*known, b"\x01stranger", CLAIM_KEY, FENCE_KEY])
            around.log.append([(key, around.pick((None, b"?")))], b"", around.now_ms)
            around.note(f"a stranger writes {key!r}")

    # What the group does.

    def rebalance(self, owner: Process | None = None) -> None:
        """The group has a new generation; most workers that are awake hear of it."""
        around, group = self._around, self._around.group
        awake = [worker for worker in self.slots if not worker.paused]
        owner = owner or around.pick(awake or self.slots)
        group.generation += 1
        group.owner = owner.name
        told = [w for w in self.slots if w is owner or (not w.paused and around.chance(0.7))]
        group.members = {worker.name for worker in told}
        for worker in told:
            worker.inbox.append(Joined(group.generation, worker is owner))
        around.note(
            f"generation {group.generation}: {owner.name} of {sorted(group.members)} owns it"
        )

    def tell_again(self) -> None:
        """The owner is told of its assignment once more."""
        owner = self._named(self._around.group.owner)
        if owner and self._around.may(Fault.REPEATED):
            owner.inbox.append(Joined(self._around.group.generation, assigned=True))

    def delete_group(self) -> None:
        """The group is deleted."""
        if self._around.may(Fault.GROUP_DELETED) and self._around.chance(0.6):
            self._around.group.delete()
            self._around.note("the group is deleted")

    # What happens to processes.

    def kill_any(self) -> None:
        """A worker dies and another takes its place."""
        self._kill(self._around.pick(self.slots), "killed")

    def _kill(self, worker: Process, why: str) -> None:
        around, group = self._around, self._around.group
        around.flights = [
            f for f in around.flights if f.sender != worker.name or around.chance(0.6)
        ]
        around.note(f"{worker.name} is dead: {why}")
        fresh = self.slots[self.slots.index(worker)] = self._fresh()
        if group.owner == worker.name and around.may(Fault.STATIC) and around.chance(0.7):
            group.owner = fresh.name
            group.members = (group.members - {worker.name}) | {fresh.name}
            fresh.inbox.append(Joined(group.generation, assigned=True))
            around.note(f"{fresh.name} takes its place in generation {group.generation}")

    def pause(self) -> None:
        """A worker stops in the middle of whatever it does."""
        owner = self._named(self._around.group.owner)
        worker = owner if owner and self._around.chance(0.6) else self._around.pick(self.slots)
        worker.paused = True

    def wake(self) -> None:
        """A paused worker goes on."""
        worker = self._around.pick([w for w in self.slots if w.paused] or self.slots)
        if worker.paused and self._around.chance(0.3):
            self.rebalance(worker)  # it joins again before it does anything else
        worker.paused = False

    # What time does.

    def compact(self) -> None:
        """The log is compacted up to a time behind the lag."""
        around, log = self._around, self._around.log
        cut = around.now_ms - (LAG_MS if around.keeps(Rule.LAG) else 0)
        if log.records and cut >= log.records[0].at_ms:
            cut = around.pick((cut, around.rng.randint(log.records[0].at_ms, cut)))
            log.compact(cut, cut - RETENTION_MS if around.may(Fault.GC) else -1)
            around.note(f"compaction up to {cut}")

    def night(self) -> None:
        """More than the lag passes: under an owner that had time to look, unless nobody runs."""
        around = self._around
        outage = around.may(Fault.OUTAGE) and around.chance(0.5)
        if outage or self.rested():
            around.now_ms += LAG_MS + 1 + RETENTION_MS * around.rng.randrange(2)
            around.counts["nights"] += 1
            self.compact()

    def rested(self) -> bool:
        """True once the owner has nothing to do; it gets some time to come to that."""
        for _ in range(30):
            worker = self._named(self._around.group.owner)
            if worker is None or worker.paused or worker.owner is None:
                return False
            owner = worker.owner
            own = [flight for flight in self._around.flights if owner.waits_for(flight)]
            if own:
                self.land(own[0])
            elif worker.inbox:
                self.step(worker, worker.receive)
            elif owner.at_rest:
                return True
            else:
                self.step(worker, owner.settle)
        return False


def _told(items: list[tuple[bytes, bytes | None]], stamp: bytes) -> str:
    """The items of an append and its stamp, for people."""
    parts = [f"{tuple(Epoch.decode(stamp))} #{int.from_bytes(stamp[EPOCH_SIZE:])}"]
    for key, value in items:
        if key == FENCE_KEY and value is not None:
            fence = msgspec.msgpack.decode(value)
            parts.append(f"fence {[at[0] for at in fence[2].values()]}")
        elif key == CLAIM_KEY:
            parts.append("claim")
        else:
            parts.append(f"{str(key)[2:-1]}={'-' if value is None else str(value)[2:-1]}")
    return " ".join(parts)
