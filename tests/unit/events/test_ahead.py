"""Which events are ahead of their records."""

from __future__ import annotations

from streamproc.events.ahead import as_of_record, places_ahead
from streamproc.events.rejected import Rejected, RejectReason
from tests.builders import T0, liked, room_started

FIVE_MINUTES_MS = 300_000
USELESS = Rejected(RejectReason.INVALID, "count: not a number")


def test_a_clock_is_believed_for_five_minutes_after_its_record() -> None:
    at_most = liked(at_ms=T0 + FIVE_MINUTES_MS)
    later = liked(at_ms=T0 + FIVE_MINUTES_MS + 1)

    assert list(places_ahead([at_most, later], [T0, T0])) == [1]


def test_each_event_is_compared_with_its_own_record() -> None:
    hour_later_ms = T0 + 3_600_000
    events = [room_started(T0), room_started(hour_later_ms), room_started(hour_later_ms)]

    assert list(places_ahead(events, [T0, hour_later_ms, T0])) == [2]


def test_what_is_rejected_has_no_time() -> None:
    ahead = liked(at_ms=T0 + FIVE_MINUTES_MS + 1)

    assert list(places_ahead([USELESS, ahead, USELESS], [T0, T0, T0])) == [1]
    assert list(places_ahead([USELESS], [T0])) == []
    assert list(places_ahead([], [])) == []


def test_as_of_its_record_only_its_time_is_another() -> None:
    ahead = liked(3, at_ms=T0 + 3_600_000, event_id="e")

    assert as_of_record(ahead, T0) == liked(3, at_ms=T0, event_id="e")
