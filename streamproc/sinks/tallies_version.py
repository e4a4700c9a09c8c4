"""The greatest version that the tallies topic tells: a state that begins anew must show greater ones.

Source: docs/adr/0015-views.md; topics/live.tallies.v1.yaml.
"""

from __future__ import annotations

from typing import Final

from streamproc.engine.changelog import ChangelogCursor, changelog_cursor
from streamproc.engine.preflight import partition_counts
from streamproc.events.host_tally import TALLIES_TOPIC, version_told

LAST_RECORDS: Final = 1_000
"""So many offsets at the end of a partition are looked at. Versions grow along it, but for the little that
a former owner tells behind its heir; and an hour of a large contest is too long to be read."""


async def greatest_version(bootstrap_servers: str, *, timeout_s: float) -> int | None:
    """The greatest version told lately in any partition; None: none is told.

    Errors: ``BrokerUnreachable``, and what reading may raise.
    """
    counts = await partition_counts(bootstrap_servers, [TALLIES_TOPIC], timeout_s=timeout_s)
    starts = dict.fromkeys(range(counts.get(TALLIES_TOPIC, 0)), -1)
    if not starts:
        return None
    async with changelog_cursor(bootstrap_servers, TALLIES_TOPIC, starts) as cursor:
        return max(await _versions(cursor), default=None)


async def _versions(cursor: ChangelogCursor) -> list[int]:
    bounds = await cursor.bounds()
    waiting = {number: end for number, (first, end) in bounds.items() if end > first}
    if not waiting:
        return []  # aiokafka asks for the offsets of nothing without end
    await cursor.assign({number: end - LAST_RECORDS for number, end in waiting.items()})
    found = []
    while waiting:
        for number, raw in (await cursor.read(waiting)).items():
            versions = map(version_told, raw.headers.values())
            found += [version for version in versions if version is not None]
            if raw.next_offset >= waiting[number]:
                del waiting[number]
    return found
