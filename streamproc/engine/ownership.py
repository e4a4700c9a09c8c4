"""Who owns a changelog partition: claims, flushes and gaps, decided without any I/O.

:class:`Claiming` is one worker's attempt to own a partition in one generation; :class:`Ownership` is
what it holds afterwards. Both are driven by the engine on Kafka and by a simulated log in the tests.

Source: docs/adr/0004-claims-fence-zombies.md, 0006-acknowledge-after-durable.md.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamproc.engine.reader import ChangelogReader
from streamproc.engine.stamp import EPOCH_SIZE, Epoch, stamp
from streamproc.errors import ChangelogLost, Fenced


class Verdict(enum.Enum):
    """What follows from having read a changelog through one's own claim."""

    OWNED = "nobody outranks the claim: read on to the log's end"
    OUTRANKED = "a higher epoch wrote before: claim again if the group still knows us"


class Writer:
    """This process as a writer: makes epochs that no other claim shares."""

    __slots__ = ("_claims", "incarnation", "started_us")

    def __init__(self, started_us: int) -> None:
        self.started_us = started_us
        self.incarnation = 0
        self._claims = 0

    def reach(self, incarnation: int) -> None:
        """Make no epoch of an incarnation before this one from now on."""
        self.incarnation = max(self.incarnation, incarnation)

    def epoch(self, incarnation: int, generation: int, attempt: int) -> Epoch:
        """A new epoch; each call makes another one."""
        self._claims += 1
        return Epoch(incarnation, generation, attempt, self.started_us, self._claims)


class Claiming:
    """One attempt to own one changelog partition, in the generation of its assignment.

    Write ``stamp`` as a claim, tell :meth:`claimed` where it landed, feed ``reader`` up to and with it,
    ask :meth:`verdict`; then read on to the log's end through :meth:`read_on` and :meth:`own`. The log is
    read from ``first_offset`` on, where a fence says that it holds the whole state.
    """

    __slots__ = ("_writer", "claim_offset", "epoch", "first_offset", "generation", "reader")

    def __init__(self, writer: Writer, generation: int) -> None:
        self._writer = writer
        self.generation = generation
        self.epoch = writer.epoch(writer.incarnation, generation, 0)
        self.claim_offset: int | None = None
        self.first_offset = 0
        self.reader = ChangelogReader()

    def read_from(self, offset: int) -> None:
        """Read the log from an offset on, and forget what was read; 0: all of it."""
        self.first_offset = offset
        self.reader = ChangelogReader()
        self.reader.next_offset = offset

    @property
    def stamp(self) -> bytes:
        """The stamp of the claim to be written."""
        return stamp(self.epoch, 0)

    def claimed(self, offset: int) -> None:
        """The claim was acknowledged at this offset."""
        self.claim_offset = offset

    @property
    def read_through(self) -> bool:
        """True once the reader has passed the claim."""
        return self.claim_offset is not None and self.reader.next_offset > self.claim_offset

    def verdict(self) -> Verdict:
        """Whether anybody outranks the claim; ask only when ``read_through``."""
        outranked = self.reader.top[:EPOCH_SIZE] > self.epoch.encode()
        return Verdict.OUTRANKED if outranked else Verdict.OWNED

    def raise_epoch(self) -> None:
        """Prepare the next claim, above the epoch that outranked this one.

        Only for a member that the coordinator still accepts a commit from. The same generation (static
        membership keeps it over a restart) takes the next attempt, a lower one is outranked in its own
        incarnation; a higher one, met by a member in good standing, means that the group was deleted and
        counts anew: the next incarnation.
        """
        rival = Epoch.decode(self.reader.top)
        starts_again = rival.generation > self.generation
        self._writer.reach(rival.incarnation + starts_again)
        is_same = (rival.incarnation, rival.generation) == (
            self._writer.incarnation,
            self.generation,
        )
        self._prepare(rival.attempt + 1 if is_same else 0)

    def begin_anew(self, incarnation: int) -> None:
        """Prepare the next claim, of that incarnation at least; only for whom :meth:`raise_epoch` is."""
        self._writer.reach(incarnation)
        self._prepare(0)

    def _prepare(self, attempt: int) -> None:
        self.epoch = self._writer.epoch(self._writer.incarnation, self.generation, attempt)
        self.claim_offset = None

    def read_on(
        self,
        keys: Sequence[bytes],
        values: Sequence[bytes | None],
        stamps: Sequence[bytes],
        next_offset: int,
        *,
        where: str,
    ) -> None:
        """Take in what stands behind the claim.

        Errors: ``Fenced`` if somebody there outranks the claim.
        """
        _refuse_higher(stamps, self.epoch, where)
        self.reader.absorb(keys, values, stamps, next_offset)

    def own(self) -> Ownership:
        """The ownership that this claim has become."""
        owned = Ownership(self.epoch, self.reader.next_offset - 1, set(self.reader.stale))
        owned.stale_records = self.reader.stale_records
        return owned


