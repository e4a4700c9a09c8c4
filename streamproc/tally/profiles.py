"""Who a host is, from when on."""

from __future__ import annotations

from msgspec import Struct

from streamproc.events.hosts import HostProfiled


class Profile(Struct, array_like=True, frozen=True, gc=False):
    """A host's name and place from some time on, as the event that stands told it."""

    occurred_at_ms: int
    event_id: str
    name: str
    village: str
    town: str
    district: str
    platform: str | None


def profile_of(event: HostProfiled) -> Profile:
    """The profile that an event tells."""
    return Profile(
        event.occurred_at_ms,
        event.event_id,
        event.name,
        event.village,
        event.town,
        event.district,
        event.platform,
    )


def replaces(new: Profile, held: Profile | None) -> bool:
    """Whether a profile takes the place of the one held for the same start.

    Shapes: the greater (event time, event id) wins, also one that says the same again: else it would
        depend on the order in which they come what stands after a change that was taken back.
    """
    if held is None:
        return True
    return (new.occurred_at_ms, new.event_id) > (held.occurred_at_ms, held.event_id)
