"""Events whose time lies ahead of the log: nothing happens after it was written down, so a clock is wrong.

Only the record's own timestamp tells, so whoever reads the log again decides alike.

Source: docs/adr/0019-an-event-ahead-counts-as-of-its-record.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from streamproc.events.base import Event
from streamproc.events.limits import AHEAD_MS
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected

_E = TypeVar("_E", bound=Event)
_AT_MS: Final = attrgetter("occurred_at_ms")


def places_ahead(
    events: Sequence[AnyEvent | Rejected], timestamps_ms: Sequence[int]
) -> Sequence[int]:
    """The places of the events that are ahead, ascending; nearly always none.

    Shapes: two lists of one length, one record per place.
    Units: ``timestamps_ms`` are the records' own.
    """
    # some may be rejected, and have no time; where none is, one look at all of them tells
    with suppress(AttributeError):
        if max(map(_AT_MS, events), default=0) <= min(timestamps_ms, default=0) + AHEAD_MS:
            return ()
    pairs = enumerate(zip(events, timestamps_ms, strict=True))
    return [place for place, (each, at_ms) in pairs if _is_ahead(each, at_ms)]


def _is_ahead(event: AnyEvent | Rejected, timestamp_ms: int) -> bool:
    return not isinstance(event, Rejected) and event.occurred_at_ms > timestamp_ms + AHEAD_MS


def as_of_record(event: _E, timestamp_ms: int) -> _E:
    """An event that is ahead as it counts: at the time of its record."""
    return msgspec.structs.replace(event, occurred_at_ms=timestamp_ms)
