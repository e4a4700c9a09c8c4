from __future__ import annotations

import msgspec
import pytest

from streamproc.events.base import Event, RoomEvent
from streamproc.events.registry import CLASS_OF, EVENTS, INPUT_TOPICS, TOPIC_OF, type_of
from tests.builders import paid


def leaves(event_class: type[Event]) -> set[type[Event]]:
    below = event_class.__subclasses__()
    return {event_class} if not below else set().union(*map(leaves, below))


def test_the_topics_are_the_five_inputs_in_their_order() -> None:
    assert INPUT_TOPICS == (
        "live.orders.v1",
        "live.comments.v1",
        "live.viewers.v1",
        "live.rooms.v1",
        "live.hosts.v1",
    )


def test_every_event_is_registered_once() -> None:
    registered = [each for classes in EVENTS.values() for each in classes]

    assert set(registered) == leaves(Event)
    assert len(registered) == len(set(registered)) == len(CLASS_OF) == len(TOPIC_OF) == 33


@pytest.mark.parametrize("tag", CLASS_OF)
def test_an_event_is_frozen_and_no_burden_for_the_collector(tag: str) -> None:
    config = CLASS_OF[tag].__struct_config__

    assert (config.frozen, config.gc) == (True, False)
    assert (config.tag_field, config.tag) == ("type", tag)
    assert type_of(CLASS_OF[tag]) == tag


def test_only_profiles_belong_to_no_room() -> None:
    assert [tag for tag, each in CLASS_OF.items() if not issubclass(each, RoomEvent)] == [
        "host.profiled"
    ]


def test_an_event_cannot_be_changed() -> None:
    event = paid(1999)

    with pytest.raises(AttributeError):
        event.paid_minor = 0  # type: ignore[misc] # that it cannot be set is what is tested


def test_an_event_can_be_put_into_a_set() -> None:
    event = paid(1999)

    assert len({event, msgspec.structs.replace(event)}) == 1
