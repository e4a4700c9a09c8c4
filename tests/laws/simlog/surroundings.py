"""What every worker of a schedule shares: the log, the network, the group, the clock, the truth."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.laws.simlog.log import Items, SimulatedLog
from tests.laws.simlog.rules import Configuration, Fault, Rule
from tests.laws.simlog.scenario import Scenario

T = TypeVar("T")
WHERE = "simulated changelog"


class Verdict(Exception):
    """A schedule ended early: the kind of thing that happened, and the case."""

    def __init__(self, kind: str, detail: object) -> None:
        super().__init__(f"{kind}: {detail}".replace("\n", "; "))
        self.kind = kind


class Wrong(Verdict):
    """The engine broke a promise."""


class RefusedAfterOutage(Verdict):
    """A reader noticed, after an outage longer than the lag, that the changelog cannot be trusted."""


@dataclass(eq=False)
class Append:
    """A produce request on its way: it may land at any time, twice, or never."""

    sender: str
    items: Items
    stamp: bytes
    job: object
    stray: bool = False
    """Nobody waits for the answer to this copy."""
    base: int | None = None
    """Where the first half went, when a flush is torn."""


class Group:
    """The group coordinator: it knows members and generations, not who owns which partition."""

    def __init__(self) -> None:
        self.generation = 0
        self.owner: str | None = None
        self.members: set[str] = set()
        self.committed: dict[str, int] = {}
        self.commits = 0
        self.ever_deleted = False

    def accepts(self, member: str, generation: int) -> bool:
        """True if a commit of this member, in the generation it joined, would be taken."""
        return member in self.members and generation == self.generation

    def commit(self, offsets: dict[str, int]) -> None:
        """Move the committed offsets."""
        self.committed = dict(offsets)
        self.commits += 1

    def delete(self) -> None:
        """Forget the group: its generations start again, its offsets are gone."""
        self.generation, self.owner, self.committed = 0, None, {}
        self.members.clear()
        self.ever_deleted = True


@dataclass
class Surroundings:
    """The shared world of one schedule."""

    configuration: Configuration
    rng: random.Random
    scenario: Scenario
    faults: frozenset[Fault]
    log: SimulatedLog = field(default_factory=SimulatedLog)
    group: Group = field(default_factory=Group)
    flights: list[Append] = field(default_factory=list)
    letters: set[tuple[str, int]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] | None = None
    now_ms: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    """Where a real engine's tasks run, turned by hand."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def keeps(self, rule: Rule) -> bool:
        """True unless the configuration takes the rule away."""
        return rule not in self.configuration.without

    def may(self, fault: Fault) -> bool:
        """True if this schedule has the fault."""
        return fault in self.faults

    def pick(self, things: Sequence[T]) -> T:
        """One of them."""
        return things[int(self.rng.random() * len(things))]

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def note(self, text: str) -> None:
        """A line of the story, if somebody reads it."""
        if self.story is not None:
            self.story.append(f"{self.now_ms:7} {text}")

    def send(self, sender: str, items: Items, stamp: bytes, job: object) -> Append:
        """An append on its way to the changelog."""
        flight = Append(sender, items, stamp, job)
        self.flights.append(flight)
        return flight

    def turn(self) -> None:
        """Let every task do what it can do now."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    def close(self) -> None:
        """End every task that still waits, and the loop."""
        while waiting := [task for task in self.tasks if not task.done()]:
            for task in waiting:
                task.cancel()
            self.turn()
        self.loop.close()

    def distrust(self, kind: str, detail: object) -> Verdict:
        """What it is when a reader refuses the changelog: right after an outage, wrong otherwise."""
        return (RefusedAfterOutage if self.may(Fault.OUTAGE) else Wrong)(kind, detail)
