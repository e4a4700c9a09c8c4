"""Meeting what others wrote to a changelog partition of ours: before a flush is believed, and when idle.

Source: docs/adr/0006-acknowledge-after-durable.md, 0008-compaction-cannot-resurrect-a-zombie.md.
"""

from __future__ import annotations

import structlog

from streamproc.engine.changelog import Changelog
from streamproc.engine.failures import KAFKA_FAILURES
from streamproc.engine.partition import Partition
from streamproc.engine.showing import show_again
from streamproc.errors import FlushFailed

log = structlog.get_logger(__name__)


async def believe(changelog: Changelog, partition: Partition, base_offset: int) -> None:
    """Return once what stands before a flush of ours, which landed there, is met.

    Errors: ``Fenced`` if somebody there outranks us; ``ChangelogLost`` if the flush landed where the
    state already was; ``FlushFailed`` if what stands there cannot be read.
    """
    where = _where(changelog, partition)
    gap = partition.ownership.gap_before(base_offset, where=where)
    if gap is None:
        return
    try:
        await _meet(changelog, partition, gap.first, gap.end)
    except KAFKA_FAILURES as error:
        raise FlushFailed(
            f"what stands before a flush, from offset {gap.first} on, could not be read: {error!r}",
            where=where,
            hint="look at the broker: is it up, and may this worker read? Nothing was acknowledged; a"
            " restart goes on from the last durable flush",
        ) from error


async def look(changelog: Changelog, partition: Partition) -> None:
    """Meet what others wrote behind an idle owner; while no broker answers, the next look does.

    Errors: ``Fenced`` if somebody there outranks us.
    """
    try:
        end = await changelog.end_offset(partition.number)
        first = partition.ownership.applied_offset + 1
        if end > first:
            await _meet(changelog, partition, first, end)
            partition.ownership.looked(end)
    except KAFKA_FAILURES as error:
        # nothing waits for a look: a flush that comes meanwhile says for itself what it cannot do
        where = _where(changelog, partition)
        log.warning("the changelog could not be looked at", where=where, error=repr(error))


async def _meet(changelog: Changelog, partition: Partition, first: int, end: int) -> None:
    others = await changelog.read_range(partition.number, first, end)
    if partition.discarded:
        return
    log.warning(
        "others wrote to the changelog",
        partition=partition.number,
        first_offset=first,
        records=len(others.offsets),
    )
    keys = [key for key in others.keys if key is not None]
    partition.ownership.meet(keys, others.stamps(), where=_where(changelog, partition))
    if others.offsets:
        # whoever wrote there may have shown what it knew as well, behind what we had shown
        show_again([partition])


def _where(changelog: Changelog, partition: Partition) -> str:
    return f"{changelog.topic}, partition {partition.number}"
