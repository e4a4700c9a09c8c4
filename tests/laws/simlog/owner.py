"""A worker's side of owning a partition: what the engine does around :class:`Partition`, in its order.

Fold, flush, read the gap before a flush is believed, look at the log's end when idle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from streamproc.engine.fence import TopicPosition
from streamproc.engine.partition import Flush, Partition
from streamproc.engine.stamp import stamp
from streamproc.protocol import DeadLetter
from tests.laws.simlog.rules import Rule
from tests.laws.simlog.surroundings import WHERE, Append, Surroundings

Positions = dict[str, TopicPosition]


@dataclass
class Reading:
    """A stretch of the changelog that others may have written, being read."""

    next_offset: int
    end: int
    done: Callable[[], None]


class Owner:
    """What a worker holds of a partition it owns."""

    def __init__(self, name: str, around: Surroundings, partition: Partition) -> None:
        self._name = name
        self._around = around
        self.partition = partition
        self._flight: Append | None = None
        self._reading: Reading | None = None

    @property
    def at_rest(self) -> bool:
        """True if memory, log and what was read of the log are the same, with nothing under way."""
        looked = self.partition.ownership.applied_offset + 1 >= self._around.log.end_offset
        return (
            self._flight is None
            and not self.partition.needs_flush
            and (looked or not self._around.keeps(Rule.GAPS))
        )

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
        return [*steps, *([self.flush] * 3 if self.partition.needs_flush else [self.look] * 2)]

    def settle(self) -> None:
        """Go on with what is under way, or begin what must not wait."""
        if self._reading is not None:
            self.read()
        elif self._flight is None and self.partition.needs_flush:
            self.flush()
        elif self._flight is None:
            self.look()

    def fold(self) -> None:
        """Apply what is fetched of one source; now and then records come that are known."""
        around = self._around
        topic = around.pick(list(self.partition.positions))
        source = around.scenario.sources[topic]
        offset = self.partition.positions[topic].next_offset
        if around.chance(0.1):
            offset = max(source.start_offset, offset - 2)
        raw = source.fetched(offset, around.rng.randint(1, 3), jump=around.chance(0.5))
        if raw is not None:
            self.partition.apply(topic, raw)

    def tick(self) -> None:
        """Let the program judge the clock, now and then."""
        around = self._around
        if around.chance(0.05):
            caught_up = all(
                at.next_offset > around.scenario.sources[topic].last_offset
                for topic, at in self.partition.positions.items()
            )
            self.partition.tick(around.now_ms, caught_up)

    def flush(self) -> None:
        """Append everything that changed and the fence as one batch; dead letters leave before."""
        around, ownership = self._around, self.partition.ownership
        if not around.keeps(Rule.HEALING):
            ownership.heal.clear()
        around.counts["healed"] += len(ownership.heal)
        flush = self.partition.take_flush(self._name)
        if not around.keeps(Rule.FLUSH_NUMBERS):
            flush = replace(flush, stamp=stamp(ownership.epoch, 0))
        if around.keeps(Rule.LETTERS_FIRST):
            self._publish(flush.outputs.dead_letters)
        if not around.keeps(Rule.ACK_AFTER_DURABLE):
            self.partition.durable = flush.positions
        self._flight = around.send(self._name, flush.records, flush.stamp, flush)

    def _publish(self, letters: Iterable[DeadLetter]) -> None:
        self._around.letters |= {(letter.topic, letter.offset) for letter in letters}

    def acknowledged(self, flight: Append, base_offset: int) -> None:
        """The flush under way is durable; believe it once the gap before it is read."""
        gap = self.partition.ownership.gap_before(base_offset, where=WHERE)

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
        self.partition.landed(flush, base_offset, len(flush.records))
        self._publish(flush.outputs.dead_letters)
        self._flight = None

    def look(self) -> None:
        """Begin to read what others may have written behind us."""
        if not self._around.keeps(Rule.GAPS):
            return
        ownership = self.partition.ownership
        first, end = ownership.applied_offset + 1, self._around.log.end_offset
        if end > first:
            self._reading = Reading(first, end, lambda: ownership.looked(end))

    def read(self) -> None:
        """Read some of the stretch, and finish with it at its end."""
        reading = self._reading
        if reading is None:
            return
        most = self._around.pick((None, 2))
        run = self._around.log.read(reading.next_offset, reading.end, most)
        self.partition.ownership.meet(run.keys, run.stamps, where=WHERE)
        self._around.counts["stale"] += len(run.keys)
        reading.next_offset = run.next_offset
        if run.next_offset >= reading.end:
            self._reading = None
            reading.done()
