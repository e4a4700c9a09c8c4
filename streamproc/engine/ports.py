"""What the engine needs from outside: where dead letters go, what the group says, who is told."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn, Protocol

from streamproc.errors import StreamprocError
from streamproc.protocol import DeadLetter, Published, View


class SourcePartition(NamedTuple):
    """One partition of one source topic."""

    topic: str
    partition: int


class OutputSink(Protocol):
    """Where a program's outputs leave."""

    async def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Return once they are durable. Errors: ``DeadLettersUnwritable``."""
        ...

    async def publish(self, records: Sequence[Published]) -> None:
        """Return once they are durable; what is published may be published again."""
        ...


class Viewer(Protocol):
    """Shows what a worker knows to people and to other programs.

    Synchronous, and never waits for anything: what is slow goes on beside it. ``version`` says which
    durable state is shown: it only grows, whoever owns the partition, and of two views of a key the one
    with the greater version, and among those the later one, is the newer. It stays below 2**53.
    """

    def show(self, partition: int, version: int, views: Sequence[View]) -> None:
        """These views are of a state that is durable."""
        ...

    def told(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """These records are durable in their topics."""
        ...

    def told_again(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """These are the newest of what was told, once more, for who lost them; nothing new happened."""
        ...

    def owned(self, partitions: frozenset[int]) -> None:
        """From now on these are ours, and no others; all of their views follow anew."""
        ...


class Group(Protocol):
    """What the consumer group knows."""

    async def committed(
        self, partitions: Iterable[SourcePartition]
    ) -> Mapping[SourcePartition, int | None]:
        """The committed offsets, asked for now; ``None`` where none was committed."""
        ...

    async def accepts(self, partition: int, generation: int) -> bool:
        """True if the coordinator takes a commit from us in that generation: we are a member."""
        ...

    def last_committed(self) -> Mapping[SourcePartition, int]:
        """What we know to be committed, without asking."""
        ...

    def source_ends(self, partitions: Container[int]) -> Mapping[SourcePartition, int]:
        """Where the sources of these partitions end, as the last fetches said."""
        ...

    def partition_counts(self, topics: Iterable[str]) -> Mapping[str, int]:
        """How many partitions topics have, as the client last heard; without those it knows nothing of."""
        ...

    def failure(self) -> Exception | None:
        """Why the coordinator lets us be no member; ``None`` as long as it does."""
        ...

    async def pause(self, partition: SourcePartition) -> None:
        """Read no more of it until the next assignment."""
        ...


class GreatestVersion(Protocol):
    """The greatest version that views were ever shown under, whoever showed them; ``None``: none were."""

    async def __call__(self) -> int | None:
        """Ask for it now; only a state that begins anew does. Errors: what the broker says."""
        ...


async def nothing_shown() -> int | None:
    """No view was ever shown: what a worker without viewers knows."""
    return None


class Failure(Protocol):
    """Ends the process: an engine that cannot go on must not stop gracefully."""

    def __call__(self, error: StreamprocError) -> NoReturn:
        """Say why, and end with the error's exit code at once."""
        ...


class Progress(Protocol):
    """Told how recovery goes; for terminals and logs."""

    def recovering(self, partitions: int) -> None:
        """Recovery of so many partitions begins."""
        ...

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        ...

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """A source partition is read no more: too many of its records cannot be used."""
        ...
