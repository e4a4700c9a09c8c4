"""The live mix: a seeded stream of events as fast as a broker takes it, with the totals it adds up to.

78 % viewer events, 15 % comments, 5 % orders, 2 % room events, of 200 to 350 bytes; hosts by Zipf's law
with exponent 1.1; keyed by host, Kafka's murmur2 partitioner; event time advances by 20,000 events/s.
By hand: ``python -m tests.bench.livemix --bootstrap 127.0.0.1:9092 --create --events 1000000``.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2

ORDERS, COMMENTS, VIEWERS = "live.orders.v1", "live.comments.v1", "live.viewers.v1"
ROOMS, HOSTS = "live.rooms.v1", "live.hosts.v1"
TOPICS = (ORDERS, COMMENTS, VIEWERS, ROOMS, HOSTS)

START_MS = 1_760_000_000_000
ZIPF_EXPONENT = 1.1
PEOPLE = 20_000
CHUNK = 10_000
BATCH_BYTES = 512 << 10
TEXTS = (
    "牛大力没货了,给补下货! 等了半个晚上了",
    "年糕怎么做吃好?口味如何? 老人能吃吗",
    "优惠券还有吗? 刚进来没抢到",
    "支持家乡! 三斤装的已经下单了",
    "主播讲一下今天什么时候发货",
    "这个蜜薯甜不甜? 上次的很好吃",
)

_ENVELOPE = b'{"type":"%b","event_id":"mix:%d:%012d","occurred_at_ms":%d,%b'
_VIEWER = b',"origin":"live","viewer_key":"%b"'
_LINE = (
    b',"order_id":"o-%09d","line_id":"1","product_id":"p-%03d","quantity":%d,"currency":"CNY"'
    b',"payable_minor":%d'
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What to make; equal mixes make equal records.

    Units: ``events`` without the host profiles, one per host, that come first; ``rate_per_s`` is how
    fast event time advances.
    """

    events: int
    hosts: int = 200
    partitions: int = 12
    seed: int = 1
    start_ms: int = START_MS
    rate_per_s: int = 20_000


@dataclass(slots=True)
class Totals:
    """What all events of a mix add up to; nothing in it is a duplicate or late."""

    events: Counter[str] = field(default_factory=Counter)
    paid_lines: int = 0
    items_sold: int = 0
    pay_gmv_minor: int = 0
    comments: int = 0
    joins: int = 0
    likes: int = 0


