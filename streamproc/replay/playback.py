"""The fold of recorded events: the program of a worker, and the accounting of an engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streamproc.program.canonical import canonical
from streamproc.program.fold_comments import CommentReader
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch
from streamproc.replay.recorded import Recorded

COUNTED = ("applied", "duplicate", "late", "rejected")


class Playback:
    """Folds records as a worker does.

    Shapes: ``counts`` by topic, then partition, then name. Each partition has its program, as in a
        worker: how old a record is hangs on the latest event of its partition. ``reader`` tells what
        comments mean; without one they are counted only.
    """

    def __init__(self, reader: CommentReader | None = None) -> None:
        self._reader = reader
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
            program = self._programs[partition] = LiveProgram(self._reader)
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

    def canonical(self) -> Mapping[str, Any]:
        """The canonical form that a verification takes its digest of.

        Shapes: called once, at the end: it takes what changed since the beginning.
        """
        changed = [each for program in self.programs for each in program.take_dirty()]
        state = [(key, value) for key, value in changed if value is not None]
        accounting = {
            topic: {
                str(partition): {name: count for name, count in counts.items() if count}
                for partition, counts in of.items()
            }
            for topic, of in self.counts.items()
        }
        return {"hosts": canonical(state)["hosts"], "accounting": accounting}


def last_event_ms(programs: Iterable[LiveProgram]) -> int | None:
    """The time of the last event folded, of any host and topic; None if there is none."""
    times: list[int] = []
    for program in programs:
        for fold in program.streams.values():
            times += [each.watermark_ms for each in fold.hosts.values()]
        times += program.profiles.watermarks_ms.values()
    return max(times, default=None)
