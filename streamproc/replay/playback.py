"""The fold of recorded events: the program of a worker, and the accounting of an engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from streamproc.alerts.judge import Judge
from streamproc.events.outputs import AlertTransition, decode_alert
from streamproc.program.canonical import canonical
from streamproc.program.fold_comments import CommentReader
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch
from streamproc.replay.recorded import Recorded

SECOND_MS = 1_000
COUNTED = ("applied", "duplicate", "late", "rejected")


class Playback:
    """Folds records as a worker does.

    Shapes: ``counts`` by topic, then partition, then name. ``alerts`` are the steps of alerts in the order
        in which they were taken; with a ``judge`` rooms are judged each second, by the clock of the events
        as they come. Each partition has its program, as in a
        worker: how old a record is hangs on the latest event of its partition. ``reader`` tells what
        comments mean; without one they are counted only.
    """

    def __init__(self, reader: CommentReader | None = None, judge: Judge | None = None) -> None:
        self._reader = reader
        self._judge = judge
        self._second: int | None = None
        self._state: defaultdict[int, dict[bytes, bytes | None]] = defaultdict(dict)
        self.alerts: list[AlertTransition] = []
        self._programs: dict[int, LiveProgram] = {}
        self.records = 0
        self.counts: dict[str, dict[int, dict[str, int]]] = {}
        self._next_offsets: defaultdict[tuple[str, int], int] = defaultdict(int)

    @property
    def programs(self) -> list[LiveProgram]:
        """The programs of the partitions that there was anything for."""
        return list(self._programs.values())

    def take(self, records: Sequence[Recorded]) -> None:
        """Fold records, those of one partition in their order.

        Errors: none, for any bytes: what cannot be used is counted as rejected.
        """
        self.records += len(records)
        if self._judge is None:
            self._fold(records)
            return
        begin = 0
        for index, each in enumerate(records):
            second = each.at_ms // SECOND_MS
            if self._second is None or second > self._second:
                self._fold(records[begin:index])
                begin = index
                self._let_pass(second)
        self._fold(records[begin:])

    def run_on(self, until_ms: int) -> None:
        """Let time pass without events, as after a cut, until a moment."""
        if self._judge is not None and self._second is not None:
            self._let_pass(until_ms // SECOND_MS)

    def _let_pass(self, second: int) -> None:
        """Judge at the begin of a second, and of each before it in which anything is due."""
        at = second if self._second is None else self._second + 1
        while at <= second:
            self._second = at
            for partition, program in self._programs.items():
                program.judge(at * SECOND_MS, caught_up=True)
                self._refuse_failures(program)
                self._state[partition].update(program.take_dirty())
                published = program.take_outputs().published
                self.alerts += [decode_alert(each.value or b"") for each in published]
                program.delivered(published)
            due = min(
                (program.judging.next_ms() for program in self.programs if program.judging),
                default=0,
            )
            at = max(at + 1, min(second, -(-due // SECOND_MS)))

    @staticmethod
    def _refuse_failures(program: LiveProgram) -> None:
        """Raise what a rule raised: a replay has no rooms to protect."""
        if program.judging is not None:
            for error in program.judging.failures.values():
                raise error

    def _fold(self, records: Sequence[Recorded]) -> None:
        parts: dict[tuple[str, int], list[Recorded]] = {}
        for each in records:
            parts.setdefault((each.topic, each.partition), []).append(each)
        for (topic, partition), alike in parts.items():
            self._apply(topic, partition, alike)

    def _apply(self, topic: str, partition: int, records: Sequence[Recorded]) -> None:
        first = self._next_offsets[topic, partition]
        last = self._next_offsets[topic, partition] = first + len(records)
        program = self._programs.get(partition)
        if program is None:
            program = self._programs[partition] = LiveProgram(self._reader, self._judge)
        report = program.apply(
            topic,
            Batch(
                topic,
                partition,
                list(range(first, last)),
                [each.key for each in records],
                [each.value for each in records],
                [each.timestamp_ms for each in records],
                last,
            ),
        )
        program.take_outputs()  # dead letters, which go nowhere here
        counts = self.counts.setdefault(topic, {}).setdefault(partition, dict.fromkeys(COUNTED, 0))
        for name in COUNTED:
            counts[name] += getattr(report, name)

    def counted(self, name: str) -> int:
        """How many records became this, altogether."""
        return sum(of[name] for each in self.counts.values() for of in each.values())

    def canonical(self) -> dict[str, Any]:
        """The canonical form that a verification takes its digest of."""
        for partition, program in self._programs.items():
            self._state[partition].update(program.take_dirty())
        held = chain.from_iterable(of.items() for of in self._state.values())
        state = [(key, value) for key, value in held if value is not None]
        accounting = {
            topic: {
                str(partition): {name: count for name, count in counts.items() if count}
                for partition, counts in of.items()
            }
            for topic, of in self.counts.items()
        }
        return {**canonical(state), "accounting": accounting}


def last_event_ms(programs: Iterable[LiveProgram]) -> int | None:
    """The time of the last event folded, of any host and topic; None if there is none."""
    times: list[int] = []
    for program in programs:
        for fold in program.streams.values():
            times += [each.watermark_ms for each in fold.hosts.values()]
        times += program.profiles.watermarks_ms.values()
    return max(times, default=None)