@dataclass(slots=True)
class Record:
    """One record on its way; ``value`` is the event as JSON."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    timestamp_ms: int


class Generator:
    """The events of a mix, in the order of event time; ``totals`` grows with them."""

    def __init__(self, mix: Mix) -> None:
        self.mix = mix
        self.totals = Totals()
        self._rng = random.Random(mix.seed)
        self._keys = [b"host-%06d" % host for host in range(mix.hosts)]
        self._partitions = [(murmur2(key) & 0x7FFFFFFF) % mix.partitions for key in self._keys]
        self._rooms = [
            b'"host_id":"%b","room_id":"room-%06d","session_id":"session-%06d-1","source":"simulator"'
            % (key, host, host)
            for host, key in enumerate(self._keys)
        ]
        weights = (1 / rank**ZIPF_EXPONENT for rank in range(1, mix.hosts + 1))
        self._host_weights = list(accumulate(weights))
        self._people = [b"%032x" % self._rng.getrandbits(128) for _ in range(PEOPLE)]
        self._texts = [json.dumps(text, ensure_ascii=False).encode() for text in TEXTS]
        self._unpaid: deque[_Line] = deque()
        self._paid: deque[_Line] = deque()
        self._orders = 0
        self._kinds = self._kinds_by_share()

    def profiles(self) -> Iterator[Record]:
        """One profile for each host."""
        start_ms = self.mix.start_ms
        for host, key in enumerate(self._keys):
            value = (
                b'{"type":"host.profiled","event_id":"mix:%d:h%06d","occurred_at_ms":%d,"host_id":"%b",'
                b'"source":"simulator","name":"Host %06d","village":"Village %04d","town":"Town %02d",'
                b'"district":"Conghua","valid_from_ms":%d}'
            ) % (self.mix.seed, host, start_ms, key, host, host // 10, host // 100, start_ms)
            self.totals.events[HOSTS] += 1
            yield Record(HOSTS, self._partitions[host], key, value, start_ms)

    def events(self) -> Iterator[Record]:
        """All other events."""
        mix, rng, count = self.mix, self._rng, self.totals.events
        keys, partitions, rooms, kinds = self._keys, self._partitions, self._rooms, self._kinds
        kind_weights = list(accumulate(share for share, _, _, _ in kinds))
        for first in range(0, mix.events, CHUNK):
            size = min(CHUNK, mix.events - first)
            drawn_hosts = rng.choices(range(mix.hosts), cum_weights=self._host_weights, k=size)
            drawn_kinds = rng.choices(kinds, cum_weights=kind_weights, k=size)
            drawn_people = rng.choices(self._people, k=size)
            for number, host, (_, topic, tag, body), person in zip(
                range(first, first + size), drawn_hosts, drawn_kinds, drawn_people, strict=True
            ):
                at_ms = mix.start_ms + number * 1000 // mix.rate_per_s
                tag, rest, host = body(tag, number, host, person)
                front = _ENVELOPE % (tag, mix.seed, number, at_ms, rooms[host])
                count[topic] += 1
                yield Record(topic, partitions[host], keys[host], front + rest, at_ms)

    def _kinds_by_share(self) -> list[tuple[int, str, bytes, _Body]]:
        """Share in a thousand, topic, tag and body of each kind of event."""
        return [
            (500, VIEWERS, b"viewer.liked", self._liked),
            (110, VIEWERS, b"viewer.joined", self._joined),
            (60, VIEWERS, b"viewer.left", self._left),
            (60, VIEWERS, b"product.clicked", self._clicked),
            (30, VIEWERS, b"viewer.followed", self._plain),
            (20, VIEWERS, b"viewers.counted", self._counted),
            (150, COMMENTS, b"comment.posted", self._comment),
            (50, ORDERS, b"order.created", self._order),
            (10, ROOMS, b"stock.reported", self._stock),
            (10, ROOMS, b"adapter.heartbeat", self._heartbeat),
        ]

    def _plain(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        return tag, (_VIEWER + b"}") % person, host

    def _joined(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        self.totals.joins += 1
        return tag, (_VIEWER + b"}") % person, host

    def _left(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        return tag, (_VIEWER + b',"watched_ms":%d}') % (person, number % 600_000), host

    def _liked(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        likes = number % 9 + 1
        self.totals.likes += likes
        return tag, (_VIEWER + b',"count":%d}') % (person, likes), host

    def _clicked(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        return tag, (_VIEWER + b',"product_id":"p-%03d"}') % (person, number % 40), host

    def _counted(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        told = b',"origin":"live","online":%d,"views_total":%d,"approximate":false}'
        return tag, told % (number % 7000, number), host

    def _comment(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        self.totals.comments += 1
        text = self._texts[number % len(self._texts)]
        return tag, b',"user_key":"%b","role":"viewer","text":%b}' % (person, text), host

    def _stock(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        told = b',"product_id":"p-%03d","available":%d,"as_of_ms":%d,"cause":"sale"}'
        return tag, told % (number % 40, number % 500, self.mix.start_ms), host

    def _heartbeat(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        told = b',"origin":"live","connected":true,"last_message_age_ms":%d}'
        return tag, told % (number % 900), host

    def _order(self, tag: bytes, number: int, host: int, person: bytes) -> _Told:
        """A line is created, mostly paid soon, sometimes refunded; at the host that it began at."""
        step = number % 100
        if step < 44 and self._unpaid:
            return self._pay()
        if step < 49 and self._paid:
            line = self._paid.popleft()
            told = (
                b',"order_id":"o-%09d","line_id":"1","refund_id":"r-1","refund_minor":%d'
                b',"currency":"CNY"}'
            )
            return b"order.refunded", told % (line.order, line.minor), line.host
        self._orders += 1
        quantity = number % 3 + 1
        line = _Line(
            self._orders, host, number % 40, quantity, quantity * (990 + number % 40 * 100)
        )
        self._unpaid.append(line)
        return tag, (_LINE + b"}") % (line.order, line.product, quantity, line.minor), host

    def _pay(self) -> _Told:
        line = self._unpaid.popleft()
        self._paid.append(line)
        self.totals.paid_lines += 1
        self.totals.items_sold += line.quantity
        self.totals.pay_gmv_minor += line.minor
        told = _LINE % (line.order, line.product, line.quantity, line.minor)
        return b"order.paid", told + b',"paid_minor":%d}' % line.minor, line.host


class _Line(NamedTuple):
    """An order line: what a later event of it must repeat."""

    order: int
    host: int
    product: int
    quantity: int
    minor: int


_Told = tuple[bytes, bytes, int]  # tag, what stands behind the envelope, host
_Body = Callable[[bytes, int, int, bytes], _Told]


async def create_topics(bootstrap: str, partitions: int) -> None:
    """Make the five topics; for benchmarks without ``streamproc topics apply``."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        settings = {"message.timestamp.type": "LogAppendTime"}
        await admin.create_topics(
            [NewTopic(topic, partitions, 1, topic_configs=settings) for topic in TOPICS]
        )
    finally:
        await admin.close()


