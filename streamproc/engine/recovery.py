"""Taking partitions over: claim, read the changelog, decide where to begin, restore the program.

Everything is built aside; the engine installs it at once, if no newer assignment came meanwhile.

Source: docs/adr/0004-claims-fence-zombies.md, 0005, 0007-recovery-is-the-engines-own.md.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import msgspec
import structlog

from streamproc.engine import skipping
from streamproc.engine.beginning import LogBounds, begin
from streamproc.engine.changelog import Changelog, ChangelogCursor, holds, log_bounds, offset_behind
from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, Fence, TopicPosition, copy_positions
from streamproc.engine.ownership import Claiming, Verdict, Writer
from streamproc.engine.partition import Partition
from streamproc.engine.ports import GreatestVersion, Group, SourcePartition, nothing_shown
from streamproc.engine.preflight import refuse_other_count
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.reader import keys_of
from streamproc.engine.rewriting import Rewriting
from streamproc.engine.showing import incarnation_above
from streamproc.errors import Fenced, Superseded
from streamproc.protocol import Program

log = structlog.get_logger(__name__)


class Recovery:
    """Takes over the partitions of one assignment.

    ``current`` tells whether the assignment still stands; ``records`` counts what was read, so that a
    watchdog sees progress; ``remaining_records`` is what is to be read yet, as far as is known.
    ``greatest_version`` is asked where there is no state yet.
    """

    def __init__(
        self,
        config: EngineConfig,
        changelog: Changelog,
        group: Group,
        writer: Writer,
        program: Callable[[], Program],
        current: Callable[[], bool],
        greatest_version: GreatestVersion = nothing_shown,
    ) -> None:
        self._config = config
        self._changelog = changelog
        self._group = group
        self._writer = writer
        self._program = program
        self._current = current
        self._greatest_version = greatest_version
        self.records = 0
        self._claims: dict[int, Claiming] = {}
        self._ends: dict[int, int] = {}
        self._digests: dict[int, StateDigest] = {}
        self._torn: set[int] = set()

    @property
    def remaining_records(self) -> int:
        """Offsets between what was read and where reading ends; 0 while nobody knows where."""
        claims = self._claims.copy()
        ends = {n: (each.claim_offset or -1) + 1 for n, each in claims.items()} | self._ends
        return sum(max(0, ends[n] - each.reader.next_offset) for n, each in claims.items())

    async def take_over(self, partitions: Sequence[int], generation: int) -> list[Partition]:
        """The partitions, recovered and ours.

        Errors: ``Superseded`` when a newer assignment came; ``Fenced`` when somebody outranks us; what
        makes a state unusable (see ``errors``).
        """
        sources = [SourcePartition(t, n) for n in partitions for t in self._config.inputs]
        claims, committed = await self.claim(partitions, generation, sources, skips=True)
        fences = {n: claim.reader.fence(where=self._where(n)) for n, claim in claims.items()}
        for number, fence in fences.items():
            made_with = 0 if fence is None else fence.partitions
            refuse_other_count(made_with, self._config.partitions, where=self._where(number))
        bounds = await self._source_bounds(sources, fences)
        recovered = []
        for number, claim in claims.items():
            recovered.append(self._restore(number, claim, fences[number], committed, bounds))
            await asyncio.sleep(0)
        return recovered

    async def claim(
        self,
        partitions: Iterable[int],
        generation: int,
        sources: Sequence[SourcePartition],
        *,
        skips: bool = False,
    ) -> tuple[dict[int, Claiming], Mapping[SourcePartition, int | None]]:
        """Claims that nobody outranks, each read to the log's end; and what is committed of sources.

        Shapes: ``skips``: what is older than the whole state need not be read.
        Errors: ``Superseded``, ``Fenced``.
        """
        claims = {number: Claiming(self._writer, generation) for number in partitions}
        self._claims = claims
        await asyncio.gather(*(self._claim(number, claim) for number, claim in claims.items()))
        claimed = {number: claim.claim_offset or 0 for number, claim in claims.items()}
        begins = skipping.tails(claimed) if skips else dict.fromkeys(claims, -1)
        async with self._changelog.reading(begins) as cursor:
            if skips:
                offsets = await skipping.first_offsets(partial(self._read, cursor), claimed)
                for number, claim in claims.items():
                    claim.read_from(offsets[number])
                await cursor.seek(offsets)
            await self._read_through_claims(cursor, claims)
            committed = await self._group.committed(sources)
            await self._read_to_end(cursor, claims)
            if torn := self._not_whole(claims):
                await self._read_all(cursor, torn)
            if anew := await self._claim_anew(claims):
                await self._read_through_claims(cursor, anew)
                await self._read_to_end(cursor, anew)
        return claims, committed

    def _not_whole(self, claims: Mapping[int, Claiming]) -> dict[int, Claiming]:
        """Those that were read in part and are not what their fences say."""
        for number, claim in claims.items():
            begun = claim.first_offset
            digest = skipping.verified(claim.reader, begun) if begun else None
            if digest is not None:
                self._digests[number] = digest
        return {n: c for n, c in claims.items() if c.first_offset and n not in self._digests}

    async def _read_all(self, cursor: ChangelogCursor, torn: Mapping[int, Claiming]) -> None:
        """Read these from their start."""
        for number, claim in torn.items():
            log.warning("a changelog is read from its start", where=self._where(number))
            claim.read_from(0)
        self._torn.update(torn)
        await cursor.seek(dict.fromkeys(torn, -1))
        await self._read_through_claims(cursor, torn)
        await self._read_to_end(cursor, torn)

    async def _claim_anew(self, claims: Mapping[int, Claiming]) -> dict[int, Claiming]:
        """Claim again what holds no state although views of one were shown: new ones must be greater.

        A changelog that was lost begins again at offset 0, and whoever reads views keeps the greatest.
        """
        empty = {n: claim for n, claim in claims.items() if FENCE_KEY not in claim.reader.state}
        shown = await self._greatest_version() if empty else None
        if shown is None:
            return {}
        incarnation = incarnation_above(shown)
        anew = {n: claim for n, claim in empty.items() if claim.epoch.incarnation < incarnation}
        for number, claim in anew.items():
            await self._refuse_strangers(number, claim)
            claim.begin_anew(incarnation)
            await self._claim(number, claim)
        return anew

    async def _claim(self, number: int, claim: Claiming) -> None:
        value = msgspec.json.encode({"epoch": claim.epoch._asdict()})
        offset, _ = await self._changelog.append(number, [(CLAIM_KEY, value)], claim.stamp)
        claim.claimed(offset)

    async def _read_through_claims(
        self, cursor: ChangelogCursor, claims: Mapping[int, Claiming]
    ) -> None:
        waiting = dict(claims)
        while waiting:
            for number, records in (await self._read(cursor, waiting)).items():
                claim = waiting[number]
                self._absorb(number, claim, records)
                if not claim.read_through:
                    continue
                if claim.verdict() is Verdict.OWNED:
                    del waiting[number]
                else:
                    await self._claim_again(number, claim)

    async def _read(self, cursor: ChangelogCursor, wanted: Iterable[int]) -> dict[int, RawRecords]:
        found = await cursor.read(wanted)
        if not self._current():
            raise Superseded("a newer assignment came while recovering")
        self.records += sum(len(records.offsets) for records in found.values())
        return found

    def _absorb(self, number: int, claim: Claiming, records: RawRecords) -> None:
        """Records up to the claim are the state; those behind it must not outrank it."""
        stamps = records.stamps()
        keys = keys_of(records)
        cut = len(keys)
        if claim.claim_offset is not None:
            cut = bisect_right(records.offsets, claim.claim_offset)
        end = records.next_offset if cut == len(keys) else records.offsets[cut]
        claim.reader.absorb(keys[:cut], records.values[:cut], stamps[:cut], end)
        if cut == len(keys):
            return
        rest = keys[cut:], records.values[cut:], stamps[cut:]
        if claim.verdict() is Verdict.OWNED:
            claim.read_on(*rest, records.next_offset, where=self._where(number))
        else:
            claim.reader.absorb(*rest, records.next_offset)

    async def _claim_again(self, number: int, claim: Claiming) -> None:
        await self._refuse_strangers(number, claim)
        claim.raise_epoch()
        await self._claim(number, claim)

    async def _refuse_strangers(self, number: int, claim: Claiming) -> None:
        """Return if the group knows us: nobody else may raise an epoch."""
        accepted = await self._group.accepts(number, claim.generation)
        if not self._current():
            # the answer may be for a generation that we joined since: a claim now would outrank its owner
            raise Superseded("a newer assignment came while asking the group")
        if not accepted:
            raise Fenced(
                "another worker owns this partition, and the group does not know us any more",
                where=self._where(number),
                hint="nothing: this worker stops, and a restart joins the group again",
            )

    async def _read_to_end(self, cursor: ChangelogCursor, claims: Mapping[int, Claiming]) -> None:
        ends = self._ends = await cursor.end_offsets()
        waiting = {n: c for n, c in claims.items() if c.reader.next_offset < ends[n]}
        while waiting:
            for number, records in (await self._read(cursor, waiting)).items():
                self._absorb(number, waiting[number], records)
                if waiting[number].reader.next_offset >= ends[number]:
                    del waiting[number]

    async def _source_bounds(
        self, sources: Sequence[SourcePartition], fences: Mapping[int, Fence | None]
    ) -> dict[SourcePartition, LogBounds]:
        servers = self._config.bootstrap_servers
        bounds = await log_bounds(servers, sources)
        for source in sources:
            fence = fences[source.partition]
            held = None if fence is None else fence.positions.get(source.topic)
            if held is None or held.next_offset <= bounds[source].end_offset:
                continue
            if await holds(servers, source, held.next_offset - 1):
                bounds[source] = LogBounds(bounds[source].first_offset, held.next_offset)
            elif self._config.accept_loss and held.newest_ms:
                unseen = await offset_behind(servers, source, held.newest_ms)
                bounds[source] = replace(bounds[source], unseen_offset=unseen)
        return bounds

    def _restore(
        self,
        number: int,
        claim: Claiming,
        fence: Fence | None,
        committed: Mapping[SourcePartition, int | None],
        bounds: Mapping[SourcePartition, LogBounds],
    ) -> Partition:
        digest = self._digests.pop(number, None)
        if digest is None:
            digest = claim.reader.verified_digest(fence, where=self._where(number))
        held = {} if fence is None else fence.positions
        positions = copy_positions(held)
        for topic in self._config.inputs:
            source = SourcePartition(topic, number)
            positions[topic] = begin(
                positions.get(topic),
                committed.get(source),
                bounds[source],
                where=f"{topic}, partition {number}",
                accept_loss=self._config.accept_loss,
            )
            if topic in held and positions[topic] != held[topic]:
                _tell_accepted(source, held[topic], positions[topic], bounds[source])
        program = self._program()
        records = claim.reader.program_records()
        program.restore(records)
        ends = {t: bounds[SourcePartition(t, number)].end_offset for t in self._config.inputs}
        return Partition(
            number,
            program,
            claim.own(),
            digest,
            positions,
            ends,
            partitions=self._config.partitions,
            is_fenced=positions == held,
            bytes_per_key=sum(len(k) + len(v) for k, v in records) / max(1, len(records)),
            rewriting=Rewriting(
                0 if fence is None or number in self._torn else fence.whole_from,
                self._config.rewriting,
            ),
        )

    def _where(self, number: int) -> str:
        return f"{self._changelog.topic}, partition {number}"


def _tell_accepted(
    source: SourcePartition, held: TopicPosition, begun: TopicPosition, bounds: LogBounds
) -> None:
    """Tell whoever accepted a loss what it comes to."""
    log.warning(
        "a loss of a source was accepted",
        where=f"{source.topic}, partition {source.partition}",
        state_ended_at=held.next_offset,
        log_first_offset=bounds.first_offset,
        log_end_offset=bounds.end_offset,
        goes_on_at=begun.next_offset,
        absent_records=begun.absent - held.absent,
        passed_over_records=max(0, begun.next_offset - bounds.first_offset),
        records_to_read=max(0, bounds.end_offset - begun.next_offset),
    )
