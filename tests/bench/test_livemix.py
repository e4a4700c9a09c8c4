"""The live mix is what the benchmark says it is, and every event of it counts."""

from __future__ import annotations

from collections import Counter

import pytest

from streamproc.events.codec import Codec
from streamproc.events.orders import OrderPaid
from streamproc.events.rejected import Rejected
from streamproc.events.viewers import ViewerLiked
from tests.bench.livemix import (
    COMMENTS,
    HOSTS,
    ORDERS,
    ROOMS,
    TOPICS,
    VIEWERS,
    Generator,
    Mix,
    Record,
)

MIX = Mix(events=20_000, hosts=50, partitions=6, seed=7)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(MIX)


@pytest.fixture(scope="module")
def records(generator: Generator) -> list[Record]:
    return [*generator.profiles(), *generator.events()]


def test_the_shares_are_those_of_the_live_mix(records: list[Record]) -> None:
    counted = Counter(record.topic for record in records)
    shares = {topic: counted[topic] / MIX.events for topic in TOPICS if topic != HOSTS}

    assert shares == pytest.approx(
        {VIEWERS: 0.78, COMMENTS: 0.15, ORDERS: 0.05, ROOMS: 0.02}, abs=0.01
    )
    assert counted[HOSTS] == MIX.hosts


def test_every_event_is_between_200_and_350_bytes(records: list[Record]) -> None:
    sizes = [len(record.value) for record in records]

    assert 200 <= min(sizes) <= max(sizes) <= 350


def test_our_codec_takes_every_event(records: list[Record]) -> None:
    codecs = {topic: Codec(topic) for topic in TOPICS}
    decoded = [codecs[r.topic].decode(r.key, r.value, r.timestamp_ms) for r in records]

    assert [event for event in decoded if isinstance(event, Rejected)] == []


def test_the_totals_are_what_the_events_say(generator: Generator, records: list[Record]) -> None:
    codecs = {topic: Codec(topic) for topic in TOPICS}
    decoded = [codecs[r.topic].decode(r.key, r.value, r.timestamp_ms) for r in records]
    paid = [event for event in decoded if isinstance(event, OrderPaid)]
    likes = [event.count for event in decoded if isinstance(event, ViewerLiked)]

    assert generator.totals.paid_lines == len(paid) > 0
    assert generator.totals.pay_gmv_minor == sum(event.paid_minor for event in paid)
    assert generator.totals.items_sold == sum(event.quantity for event in paid)
    assert generator.totals.likes == sum(likes) > 0


def test_no_event_is_told_twice(records: list[Record]) -> None:
    assert len(
        {record.value.split(b'"event_id":"')[1].split(b'"')[0] for record in records}
    ) == len(records)


def test_event_time_advances_as_fast_as_asked(records: list[Record]) -> None:
    times = [record.timestamp_ms for record in records]

    assert times == sorted(times)
    assert times[-1] - times[0] == (MIX.events - 1) * 1000 // MIX.rate_per_s


def test_a_host_stays_in_its_partition(records: list[Record]) -> None:
    places = {(record.key, record.partition) for record in records}

    assert len(places) == len({record.key for record in records})
    assert {partition for _, partition in places} <= set(range(MIX.partitions))


def test_the_same_seed_makes_the_same_records(records: list[Record]) -> None:
    again = Generator(MIX)

    assert [*again.profiles(), *again.events()] == records


def test_another_seed_makes_other_records(records: list[Record]) -> None:
    assert list(Generator(Mix(events=100, hosts=50, seed=8)).events()) != records[50:150]
