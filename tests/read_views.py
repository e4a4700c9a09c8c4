"""What the views show of hosts, as whoever reads them knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamproc.client.tallies import TallyReader
from streamproc.events.host_tally import TALLIES_TOPIC, HostTally
from streamproc.events.view_keys import Keys
from tests.kafka_log import read_topic
from tests.redis_server import Client

KEYS = Keys("sp")
AS_OF = frozenset(("online_mean", "watch_mean_s"))
"""Figures that move with time, without an event."""


def settled(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Those that stand still when nothing happens: how long people stay is known only as of a moment."""
    return {name: value for name, value in figures.items() if name not in AS_OF}


async def tallies_of_topic(bootstrap: str, partitions: Iterable[int]) -> dict[str, HostTally]:
    """What a reader of the topic knows, by host."""
    reader = TallyReader()
    for record in await read_topic(bootstrap, TALLIES_TOPIC, partitions):
        reader.take(record.key, record.value, record.headers)
    return reader.tallies


def tallies_of_redis(client: Client) -> dict[bytes, bytes]:
    """The tallies that Redis holds, as JSON by host. Shapes: ``client`` answers in bytes."""
    hosts = client.zrange(KEYS.hosts, 0, -1)
    with client.pipeline(transaction=False) as pipeline:
        for host in hosts:
            pipeline.hget(KEYS.live(host), "tally")
        held = zip(hosts, pipeline.execute(), strict=True)
        return {host: each for host, each in held if each is not None}
