"""A worker's side of taking a partition over: claim, read, judge, read on, restore, as the engine does."""

from __future__ import annotations

from collections.abc import Callable

from streamproc.engine.beginning import LogBounds, begin
from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, copy_positions
from streamproc.engine.ownership import Claiming, Verdict, Writer
from streamproc.engine.partition import Partition
from streamproc.engine.stamp import Epoch
from streamproc.errors import Fenced, StreamprocError
from tests.laws.simlog.owner import Owner, Positions
from tests.laws.simlog.rules import Rule
from tests.laws.simlog.surroundings import WHERE, Append, Surroundings


class SharedEpochs(Writer):
    """A writer without what makes its claims its own: the ablation of :attr:`Rule.OWN_EPOCH`."""

    def epoch(self, incarnation: int, generation: int, attempt: int) -> Epoch:
        """An epoch that other claims may share."""
        return Epoch(incarnation, generation, 0, 0, 0)


class Recovery:
    """One assignment's way to an :class:`Owner`, a step at a time."""

    def __init__(
        self,
        name: str,
        around: Surroundings,
        writer: Writer,
        generation: int,
        install: Callable[[Recovery, Owner], None],
    ) -> None:
        self._name = name
        self._around = around
        self._writer = writer
        self.generation = generation
        self._install = install
        self._claiming: Claiming | None = None
        self._flight: Append | None = None
        self._committed: dict[str, int] = {}
        self._end = 0
        self._step: Callable[[], None] = self._begin

    @property
    def waiting(self) -> bool:
        """True while the claim is under way."""
        return self._flight is not None

    def waits_for(self, flight: Append) -> bool:
        """True if this append is the claim under way."""
        return self._flight is flight

    def step(self) -> None:
        """The next operation.

        Errors: ``Fenced`` if somebody else owns the partition; the worker exits.
        """
        if not self.waiting:
            self._step()

    def _begin(self) -> None:
        generation = self.generation
        if (
            not self._around.keeps(Rule.EARLY_GENERATION)
            and self._name in self._around.group.members
        ):
            generation = self._around.group.generation
        self._claiming = Claiming(self._writer, generation)
        self._claim(self._claiming)

    def _claim(self, claiming: Claiming) -> None:
        self._step = self._read
        if self._around.keeps(Rule.CLAIMS):
            items: list[tuple[bytes, bytes | None]] = [(CLAIM_KEY, self._name.encode())]
            self._flight = self._around.send(self._name, items, claiming.stamp, self)
        else:
            claiming.claimed(self._around.log.end_offset - 1)

    def acknowledged(self, base_offset: int) -> None:
        """The claim landed."""
        self._flight = None
        self._made.claimed(base_offset)

    @property
    def _made(self) -> Claiming:
        if self._claiming is None:
            raise TypeError(self._claiming)
        return self._claiming

    def _read(self) -> None:
        """Read up to and with the claim, or a little past it, then ask for the verdict."""
        claiming, around = self._made, self._around
        claim_offset = -1 if claiming.claim_offset is None else claiming.claim_offset
        past = around.pick((1, 1, 3))
        self._absorb(claiming, min(claim_offset + past, around.log.end_offset))
        if claiming.read_through or not around.keeps(Rule.CLAIMS):
            self._judge(claiming)

    def _absorb(self, claiming: Claiming, end: int) -> None:
        """Take in what one fetch brings: up to the claim it is the state, behind it a rival's is met."""
        first, log = claiming.reader.next_offset, self._around.log
        fetched = log.read(first, end, self._around.pick((None, 4))).next_offset
        through = min(fetched, (claiming.claim_offset or 0) + 1)
        if first < through:
            claiming.reader.absorb(*log.read(first, through))
        if claiming.reader.next_offset < fetched:
            rest = log.read(claiming.reader.next_offset, fetched)
            if claiming.verdict() is Verdict.OWNED:
                claiming.read_on(*rest, where=WHERE)
            else:
                claiming.reader.absorb(*rest)

    def _judge(self, claiming: Claiming) -> None:
        if claiming.verdict() is Verdict.OWNED:
            self._step = self._ask_committed
        elif self._around.keeps(Rule.ASKING) and not self._accepted():
            raise Fenced("outranked while recovering", where=WHERE)
        else:
            claiming.raise_epoch()
            self._around.counts["raised"] += 1
            self._claim(claiming)

    def _accepted(self) -> bool:
        group = self._around.group
        late = not self._around.keeps(Rule.EARLY_GENERATION)
        return group.accepts(self._name, group.generation if late else self.generation)

    def _ask_committed(self) -> None:
        self._committed = dict(self._around.group.committed)
        self._step = self._ask_end

    def _ask_end(self) -> None:
        reads_on = self._around.keeps(Rule.READ_ON)
        self._end = self._around.log.end_offset if reads_on else self._made.reader.next_offset
        self._step = self._read_on

    def _read_on(self) -> None:
        claiming = self._made
        self._absorb(claiming, self._end)
        if claiming.reader.next_offset >= self._end:
            self._restore(claiming)

    def _restore(self, claiming: Claiming) -> None:
        reader = claiming.reader
        try:
            fence = reader.fence(where=WHERE)
            if self._around.keeps(Rule.DIGEST):
                digest = reader.verified_digest(fence, where=WHERE)
            else:
                digest = StateDigest(reader.program_records())
            held = {} if fence is None else fence.positions
            positions = self._begin_at(copy_positions(held))
        except StreamprocError as error:
            raise self._around.distrust("recovery refuses the changelog", error) from error
        program = self._around.scenario.program()
        program.restore(reader.program_records())
        partition = Partition(
            0, program, claiming.own(), digest, positions, is_fenced=positions == held
        )
        self._install(self, Owner(self._name, self._around, partition))

    def _begin_at(self, held: Positions) -> Positions:
        """Where to read on in each source."""
        sought = {}
        for topic, source in self._around.scenario.sources.items():
            bounds = LogBounds(source.start_offset, source.last_offset + 1)
            committed = self._committed.get(topic)
            sought[topic] = begin(
                held.get(topic), committed, bounds, where=topic, accept_loss=False
            )
            if not self._around.keeps(Rule.FENCE_SEEK):
                sought[topic].restart_at(source.start_offset if committed is None else committed)
        return sought
