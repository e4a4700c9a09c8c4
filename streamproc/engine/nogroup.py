"""What is known of a consumer group without being in it.

Source: docs/adr/0013-a-rebuild-is-a-new-incarnation.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from streamproc.engine.ports import SourcePartition


class NoGroup:
    """The group while we are not in it: before the start of a worker, and for a rebuild."""

    async def committed(
        self, partitions: Iterable[SourcePartition]
    ) -> Mapping[SourcePartition, int | None]:
        """Nothing: the fence of a rebuild's state goes to the ends of the log."""
        return dict.fromkeys(partitions)

    async def accepts(self, partition: int, generation: int) -> bool:
        """Always: nobody else is there to own a partition."""
        del partition, generation
        return True

    def last_committed(self) -> Mapping[SourcePartition, int]:
        """Nothing."""
        return {}

    def source_ends(self, partitions: Container[int]) -> Mapping[SourcePartition, int]:
        """Nothing: the cursors know."""
        del partitions
        return {}

    def partition_counts(self, topics: Iterable[str]) -> Mapping[str, int]:
        """Nothing: they were counted before."""
        del topics
        return {}

    def failure(self) -> Exception | None:
        """None: nobody was asked."""
        return None

    async def pause(self, partition: SourcePartition) -> None:
        """Nothing is read through the group."""
        del partition
