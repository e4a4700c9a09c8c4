from __future__ import annotations

import asyncio
import re

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from typer.testing import CliRunner, Result

from streamproc.cli.topics import app
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.errors import (
    BadSetting,
    BrokerUnreachable,
    PartitionCountWrong,
    StreamprocError,
    TopicDrift,
    TopicMissing,
)
from streamproc.events.registry import INPUT_TOPICS
from streamproc.provision import actual as reading
from streamproc.provision import admin
from streamproc.provision.actual import read, read_actual
from streamproc.provision.admin import apply, ensure_topics
from streamproc.provision.catalog import deployed, load_catalog
from streamproc.provision.plan import Actual, ConfigDrift, ExtraTopic, differences
from tests.servers import Broker, KafkaServer

pytestmark = pytest.mark.integration

ORDERS = "live.orders.v1"
NAMES = [topic.name for topic in load_catalog()]
SMALL = deployed(load_catalog(), partitions=2, replication_factor=1)


def _run(command: str, broker: Broker, *options: str) -> Result:
    arguments = [command, "--replication-factor", "1", *options]
    environment = {"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap, "COLUMNS": "20"}
    result = CliRunner().invoke(app, arguments, env=environment)
    if result.exception is not None and not isinstance(result.exception, StreamprocError):
        raise result.exception
    return result


async def _make(broker: Broker, *topics: NewTopic) -> None:
    """Create topics, as somebody else would, and see it done."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    try:
        answer = await client.create_topics(list(topics))
        assert [code for _, code, _ in answer.topic_errors] == [0] * len(topics)
    finally:
        await client.close()
    async with asyncio.timeout(30):
        while (
            not {topic.name for topic in topics}
            <= (await read_actual(broker.bootstrap)).topics.keys()
        ):
            pass


async def _set(broker: Broker, topic: str, settings: dict[str, str]) -> None:
    """Replace all that is set on a topic, as somebody else would, and see it done."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    try:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])
    finally:
        await client.close()
    async with asyncio.timeout(30):
        while (await read_actual(broker.bootstrap)).topics[topic].overrides != settings:
            pass


def test_plan_apply_and_verify_bring_an_empty_broker_to_what_is_declared(broker: Broker) -> None:
    planned = _run("plan", broker)
    assert isinstance(planned.exception, TopicDrift)
    for name in NAMES:
        row = rf"^ ?{re.escape(name)} +missing +exists +- +create *$"
        assert re.search(row, planned.output, re.MULTILINE), "without a terminal there is room"

    applied = _run("apply", broker)
    assert applied.exit_code == 0
    assert applied.output.splitlines() == [f"created  {name}" for name in NAMES]

    verified = _run("verify", broker)
    assert verified.exit_code == 0
    assert f"{len(NAMES)} topics are as declared" in verified.output


def test_apply_changes_nothing_the_second_time(broker: Broker) -> None:
    _run("apply", broker)

    again = _run("apply", broker)

    assert again.exit_code == 0
    assert "Nothing to do" in again.output
    assert _run("plan", broker).exit_code == 0


def test_verify_says_what_the_embedded_broker_hides(embedded_broker: Broker) -> None:
    _run("apply", embedded_broker)

    assert "not checked: message.timestamp.type" in _run("verify", embedded_broker).output


def test_verify_checked_everything_on_real_kafka(kafka_broker: Broker) -> None:
    _run("apply", kafka_broker)

    output = _run("verify", kafka_broker).output

    assert "not checked" not in output
    assert "declared setting was checked" in output


@pytest.mark.parametrize("command", ["plan", "verify", "apply"])
def test_another_number_of_partitions_is_refused(broker: Broker, command: str) -> None:
    _run("apply", broker, "--partitions", "2")

    refusal = _run(command, broker, "--partitions", "3")

    assert isinstance(refusal.exception, PartitionCountWrong)
    assert f"{ORDERS} has 2, not 3" in refusal.exception.where


async def test_a_refused_apply_changes_nothing_at_all(broker: Broker) -> None:
    await _make(broker, NewTopic(ORDERS, 5, 1))

    with pytest.raises(PartitionCountWrong, match=f"{ORDERS} has 5, not 2"):
        await apply(broker.bootstrap, SMALL, app_id="streamproc")

    assert list((await read_actual(broker.bootstrap)).topics) == [ORDERS]


async def test_a_topic_that_somebody_made_meanwhile_is_judged_too(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _make(broker, NewTopic(ORDERS, 1, 1))
    looks: list[Actual] = []

    async def not_there_yet(client: AIOKafkaAdminClient) -> Actual:
        looks.append(await read(client))
        return looks[-1] if len(looks) > 1 else Actual({}, looks[-1].alters_configs)

    monkeypatch.setattr(admin, "read", not_there_yet)

    with pytest.raises(PartitionCountWrong, match=f"{ORDERS} has 1, not 2"):
        await ensure_topics(broker.bootstrap, partitions=2, replication_factor=1)


async def test_inputs_that_differ_among_themselves_are_told(broker: Broker) -> None:
    await _make(broker, *(NewTopic(name, 2 + (name == ORDERS), 1) for name in INPUT_TOPICS))

    with pytest.raises(PartitionCountWrong, match="the inputs"):
        await ensure_topics(broker.bootstrap, partitions=2, replication_factor=1)


async def test_drift_is_named_with_both_values_and_set_right(kafka_broker: Broker) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=2, replication_factor=1)
    wanted = {topic.name: topic for topic in SMALL}[ORDERS].config.as_kafka()
    drifted = {**wanted, "retention.ms": "1000", "segment.ms": "77000"}
    await _set(kafka_broker, ORDERS, drifted)

    actual = await read_actual(kafka_broker.bootstrap)
    found = differences(SMALL, actual, app_id="streamproc")
    done = await apply(kafka_broker.bootstrap, SMALL, app_id="streamproc")
    held = (await read_actual(kafka_broker.bootstrap)).topics[ORDERS]

    assert found == [ConfigDrift(ORDERS, "retention.ms", declared="604800000", actual="1000")]
    assert (done.created, done.altered, done.left) == ([], [ORDERS], [])
    assert held.overrides == {**wanted, "segment.ms": "77000"}, "somebody else's setting is kept"


def test_the_command_names_a_drifted_setting(kafka_broker: Broker) -> None:
    _run("apply", kafka_broker)

    drifted = _run("verify", kafka_broker, "--replication-factor", "3")

    assert isinstance(drifted.exception, TopicDrift)
    assert ORDERS in drifted.exception.where
    assert "replicas" in drifted.output


async def test_a_topic_with_our_prefix_that_nobody_declared_is_left(broker: Broker) -> None:
    await _make(broker, NewTopic("live.songs.v1", 1, 1), NewTopic("payments", 1, 1))

    done = await apply(broker.bootstrap, SMALL, app_id="streamproc")

    assert done.left == [ExtraTopic("live.songs.v1")]


async def test_what_is_missing_is_made_ready_for_use_and_only_once(broker: Broker) -> None:
    await _make(broker, NewTopic(ORDERS, 2, 1))

    made = await ensure_topics(broker.bootstrap, partitions=2, replication_factor=1, app_id="x")
    again = await ensure_topics(broker.bootstrap, partitions=2, replication_factor=1, app_id="x")

    expected = [name for name in NAMES if name not in (ORDERS, "streamproc-state-changelog")]
    assert made == [*expected, "x-state-changelog"]
    assert again == []


async def test_a_topic_that_the_broker_refuses_is_told_in_its_words(kafka_broker: Broker) -> None:
    with pytest.raises(TopicMissing, match="replication factor"):
        await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=3)


def test_the_command_takes_the_application_id_from_the_environment(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMPROC_KAFKA__APP_ID", "contest")

    assert "created  contest-state-changelog" in _run("apply", broker).output


def test_nobody_at_the_address_is_told_with_the_address() -> None:
    nobody = Broker(f"{LOOPBACK}:{free_port()}", "kafka")

    result = _run("verify", nobody)

    assert isinstance(result.exception, BrokerUnreachable)
    assert nobody.bootstrap in str(result.exception)


def test_an_address_that_is_none_is_told() -> None:
    assert isinstance(_run("plan", Broker("nowhere:seven", "kafka")).exception, BadSetting)


async def test_a_broker_that_hangs_counts_as_unreachable(
    kafka_server: KafkaServer, kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "REQUEST_TIMEOUT_MS", 500)
    kafka_server.pause()
    try:
        with pytest.raises(BrokerUnreachable):
            await read_actual(kafka_broker.bootstrap)
    finally:
        kafka_server.resume()
