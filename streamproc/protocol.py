"""What the engine and a program share: a batch of records in, keyed state and outputs out.

The engine (``streamproc.engine``) runs a :class:`Program` per partition and knows nothing else of
it; the program knows nothing of Kafka or Faust. It may import nothing of ours; it does no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, runtime_checkable

Headers = Sequence[tuple[str, bytes | None]]

SAMPLE_STEP: Final = 8
_WHOLE_BELOW: Final = 64


def sample_step(records: int) -> int:
    """Of a batch of so many records every how many-th is measured: all of a small one."""
    return 1 if records < _WHOLE_BELOW else SAMPLE_STEP


@dataclass(slots=True)
class Batch:
    """Consecutive records of one source partition, as parallel lists.

    Shapes: ``offsets`` ascend strictly, with holes where the log holds no record; the other lists
    run beside it. ``headers`` holds only the records that have any, by their index in the lists.
    Units: ``timestamps_ms`` is Kafka's record timestamp.
    """

    topic: str
    partition: int
    offsets: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    timestamps_ms: list[int]
    next_offset: int
    """Where the log goes on behind this batch; past the last offset if the log has holes there."""
    headers: dict[int, Headers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(slots=True)
class BatchReport:
    """What a program made of one batch.

    Shapes: ``applied + duplicate + rejected`` is the number of records handed in; ``late`` and
    ``ahead`` count among ``applied``. ``dirty_keys`` is how many changed keys the program holds that
    nobody took. ``event_times_ms`` are of every :func:`sample_step`-th record from the first on, 0
    where it was rejected; empty: the program tells none.
    """

    applied: int = 0
    duplicate: int = 0
    rejected: int = 0
    late: int = 0
    ahead: int = 0
    dirty_keys: int = 0
    event_times_ms: list[int] = field(default_factory=list, compare=False)

    def add(self, other: BatchReport) -> None:
        """Count what became of other records, too."""
        self.applied += other.applied
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.late += other.late
        self.ahead += other.ahead


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """A record that cannot be used, as it came, and why."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str
    detail: str


@dataclass(slots=True, frozen=True)
class Published:
    """A record for an output topic; absolute and versioned, so that a second copy does no harm."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()


@dataclass(slots=True, frozen=True)
class View:
    """What is to be seen of one key of a program now; a newer view of the key replaces it.

    Shapes: ``value`` is a JSON object, or None: there is nothing to be seen of the key any more.
        ``parts`` are pieces of something longer, by what they are part of and by place, each replacing the
        one that was told before; those that did not change are left out.
    """

    key: bytes
    value: bytes | None
    parts: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class Outputs:
    """What leaves a program: dead letters before the flush that passes them, the rest after it."""

    dead_letters: list[DeadLetter] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)


class Program(Protocol):
    """A deterministic fold over one partition, with keyed byte state.

    Synchronous; does no I/O; reads no clock. Keys begin with the kind of record, a byte above 0 (0
    is the engine's). However the same records are cut into batches, the state is the same byte for
    byte.
    """

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a recovered state; called once, before anything else.

        Errors: ``NewerState`` if a record was written by a newer version.
        """
        ...

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        """Fold a batch into the state.

        Errors: none, for any bytes: what cannot be used becomes a dead letter.
        """
        ...

    def tick(self, now_ms: int, caught_up: bool) -> None:
        """Judge what depends on the clock; ``caught_up``: every input is read to its end, or nearly.

        Shapes: nearly: since it was read to its end, what is unread never was more than a batch.
        """
        ...

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Every key changed since the last call, with its value; ``None`` deletes the key."""
        ...

    def value(self, key: bytes) -> bytes | None:
        """The current value of a key, to write it again."""
        ...

    def take_outputs(self) -> Outputs:
        """What is to leave and was not taken yet."""
        ...

    def delivered(self, published: Sequence[Published]) -> None:
        """These records, which :meth:`take_outputs` gave, are durable in their topics."""
        ...


class Inherited(NamedTuple):
    """What became of the state that a new one replaces.

    Shapes: counts of records: ``taken`` of what the log had told, ``unread`` of what no log tells again
        and could not be read.
    """

    taken: int = 0
    unread: int = 0


NOTHING_CUT: Final[Mapping[str, int | None]] = MappingProxyType({})


@runtime_checkable
class Heir(Protocol):
    """A program whose state holds what no log tells again."""

    def is_whole(self, key: bytes, value: bytes) -> bool:
        """Whether :meth:`restore` can take a record, whoever wrote it."""
        ...

    def inherit(
        self,
        records: Iterable[tuple[bytes, bytes]],
        published: Iterable[bytes] = (),
        cut: Mapping[str, int | None] = NOTHING_CUT,
        *,
        damaged: bool = False,
    ) -> Inherited:
        """Take over from the state that this program's is to replace.

        Shapes: what the log tells is passed over. ``published`` are values of output topics, of any
            partition: they stand in for what that state has lost. ``cut`` are the topics that told that
            state of something that is gone from the log, with the timestamp of the first record left
            (None: none is): its records are then whole and as far as this program's, and what the log tells
            in part is taken over; ``damaged``: some may be lost. Otherwise any records, also broken ones.
            Called once, after the log was folded.
        """
        ...


@runtime_checkable
class Shown(Protocol):
    """A program of which something is to be seen while it runs."""

    def take_views(self, most: int) -> list[View]:
        """What changed since it was taken last, of at most so many keys, those first that wait longest.

        Shapes: a key is told once a second at most. Synchronous; changes nothing of the state.
        """
        ...

    def show_again(self) -> None:
        """Have every view told again, with all its parts: whoever shows them lost some."""
        ...

    def take_told_again(self) -> list[Published]:
        """What is still true of what was published, for whoever shows it and may have lost it.

        Shapes: copies of the newest record of each thing, as it is told now; after a recovery, and after
            :meth:`show_again`. They go to no topic.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A program that counts what nobody else can."""

    def counts(self) -> Mapping[str, int]:
        """What it counted since it was made, by name. Shapes: may be asked from another thread."""
        ...
