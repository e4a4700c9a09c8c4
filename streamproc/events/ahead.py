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
        all_told = cast("Sequence[AnyEvent]", events)
        newest_ms = max([each.occurred_at_ms for each in all_told], default=0)
    except AttributeError:  # some are rejected, and have no time
        newest_ms = max((_at_ms(each) for each in events), default=0)
    if newest_ms <= min(timestamps_ms, default=0) + AHEAD_MS:
        return ()
    pairs = zip(events, timestamps_ms, strict=True)
    return [place for place, (each, at_ms) in enumerate(pairs) if _at_ms(each) > at_ms + AHEAD_MS]


def as_of_record(event: _E, timestamp_ms: int) -> _E:
    """An event that is ahead as it counts: at the time of its record."""
    return msgspec.structs.replace(event, occurred_at_ms=timestamp_ms)


def _at_ms(event: AnyEvent | Rejected) -> int:
    return 0 if isinstance(event, Rejected) else event.occurred_at_ms
