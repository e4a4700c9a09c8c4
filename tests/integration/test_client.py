"""Readers of output topics on a real Kafka: what stands, then each change."""

from __future__ import annotations

import asyncio
import time

import pytest

from streamproc.client.alerts import AlertReader
from streamproc.client.kafka import alerts, tallies
from streamproc.client.tallies import HostChange, TallyReader
from streamproc.errors import TopicMissing
from streamproc.events.host_tally import TALLIES_TOPIC, HostTally, tally_headers
from streamproc.events.outputs import ALERTS_TOPIC, encoded
from streamproc.provision.admin import ensure_topics
from tests.kafka_log import producing
from tests.servers import Broker
from tests.unit.client.test_alerts import step

pytestmark = pytest.mark.integration

AT_MS = 1_795_262_400_000
PARTITIONS = 3
DEADLINE_S = 60.0


async def test_a_reader_is_told_what_stands_and_then_each_change(kafka_broker: Broker) -> None:
    bootstrap = kafka_broker.bootstrap
    with pytest.raises(TopicMissing):
        await anext(tallies(bootstrap))
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id="read")
    hosts = [f"h-{number}" for number in range(9)]
    async with producing(bootstrap) as producer, asyncio.timeout(DEADLINE_S):
        for version in (2, 1):
            for host in hosts:
                tally = HostTally(version=version, host_id=host, as_of_ms=AT_MS, sessions=[])
                headers = tally_headers(host.encode(), version, AT_MS)
                await producer.send_and_wait(
                    TALLIES_TOPIC, key=host.encode(), value=encoded(tally), headers=headers
                )
        reader = TallyReader()
        told = tallies(bootstrap, reader)
        first = [await anext(told) for _ in hosts]
        assert sorted(each.host_id for each in first) == hosts
        await producer.send_and_wait(
            TALLIES_TOPIC, key=b"h-3", headers=tally_headers(b"h-3", 3, AT_MS)
        )
        assert await anext(told) == HostChange("h-3", None)
        assert {each.version for each in reader.tallies.values()} == {2}
        await told.aclose()


async def test_alerts_are_read_from_a_time_on_without_copies(kafka_broker: Broker) -> None:
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=1, replication_factor=1, app_id="read")
    async with producing(bootstrap) as producer, asyncio.timeout(DEADLINE_S):
        await producer.send_and_wait(ALERTS_TOPIC, key=b"h-1", value=step("a-1", 1, "firing"))
        await asyncio.sleep(0.05)  # the broker's clock has to move on
        since_ms = time.time_ns() // 1_000_000
        for seq in (2, 2, 3):
            await producer.send_and_wait(ALERTS_TOPIC, key=b"h-1", value=step("a-1", seq, "firing"))
        reader = AlertReader()
        told = alerts(bootstrap, reader, since_ms=since_ms)
        assert [(await anext(told)).seq for _ in range(2)] == [2, 3]
        await told.aclose()
        whole = alerts(bootstrap)
        assert [(await anext(whole)).seq for _ in range(3)] == [1, 2, 3]
        await whole.aclose()
