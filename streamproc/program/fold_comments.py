"""The fold of comments: figures as of other audience events, and what was asked, said and repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from xxhash import xxh3_64_intdigest

from streamproc.comments.senses import EVIDENT, Asks, Sense
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import COMMENTS_TOPIC, AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.program.fold_audience import AudienceFold
from streamproc.program.records import Records
from streamproc.program.sense_records import SenseRecords
from streamproc.protocol import BatchReport
from streamproc.tally.dedupe import BLOCK_HASHES, of_copy
from streamproc.tally.senses import OF_PRODUCT, Asked, MinuteSenses, Pair
from streamproc.tally.session_sense import (
    BURSTS_REMEMBERED,
    COMMENTS_OF_USER,
    EVIDENCE_OPEN,
    USERS_OF_BURST,
    USERS_REMEMBERED,
    Fact,
    Pane,
    Route,
    Sample,
    SessionSense,
    Spoken,
    trim,
)
from streamproc.tally.sessions import Session
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

_ROUTES: Final = 1024
"""Remembered of one minute."""


class CommentReader(Protocol):
    """Tells what comments mean. Shapes: ``version`` names all that the meaning depends on."""

    version: str

    def read(self, texts: Sequence[str]) -> list[Sense]:
        """The sense of each text, in order. Errors: none, whatever a text holds."""
        ...


class CommentFold(SenseRecords, AudienceFold):
    """The comments topic. Without a reader it counts comments and knows no meaning.

    Shapes: ``evident`` are the keys of sessions in which something was said that alerts rest on, for
        whoever judges and empties it.
    """

    def __init__(self, records: Records, reader: CommentReader | None) -> None:
        super().__init__(COMMENTS_TOPIC, records)
        self.reader: CommentReader | None = None
        self.scanned = 0
        self._partition = 0
        self._offsets: Sequence[int] = ()
        self.evident: set[bytes] = set()
        if reader is not None:
            self.read_with(reader)

    def read_with(self, reader: CommentReader) -> None:
        """From now on let this reader tell what comments mean."""
        self.reader = reader
        self.version = reader.version
        self.look_again()

    def place(self, partition: int, offsets: Sequence[int]) -> None:
        """Say where the records of the next batch stand in the log."""
        self._partition, self._offsets = partition, offsets

    def apply(self, events: Sequence[AnyEvent | Rejected]) -> BatchReport:  # noqa: C901 - as above
        """Fold decoded records, in log order. Shapes: :meth:`place` was told where they stand."""
        # The loop of AudienceFold for one kind of event, and as sparing of calls.
        if self.reader is None:
            return super().apply(events)
        senses = self.reader.read(
            [each.text if each.__class__ is CommentPosted else "" for each in events]
        )
        duplicate = rejected = lates = blocks = 0
        hosts, touch, grow = self.hosts, self.records.touch, self.records.grow
        hash_of, viewer, partition = xxh3_64_intdigest, Role.VIEWER, self._partition
        for each, sense, offset in zip(events, senses, self._offsets, strict=True):
            if each.__class__ is Rejected:
                rejected += 1
                self.rejected_days.append(self.today)
                continue
            event: Any = each
            at_ms = event.occurred_at_ms
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            pane_no = at_ms // PANE_MS
            if pane_no != stream.pane_no:
                self._turn(stream, pane_no)
            hashed, seen = hash_of(event.event_id.encode()), stream.seen
            if event.mirrored:
                hashed = of_copy(hashed)
            # Seen.add, without its call.
            table = seen.table
            place = hashed >> seen.shift
            while (held := table[place]) and held != hashed:
                place += 1
                if place == len(table):
                    place = 0
            if held:
                duplicate += 1
                continue
            table[place] = hashed
            seen.room -= 1
            if seen.room < 0:
                seen.widen()
            bucket: Any = stream.bucket
            hashes = bucket.hashes
            hashes.append(hashed)
            if not bucket.dirty:
                grow(bucket)
                blocks += 1
            elif len(hashes) % BLOCK_HASHES == 1:
                blocks += 1
            session = stream.session
            if session.session_id != event.session_id:
                session = stream.session = self.session(stream, event.session_id)
                session.pane = None
            if not session.dirty:
                touch(session)
            late = False
            if at_ms > stream.watermark_ms:
                if at_ms >= session.closes_ms:
                    self.roll(session, at_ms)
                stream.watermark_ms = session.seen_ms = at_ms
                stream.latest = session.session_id
                if at_ms >= stream.dies_at_ms:
                    self.bury(stream)
            elif at_ms != session.seen_ms or stream.latest != session.session_id:
                late = self.fall_behind(stream, session, at_ms)
                lates += late
            totals: Any = session.totals
            pane: Any = None
            if not late:
                pane = session.pane
                if pane is None:
                    pane = self.pane(session, at_ms)
                elif not session.minute.dirty:
                    touch(session.minute)
            if event.mirrored:
                totals.mirrored += 1
                if pane is not None:
                    pane.mirrored += 1
                continue
            totals.comments += 1
            if pane is not None:
                pane.comments += 1
            if event.role is not viewer:
                if event.role is not Role.OTHER:
                    self._note(session, event, sense, offset)
                continue
            key = event.user_key
            if key is None:
                totals.unnamed_comments += 1
                if pane is not None:
                    pane.unnamed_comments += 1
                if sense.asks is not None or sense.unexplained:
                    self._hear(session, event, sense, None, offset, late)
                continue
            user = hash_of(key.encode())
            if late or at_ms < session.opens_ms:
                self.meet(session, 0, key, at_ms, late)
            else:
                session.minute.members.told[0][user] = None
            asks = sense.asks
            if late:
                if asks is not None or sense.unexplained:
                    self._hear(session, event, sense, user, offset, late)
                continue
            kept = session.sense or self.sense(session)
            if not kept.dirty:
                touch(kept)
            memory = kept.pane
            if pane_no > memory.number:
                memory = kept.pane = Pane(pane_no)
            weighs = not sense.spam
            if pane_no == memory.number:
                users = memory.users
                wrote = users.get(user)
                if wrote is not None:
                    users[user] = wrote + 1
                    if wrote >= COMMENTS_OF_USER:
                        weighs = False
                elif len(users) < USERS_REMEMBERED:
                    users[user] = 1
                if asks is not None:
                    bursts: dict[str, Any] = memory.bursts
                    first = bursts.get(sense.burst)
                    if first is None:
                        if len(bursts) < BURSTS_REMEMBERED:
                            bursts[sense.burst] = user
                    elif first.__class__ is int:
                        if first != user:
                            bursts[sense.burst] = [first, user]
                    elif user not in first:
                        if len(first) < USERS_OF_BURST:
                            first.append(user)
                        elif not sense.typed:
                            weighs = False
            if sense.unexplained:
                self._wonder(session, kept, event, sense, offset, late)
            if asks is None:
                continue
            minute = kept.minute
            if minute is None or minute.number != pane_no // PANES_PER_MINUTE:
                minute = self.senses(session, kept, pane_no // PANES_PER_MINUTE)
            if not minute.dirty:
                touch(minute)
            product = event.product_id
            routes = kept.routes.get(asks if product is None else (asks, product))
            if routes is None:
                routes = self._routes(session, kept, minute, asks, product)
            shown = None  # one for all labels: rooms hold many thousands of them
            for asked, direct, pair, evidence in routes:
                asked.comments += 1
                if not weighs:
                    if asked.weighed is None:
                        asked.tell(user, weighs)
                    else:
                        asked.users[user] = None
                else:
                    asked.users[user] = None
                    if asked.weighed is not None:
                        asked.weighed[user] = None
                    if evidence is not None:
                        if shown is None:
                            shown = (at_ms, offset, partition, user, sense.shown)
                            self.evident.add(session.key)
                        if evidence:
                            evidence.append(shown)
                        else:
                            kept.begin(pair, evidence, shown)
                        if len(evidence) >= EVIDENCE_OPEN:
                            trim(evidence)
                if direct is not None:
                    self._tell_session(session, direct, user, weighs)
        self.records.grown_blocks += blocks
        self.scanned += len(events) - rejected
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, lates)

    def _routes(
        self,
        session: Session,
        kept: SessionSense,
        minute: MinuteSenses,
        asks: Asks,
        product: str | None,
    ) -> list[Route]:
        """Where a comment counts that asks this, in this minute; remembered."""
        subject = asks.subject if product is None else f"{OF_PRODUCT}{product}"
        joins = minute.number * MINUTE_MS == session.opens_ms
        routes: list[Route] = []
        for label in asks.labels:
            asked = minute.of((label, subject))
            pair = self.room_for(session, kept, (label, subject))
            evidence = kept.list_of(pair) if label in EVIDENT else None
            if asked is None:
                routes.append((minute.rest_of(label), pair, pair, evidence))
            else:
                routes.append((asked, None if joins else pair, pair, evidence))
        if len(kept.routes) >= _ROUTES:
            kept.routes.clear()
        kept.routes[asks if product is None else (asks, product)] = routes
        return routes

    def _hear(
        self,
        session: Session,
        event: CommentPosted,
        sense: Sense,
        user: int | None,
        offset: int,
        late: bool,
    ) -> None:
        """Take in what a viewer says late or without a name: it does not weigh."""
        kept = self.kept(session)
        if sense.unexplained:
            self._wonder(session, kept, event, sense, offset, late)
        if sense.asks is None:
            return
        if late:
            for label in sense.asks.labels:
                subject = _subject(event, sense)
                pair = self.room_for(session, kept, (label, subject))
                self._tell_session(session, pair, user, weighs=False)
            return
        minute = self.senses(session, kept, event.occurred_at_ms // MINUTE_MS)
        self.records.touch(minute)
        for asked, direct, _, _ in self._routes(
            session, kept, minute, sense.asks, event.product_id
        ):
            _count(asked, user, weighs=False)
            if direct is not None:
                self._tell_session(session, direct, user, weighs=False)

    def _tell_session(self, session: Session, pair: Pair, user: int | None, weighs: bool) -> None:
        """Count at once in the session, and not with its minute."""
        asked = self.asked(session)
        self.records.touch(asked)
        _count(asked.of(pair), user, weighs)

    def _wonder(
        self,
        session: Session,
        kept: SessionSense,
        event: CommentPosted,
        sense: Sense,
        offset: int,
        late: bool,
    ) -> None:
        kept.wonder(Sample(event.occurred_at_ms, offset, sense.shown))
        if not late:
            minute = self.senses(session, kept, event.occurred_at_ms // MINUTE_MS)
            self.records.touch(minute)
            minute.unexplained += 1

    def _note(self, session: Session, event: CommentPosted, sense: Sense, offset: int) -> None:
        """Take in what host or staff say."""
        kept, at = self.kept(session), (event.occurred_at_ms, offset, event.role.value)
        subject = _subject(event, sense)
        kept.speak(Spoken(*at, () if sense.asks is None else sense.asks.labels, subject))
        if sense.stock:
            told = xxh3_64_intdigest(event.event_id.encode())
            kept.tell(Fact(*at, sense.polarity or "unknown", subject, told, sense.shown))
            self.evident.add(session.key)


def _subject(event: CommentPosted, sense: Sense) -> str:
    return sense.subject if event.product_id is None else f"{OF_PRODUCT}{event.product_id}"


def _count(asked: Asked, user: int | None, weighs: bool) -> None:
    asked.comments += 1
    if user is not None:
        asked.tell(user, weighs)
