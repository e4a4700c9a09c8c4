"""The live-sales program: what the engine runs for each partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from streamproc.alerts.held import Held
from streamproc.alerts.judge import Judge
from streamproc.events.ahead import places_ahead
from streamproc.events.codec import Codec
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    HOSTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.rejected import Rejected
from streamproc.program.codecs import READ, refuse
from streamproc.program.floor_codec import unpack_floor
from streamproc.program.floor_records import RoomFold
from streamproc.program.fold_audience import AudienceFold
from streamproc.program.fold_comments import CommentFold, CommentReader
from streamproc.program.fold_hosts import ProfileFold
from streamproc.program.fold_orders import OrderFold
from streamproc.program.heritage import OF_CLOCK, inherit, is_whole
from streamproc.program.judging.judging import Judging
from streamproc.program.keys import SEPARATOR, TOPIC_OF_CODE, Kind, head
from streamproc.program.records import Records
from streamproc.program.rejections import count_rejected
from streamproc.program.rest import Rest
from streamproc.program.showing.showing import Showing
from streamproc.program.sweep import Sweep
from streamproc.program.watching_records import ViewerFold
from streamproc.protocol import (
    NOTHING_CUT,
    Batch,
    BatchReport,
    DeadLetter,
    Inherited,
    Outputs,
    Published,
    View,
    sample_step,
)

_FLOOR: Final = head(Kind.FLOOR, ROOMS_TOPIC)

SLICE_RECORDS: Final = 400
"""Records that are decoded and folded before the next are: what comes of so many fits a core's cache."""


class _Fold(Protocol):
    """The fold of one topic. Shapes: ``rejected_days`` has the day of each rejected record, to be taken."""

    rejected_days: list[int]

    def apply(self, events: Sequence[Any]) -> BatchReport:
        """Fold decoded records, in log order."""
        ...

    def apply_ahead(self, event: Any, timestamp_ms: int) -> BatchReport:  # noqa: ANN401
        """Fold an event that is ahead, as of its record."""
        ...