@dataclass(slots=True)
class Gap:
    """Changelog offsets that somebody else wrote: ``first`` to before ``end``."""

    first: int
    end: int


class Ownership:
    """A partition that is ours until somebody outranks us.

    Shapes: ``applied_offset`` is the last changelog offset that the state in memory accounts for;
    ``heal`` are keys whose last record in the log may be somebody else's: the next flush writes them;
    ``stale_records`` counts the records of others that were met and do not count.
    """

    __slots__ = ("applied_offset", "epoch", "flush_number", "heal", "healed_keys", "stale_records")

    def __init__(self, epoch: Epoch, applied_offset: int, heal: set[bytes]) -> None:
        self.epoch = epoch
        self.applied_offset = applied_offset
        self.heal = heal
        self.flush_number = 0
        self.healed_keys = 0
        self.stale_records = 0

    def next_stamp(self) -> bytes:
        """The stamp of the next flush."""
        self.flush_number += 1
        return stamp(self.epoch, self.flush_number)

    def take_heal(self) -> set[bytes]:
        """The keys that the flush now made must write again."""
        taken, self.heal = self.heal, set()
        self.healed_keys += len(taken)
        return taken

    def gap_before(self, base_offset: int, *, where: str) -> Gap | None:
        """What stands between our last offset and a flush of ours that landed at ``base_offset``.

        Errors: ``ChangelogLost`` if it landed where the state already was. No copy of a flush does that:
        every copy is appended behind all that was there when the flush was sent.
        """
        if base_offset <= self.applied_offset:
            raise ChangelogLost(
                f"a flush landed at offset {base_offset}, but the state goes up to {self.applied_offset}:"
                " what stood there was acknowledged and is gone",
                where=where,
                hint="the changelog was cut or made anew while this worker ran, as after a broker's loss of"
                " power. The flush was not acknowledged. Restore the changelog, or make the state anew from"
                " the source topics: streamproc state rebuild",
            )
        if base_offset == self.applied_offset + 1:
            return None
        return Gap(self.applied_offset + 1, base_offset)

    def meet(self, keys: Iterable[bytes], stamps: Sequence[bytes], *, where: str) -> None:
        """Take in a gap: a zombie's or a late copy's keys are to be written again.

        Errors: ``Fenced`` if somebody there outranks us: then we are the zombie.
        """
        _refuse_higher(stamps, self.epoch, where)
        self.heal.update(keys)
        self.stale_records += len(stamps)

    def landed(self, base_offset: int, records: int) -> None:
        """A flush of ours is durable, and the gap before it, if any, was met."""
        self.applied_offset = max(self.applied_offset, base_offset + records - 1)

    def looked(self, end_offset: int) -> None:
        """Everything before ``end_offset`` was met."""
        self.applied_offset = max(self.applied_offset, end_offset - 1)


def _refuse_higher(stamps: Iterable[bytes], epoch: Epoch, where: str) -> None:
    highest = max(stamps, default=b"")[:EPOCH_SIZE]
    if highest > epoch.encode():
        raise Fenced(
            f"another worker owns this partition: {Epoch.decode(highest)} outranks {epoch}",
            where=where,
            hint="nothing: this worker stops, and a restart joins the group again",
        )
