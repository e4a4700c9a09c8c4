"""What decoding costs per record of the live mix. It reports; it asserts no time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random
from time import process_time
from typing import Final

import msgspec
import pytest

from streamproc.events.codec import Codec, encode
from streamproc.events.orders import Attribution
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.viewers import CartAdded, ProductClicked, ProductExposed
from tests.builders import (
    T0,
    comment,
    joined,
    left,
    liked,
    made,
    paid,
    stock_reported,
    viewers_counted,
)

pytestmark = pytest.mark.bench

RECORDS: Final = 2_000
ROUNDS: Final = 25
SHARES: Final = {VIEWERS_TOPIC: 0.78, COMMENTS_TOPIC: 0.15, ORDERS_TOPIC: 0.05, ROOMS_TOPIC: 0.02}


def viewer_event(rng: Random, place: int, viewer: int) -> AnyEvent:
    product = {"viewer_key": f"{viewer:032x}", "product_id": f"p-{place % 20}"}
    kinds: list[Callable[[], AnyEvent]] = [
        lambda: joined(viewer),
        lambda: left(viewer, watched_ms=61_250),
        lambda: liked(3),
        lambda: viewers_counted(5_000, approximate=True),
        lambda: made(ProductExposed, T0, **product),
        lambda: made(ProductClicked, T0, **product),
        lambda: made(CartAdded, T0, **product, quantity=1),
    ]
    return rng.choices(kinds, weights=[45, 15, 20, 2, 8, 6, 4])[0]()


def event_of(topic: str, rng: Random, place: int) -> AnyEvent:
    viewer = rng.getrandbits(128)
    event: AnyEvent
    if topic == VIEWERS_TOPIC:
        event = viewer_event(rng, place, viewer)
    elif topic == COMMENTS_TOPIC:
        event = comment("牛大力没货了,给补下货! 年糕怎么做吃好?", user_key=f"{viewer:032x}")
    elif topic == ORDERS_TOPIC:
        event = paid(
            3_998,
            order_id=f"o-{place}",
            product_id=f"p-{place % 20}",
            buyer_key=f"{viewer:032x}",
            attribution=Attribution.IN_LIVE,
        )
    else:
        event = stock_reported(100, product_id=f"p-{place % 20}")
    host = min(199, int(rng.paretovariate(1.1)) - 1)
    return msgspec.structs.replace(
        event,
        event_id=f"sim-{place:010d}-{rng.getrandbits(48):012x}",
        occurred_at_ms=T0 + place,
        host_id=f"host-{host:04d}",
        room_id=f"room-{host:04d}",
        session_id=f"sess-{host:04d}-20261121",
    )


def decode_ns(topic: str) -> tuple[float, float]:
    """CPU nanoseconds and bytes per record, the best of many rounds."""
    rng = Random(1)
    events = [event_of(topic, rng, place) for place in range(RECORDS)]
    keys: list[bytes | None] = [event.host_id.encode() for event in events]
    values: list[bytes | None] = [encode(event) for event in events]
    stamps = [event.occurred_at_ms for event in events]
    codec = Codec(topic)
    assert codec.decode_batch(keys, values, stamps) == events
    best_s = float("inf")
    for _ in range(ROUNDS):
        began_s = process_time()
        codec.decode_batch(keys, values, stamps)
        best_s = min(best_s, process_time() - began_s)
    return best_s / RECORDS * 1e9, sum(len(value or b"") for value in values) / RECORDS


def test_decoding_of_the_live_mix_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    costs = {topic: decode_ns(topic) for topic in SHARES}
    mix_ns = sum(SHARES[topic] * ns for topic, (ns, _) in costs.items())

    lines = [f"{topic:18}{ns:7.0f} ns{size:5.0f} B" for topic, (ns, size) in costs.items()]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, f"{'live mix':18}{mix_ns:7.0f} ns", ""]))
