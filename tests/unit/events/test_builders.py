from __future__ import annotations

import pytest

from streamproc.events.codec import Codec
from streamproc.events.registry import AnyEvent
from tests import builders

BUILT: list[AnyEvent] = [
    builders.created(),
    builders.paid(),
    builders.cancelled(),
    builders.refund_requested(),
    builders.refunded(),
    builders.refund_closed(),
    builders.order_failed(),
    builders.orders_counted(),
    builders.comment(),
    builders.joined(),
    builders.left(),
    builders.liked(),
    builders.viewers_counted(),
    builders.room_started(),
    builders.room_ended(),
    builders.stock_reported(),
    builders.profiled(),
]


@pytest.mark.parametrize("event", BUILT, ids=lambda event: type(event).__name__)
def test_a_builder_makes_what_the_codec_takes(event: AnyEvent) -> None:
    topic, key, value, timestamp_ms = builders.record(event)

    assert Codec(topic).decode(key, value, timestamp_ms) == event


def test_no_two_built_events_are_the_same_occurrence() -> None:
    assert builders.paid().event_id != builders.paid().event_id
