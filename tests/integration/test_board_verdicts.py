"""A verdict pressed on the board is an event of the room, on a real broker; without one it is a problem."""

from __future__ import annotations

import httpx
import pytest

from streamproc.events.codec import Codec
from streamproc.events.registry import ROOMS_TOPIC
from streamproc.events.rooms import AlertJudged, Verdict
from streamproc.provision.admin import ensure_topics
from streamproc.sinks.verdicts import KafkaVerdicts
from tests.board.served import NOW_MS, Served, served
from tests.kafka_log import read_topic
from tests.servers import Broker, KafkaServer

pytestmark = pytest.mark.integration

PARTITIONS = 3


async def pressed(board: Served, verdict: str) -> httpx.Response:
    """The answer to a verdict on a new alert of the first room."""
    alert = board.rooms[0].trouble(NOW_MS)
    await board.shown(board.rooms[0])
    return await board.client.post(
        f"/api/v1/alerts/{alert.alert_id}/verdict", json={"verdict": verdict, "by": "h"}
    )


async def test_a_verdict_arrives_in_the_partition_of_its_host(broker: Broker) -> None:
    await ensure_topics(broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    async with served(publisher=KafkaVerdicts(broker.bootstrap, timeout_s=20)) as board:
        answers = [await pressed(board, verdict) for verdict in ("real", "snoozed")]
        host_id = board.rooms[0].host_id.encode()

    records = await read_topic(broker.bootstrap, ROOMS_TOPIC, range(PARTITIONS))

    assert [each.status_code for each in answers] == [202, 202]
    assert {record.key for record in records} == {host_id}
    assert len({record.partition for record in records}) == 1
    events = [Codec(ROOMS_TOPIC).decode(each.key, each.value, NOW_MS) for each in records]
    assert all(isinstance(each, AlertJudged) for each in events)
    told = {each.event_id: each.verdict for each in events if isinstance(each, AlertJudged)}
    assert told == {
        answers[0].json()["event_id"]: Verdict.REAL,
        answers[1].json()["event_id"]: Verdict.SNOOZED,
    }


async def test_a_verdict_is_refused_while_the_broker_is_away_and_taken_when_it_is_back(
    kafka_broker: Broker, kafka_server: KafkaServer
) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    async with served(publisher=KafkaVerdicts(kafka_broker.bootstrap, timeout_s=2)) as board:
        kafka_server.stop()
        try:
            away = [await pressed(board, "real") for _ in range(2)]
        finally:
            kafka_server.start()
        back = await pressed(board, "real")
        for _ in range(10):
            if back.status_code == 202:
                break
            back = await pressed(board, "real")

    assert [each.status_code for each in away] == [503, 503]
    assert "retry-after" in away[0].headers
    assert back.status_code == 202
