"""A worker's side of owning a partition: fold, flush, read gaps, look, commit, as the engine does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import (
    CLAIM_KEY,
    FENCE_KEY,
    VERSION,
    Fence,
    TopicPosition,
    copy_positions,
)
from streamproc.engine.ownership import Ownership
from streamproc.engine.stamp import stamp
from streamproc.protocol import DeadLetter, Program
from tests.laws.simlog.log import Items
from tests.laws.simlog.rules import Rule
from tests.laws.simlog.surroundings import WHERE, Append, Surroundings

Positions = dict[str, TopicPosition]


@dataclass
class Flush:
    """A flush: where it goes to in the sources, and what it carries."""

    positions: Positions
    letters: list[DeadLetter]
    landed_at: int | None = None


@dataclass
class Reading:
    """A stretch of the changelog that others may have written, being read."""

    next_offset: int
    end: int
    done: Callable[[], None]


class Owner:
    """What a worker holds of a partition it owns."""

    def __init__(
        self,
        name: str,
        around: Surroundings,
        ownership: Ownership,
        program: Program,
        digest: StateDigest,
        positions: Positions,
    ) -> None:
        self._name = name
        self._around = around
        self.ownership = ownership
        self.program = program
        self.digest = digest
        self.positions = positions
        self.committable = copy_positions(positions)
        self._flushed = copy_positions(positions)
        self._dirty = False
        self._flight: Append | None = None
        self._reading: Reading | None = None

    @property
    def at_rest(self) -> bool:
        """True if nothing is under way and nothing of the log was left unread."""
        looked = self.ownership.applied_offset + 1 >= self._around.log.end_offset
        return self._flight is None and (looked or not self._around.keeps(Rule.GAPS))

    @property
    def needs_flush(self) -> bool:
        """True if the log does not hold everything that it should."""
        return self._dirty or bool(self.ownership.heal) or self.positions != self._flushed

    def waits_for(self, flight: Append) -> bool:
        """True if this append is the flush under way."""
        return self._flight is flight

    def able(self) -> list[Callable[[], None]]:
        """What the owner could do next; what is there twice is done more often."""
        steps = [self.fold, self.tick]
        if self._reading is not None:
            return [*steps, self.read, self.read]
        if self._flight is not None:
            return steps
        return [*steps, *([self.flush] * 3 if self.needs_flush else [self.look] * 2)]

    def settle(self) -> None:
        """Go on with what is under way, or begin what must not wait."""
        if self._reading is not None:
            self.read()
        elif self._flight is None and self.needs_flush:
            self.flush()
        elif self._flight is None:
            self.look()

    def fold(self) -> None:
        """Apply a batch of one source."""
        around = self._around
        topic = around.pick(list(self.positions))
        position = self.positions[topic]
        source = around.scenario.sources[topic]
        batch = source.batch(
            position.next_offset, around.rng.randint(1, 3), jump=around.chance(0.5)
        )
        if batch is not None:
            report = self.program.apply(topic, batch)
            position.advance(report, len(batch), batch.next_offset)

    def tick(self) -> None:
        """Let the program judge the clock, now and then."""
        around = self._around
        if around.chance(0.2):
            caught_up = all(
                at.next_offset > around.scenario.sources[topic].last_offset
                for topic, at in self.positions.items()
            )
            self.program.tick(around.now_ms, caught_up)
            self._dirty = self._dirty or not caught_up

    def flush(self) -> None:
        """Append everything that changed and the fence as one batch; dead letters leave before."""
        letters = self.program.take_outputs().dead_letters
        if self._around.keeps(Rule.LETTERS_FIRST):
            self._publish(letters)
        changes = self.program.take_dirty()
        self.digest.update(changes)
        number = self.ownership.next_stamp()
        if not self._around.keeps(Rule.FLUSH_NUMBERS):
            number = stamp(self.ownership.epoch, 0)
        positions = copy_positions(self.positions)
        fence = Fence(VERSION, self.digest.value, positions, self._name).encode()
        items = [*self._healed(changes), (FENCE_KEY, fence)]
        flush = Flush(positions, letters)
        self._flushed, self._dirty = positions, False
        self._flight = self._around.send(self._name, items, number, flush)
        if not self._around.keeps(Rule.ACK_AFTER_DURABLE):
            self.committable = positions

    def _healed(self, changes: Iterable[tuple[bytes, bytes | None]]) -> Items:
        """The changes, and every key that is owed a healing, but the fence's."""
        items = dict(changes)
        keys = self.ownership.take_heal() - {FENCE_KEY}
        if not self._around.keeps(Rule.HEALING):
            keys = set()
        if not self._around.keeps(Rule.CLAIM_HEALED):
            keys -= {CLAIM_KEY}
        self._around.counts["healed"] += len(keys)
        for key in sorted(keys):
            items[key] = self._name.encode() if key == CLAIM_KEY else self.program.value(key)
        return list(items.items())

    def _publish(self, letters: Iterable[DeadLetter]) -> None:
        self._around.letters |= {(letter.topic, letter.offset) for letter in letters}

    def acknowledged(self, flight: Append, base_offset: int) -> None:
        """The flush under way is durable; believe it once the gap before it is read."""
        gap = self.ownership.gap_before(base_offset)

        def landed() -> None:
            self._landed(flight, base_offset)

        if gap is None or not self._around.keeps(Rule.GAPS):
            landed()
        else:
            self._reading = Reading(gap.first, gap.end, landed)

    def _landed(self, flight: Append, base_offset: int) -> None:
        flush = flight.job
        if not isinstance(flush, Flush):
            raise TypeError(flush)
        self.ownership.landed(base_offset, len(flight.items))
        self._publish(flush.letters)
        self.committable = flush.positions
        self._flight = None

    def look(self) -> None:
        """Begin to read what others may have written behind us."""
        if not self._around.keeps(Rule.GAPS):
            return
        end = self._around.log.end_offset
        if end > self.ownership.applied_offset + 1:
            self._reading = Reading(
                self.ownership.applied_offset + 1, end, lambda: self.ownership.looked(end)
            )

    def read(self) -> None:
        """Read some of the stretch, and finish with it at its end."""
        reading = self._reading
        if reading is None:
            return
        most = self._around.pick((None, 2))
        run = self._around.log.read(reading.next_offset, reading.end, most)
        self.ownership.meet(run.keys, run.stamps, where=WHERE)
        self._around.counts["stale"] += len(run.keys)
        reading.next_offset = run.next_offset
        if run.next_offset >= reading.end:
            self._reading = None
            reading.done()