async def fill(bootstrap: str, mix: Mix) -> Totals:
    """Write a whole mix; returns what it adds up to once every record is acknowledged.

    Shapes: per partition of a topic, records stand in the order of event time.
    """
    generator = Generator(mix)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=8 << 20,
    )
    await producer.start()
    try:
        writer = _Writer(producer)
        for records in (generator.profiles(), generator.events()):
            for record in records:
                if not writer.add(record):
                    await writer.send(record.topic, record.partition)
                    writer.add(record)
        await writer.finish()
    finally:
        await producer.stop()
    return generator.totals


class _Writer:
    """Fills one record batch per partition and sends each when it is full."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    def add(self, record: Record) -> bool:
        """False if the open batch of that partition has no room."""
        at = (record.topic, record.partition)
        batch = self._open.get(at)
        if batch is None:
            batch = self._open[at] = self._producer.create_batch()
        appended = batch.append(key=record.key, value=record.value, timestamp=record.timestamp_ms)
        return appended is not None

    async def send(self, topic: str, partition: int) -> None:
        """Send the open batch of a partition."""
        batch = self._open.pop((topic, partition))
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))

    async def finish(self) -> None:
        """Send what is open and wait for every acknowledgement."""
        for topic, partition in list(self._open):
            await self.send(topic, partition)
        await asyncio.gather(*self._sent)


def main(arguments: Sequence[str]) -> int:
    """Fill a broker by hand; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.livemix", description=__doc__)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--create", action="store_true", help="make the topics first")
    for option in dataclasses.fields(Mix):
        default = {"events": 1_000_000}.get(option.name, option.default)
        parser.add_argument(f"--{option.name.replace('_', '-')}", type=int, default=default)
    chosen = vars(parser.parse_args(arguments))
    bootstrap, create = chosen.pop("bootstrap"), chosen.pop("create")
    mix = Mix(**chosen)

    async def run() -> Totals:
        if create:
            await create_topics(bootstrap, mix.partitions)
        return await fill(bootstrap, mix)

    started = time.perf_counter()
    totals = asyncio.run(run())
    seconds = time.perf_counter() - started
    told = {item.name: getattr(totals, item.name) for item in dataclasses.fields(totals)}
    told |= {"seconds": round(seconds, 2), "events_per_s": round(totals.events.total() / seconds)}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