class LiveProgram:
    """One partition's tallies: orders, sessions, minutes, people, what is for sale, who hosts are.

    Shapes: every record is owned by one input topic, so that what the state holds does not depend
        on how topics interleave, nor on how the log is cut into batches. ``reader`` tells what comments
        mean; without one they are counted only. ``judge`` makes alerts; without one there are none.
        ``shown``: somebody takes views; whoever says so and takes none has their keys pile up.
    """

    def __init__(
        self,
        reader: CommentReader | None = None,
        judge: Judge | None = None,
        *,
        shown: bool = False,
    ) -> None:
        self.records = Records()
        self.orders = OrderFold(ORDERS_TOPIC, self.records)
        self.profiles = ProfileFold(self.records)
        self.comments = CommentFold(self.records, reader)
        self.audience: dict[str, AudienceFold] = {
            COMMENTS_TOPIC: self.comments,
            VIEWERS_TOPIC: ViewerFold(self.records),
            ROOMS_TOPIC: RoomFold(self.records),
        }
        self.streams = {ORDERS_TOPIC: self.orders, **self.audience}
        self._folds: dict[str, _Fold] = {
            ORDERS_TOPIC: self.orders,
            HOSTS_TOPIC: self.profiles,
            **self.audience,
        }
        self._sweep = Sweep(self.records, self.streams, self.profiles)
        self._rest = Rest(self.streams.values())
        self._codecs = {topic: Codec(topic) for topic in INPUT_TOPICS}
        self._outputs = Outputs()
        self.judging = None
        if judge is not None:
            evident = self.comments.evident
            self.judging = Judging(judge, self.records, self.streams, self.profiles.at, evident)
        self.showing = Showing(self.records, self.streams, self.profiles) if shown else None
        self._name_lexicon(reader)

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a recovered state; called once, before anything else.

        Errors: ``NewerState`` or ``OlderState`` if a record was written by another version.
        """
        values = self.records.values
        blocks: dict[str, dict[bytes, bytes]] = {topic: {} for topic in self.streams}
        for key, value in records:
            kind = key[0]
            if (kind, value[0]) not in READ or key[1] not in TOPIC_OF_CODE:
                refuse(key, value)
            if kind == Kind.SEEN:
                blocks[TOPIC_OF_CODE[key[1]]][key] = value
                continue
            values[key] = value
            self._restore(key, value)
        for topic, held in blocks.items():
            self.streams[topic].restore_blocks(held)

    def is_whole(self, key: bytes, value: bytes) -> bool:
        """Whether a record can be restored."""
        return is_whole(key, value)

    def inherit(
        self,
        records: Iterable[tuple[bytes, bytes]],
        published: Iterable[bytes] = (),
        cut: Mapping[str, int | None] = NOTHING_CUT,
        *,
        damaged: bool = False,
    ) -> Inherited:
        """Take over alerts, and steps of them that may not be out, as they stood; and what the log lost.

        Shapes: they are written like any change, and go on when a worker restores them. Of alerts of which
            the state knows less than was ``published``, what was published counts.
        """
        return inherit(self.records, records, published, cut, damaged=damaged)

    def _restore(self, key: bytes, value: bytes) -> None:
        """Learn what there is to learn of a record at once."""
        kind, judging, showing = key[0], self.judging, self.showing
        if kind == Kind.SESSION:
            session = self.streams[TOPIC_OF_CODE[key[1]]].restore_session(key, value)
            if judging is not None:
                judging.restore_session(key, session)
            if showing is not None:
                showing.restore_session(key, session)
        elif kind == Kind.MINUTE:
            if showing is not None:
                showing.restore_minute(key)
        elif kind == Kind.PROFILE:
            self.profiles.restore(key, value)
        elif kind in OF_CLOCK and judging is not None:
            judging.restore(key, value)

    def read_with(self, reader: CommentReader) -> None:
        """From the next batch on let this reader tell what comments mean."""
        self.comments.read_with(reader)
        self._name_lexicon(reader)

    def _name_lexicon(self, reader: CommentReader | None) -> None:
        if self.judging is not None and reader is not None:
            self.judging.lexicon_version = reader.version

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        """Fold a batch into the state.

        Errors: none, for any bytes: what cannot be used becomes a dead letter.
        """
        report = BatchReport()
        for first in range(0, len(batch), SLICE_RECORDS):
            self._apply_slice(topic, batch, slice(first, first + SLICE_RECORDS), report)
        if self.judging is not None:
            self.judging.read[topic] = batch.next_offset
        report.dirty_keys = self.records.dirty_keys()
        return report

    def _apply_slice(self, topic: str, batch: Batch, part: slice, report: BatchReport) -> None:
        timestamps_ms = batch.timestamps_ms[part]
        events = self._codecs[topic].decode_batch(
            batch.keys[part], batch.values[part], timestamps_ms
        )
        of_slice, begun = BatchReport(), 0
        for place in places_ahead(events, timestamps_ms):
            of_slice.add(self._fold(batch, events[begun:place], part.start + begun))
            begun = place + 1
            self.comments.place(
                batch.partition, batch.offsets[part.start + place : part.start + begun]
            )
            of_slice.add(self._folds[topic].apply_ahead(events[place], timestamps_ms[place]))
        of_slice.add(self._fold(batch, events[begun:], part.start + begun))
        if of_slice.rejected:
            self._reject(batch, part.start, events)
        report.add(of_slice)
        report.event_times_ms += [
            getattr(each, "occurred_at_ms", 0) for each in events[:: sample_step(len(batch))]
        ]

    def _fold(self, batch: Batch, events: Sequence[AnyEvent | Rejected], first: int) -> BatchReport:
        """Fold events of a batch that are not ahead, the first of them at that place."""
        if batch.topic == COMMENTS_TOPIC:
            self.comments.place(batch.partition, batch.offsets[first : first + len(events)])
        return self._folds[batch.topic].apply(events)

    def tick(self, now_ms: int, caught_up: bool) -> None:
        """Judge rooms; delete a few of the records that are over, and close a few of those that rest."""
        self.judge(now_ms, caught_up)
        if self.showing is not None:
            self.showing.tick(now_ms, caught_up)
        self._sweep.step()
        self._rest.step()

    def judge(self, now_ms: int, caught_up: bool) -> None:
        """Move the alerts on to a moment."""
        if self.judging is None:
            self.comments.evident.clear()
        else:
            self.judging.step(now_ms, caught_up)

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Every key changed since the last call, with its value; ``None`` deletes the key.

        Shapes: in the order of their first change, blocks of event ids behind everything else.
        """
        return self.records.take()

    def value(self, key: bytes) -> bytes | None:
        """The current value of a key, to write it again."""
        return self.records.value(key)

    def take_outputs(self) -> Outputs:
        """The dead letters not taken yet, in log order, and the steps of alerts."""
        outputs, self._outputs = self._outputs, Outputs()
        if self.judging is not None:
            outputs.published += self.judging.take()
        return outputs

    def delivered(self, published: Sequence[Published]) -> None:
        """These steps of alerts are durable in their topic."""
        if self.judging is not None:
            self.judging.delivered(published)

    def take_views(self, most: int) -> list[View]:
        """What changed of hosts since it was taken last, of at most so many, those first that wait longest.

        Shapes: a host is told once a tick at most. Changes nothing of the state.
        """
        return [] if self.showing is None else self.showing.take(most)

    def show_again(self) -> None:
        """Have every host told again, with all minutes of its curves."""
        if self.showing is not None:
            self.showing.show_again()
        if self.judging is not None:
            self.judging.tell_again()

    def take_told_again(self) -> list[Published]:
        """The newest step of each open alert, after a recovery and after :meth:`show_again`."""
        return [] if self.judging is None else self.judging.take_told_again()

    def counts(self) -> Mapping[str, int]:
        """What it counted since it was made: comments that were read, rooms in which a rule failed."""
        failed = 0 if self.judging is None else self.judging.failed
        return {"comments_scanned": self.comments.scanned, "judging_failures": failed}

    def open_alerts(self) -> Iterator[tuple[str, str, Held]]:
        """Host, broadcast and alert of each alert that fires or is about to end."""
        return iter(()) if self.judging is None else self.judging.open_alerts()

    def room_of(self, host_id: str, session_id: str) -> str:
        """The room of a broadcast, as alerts tell it; empty: it told nothing of what is for sale."""
        key = SEPARATOR.join((_FLOOR + host_id.encode(), session_id.encode()))
        value = self.records.value(key)
        return "" if value is None else unpack_floor(value).room_id

    def _reject(self, batch: Batch, first: int, events: Sequence[AnyEvent | Rejected]) -> None:
        days = self._folds[batch.topic].rejected_days
        told = iter(days)
        for index, event in enumerate(events, first):
            if isinstance(event, Rejected):
                key, value = batch.keys[index], batch.values[index]
                count_rejected(self.records, batch.topic, key, value, next(told))
                self._outputs.dead_letters.append(
                    DeadLetter(
                        batch.topic,
                        batch.partition,
                        batch.offsets[index],
                        key,
                        value,
                        batch.headers.get(index, ()),
                        event.reason.value,
                        event.detail,
                    )
                )
        days.clear()
