"""Events whose time lies ahead of the log: nothing happens after it was written down, so a clock is wrong.

Only the record's own timestamp tells, so whoever reads the log again decides alike.

Source: docs/adr/0019-an-event-ahead-counts-as-of-its-record.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

import msgspec

from streamproc.events.base import Event
from streamproc.events.limits import AHEAD_MS
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected

_E = TypeVar("_E", bound=Event)


def places_ahead(
    events: Sequence[AnyEvent | Rejected], timestamps_ms: Sequence[int]
) -> Sequence[int]:
    """The places of the events that are ahead, ascending; nearly always none.

    Shapes: two lists of one length, one record per place.
    Units: ``timestamps_ms`` are the records' own.
    """
    try:
        times_ms = [each.occurred_at_ms for each in cast("Sequence[AnyEvent]", events)]
    except AttributeError:  # some are rejected, and have no time
        times_ms = [0 if isinstance(each, Rejected) else each.occurred_at_ms for each in events]
    if max(times_ms, default=0) <= min(timestamps_ms, default=0) + AHEAD_MS:
        return ()
    pairs = enumerate(zip(times_ms, timestamps_ms, strict=True))
    return [place for place, (at_ms, written_ms) in pairs if at_ms > written_ms + AHEAD_MS]


def as_of_record(event: _E, timestamp_ms: int) -> _E:
    """An event that is ahead as it counts: at the time of its record."""
    return msgspec.structs.replace(event, occurred_at_ms=timestamp_ms)
