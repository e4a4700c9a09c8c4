"""Reads which topics a broker has, and how they are set."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError

from streamproc.errors import BadSetting, BrokerUnreachable, TopicDrift, TopicMissing
from streamproc.provision.plan import Actual, ActualTopic

REQUEST_TIMEOUT_MS = 10_000
VISIBLE_DEADLINE_S = 20.0
"""How long a broker may take to show what its controller took."""
POLL_S = 0.05

_UNKNOWN_TOPIC = 3
_SET_ON_TOPIC = 1  # config_source of DescribeConfigs
_NAME_A_BROKER = "start it, or name another: --bootstrap or STREAMPROC_KAFKA__BOOTSTRAP_SERVERS"


async def read_actual(bootstrap: str) -> Actual:
    """The topics that the broker has.

    Errors: ``BrokerUnreachable``; ``BadSetting`` for an address that is none.
    """
    async with connected(bootstrap) as admin:
        return await read(admin)


@contextlib.asynccontextmanager
async def connected(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client for as long as the context is entered.

    Errors: ``BrokerUnreachable``, also when the broker falls silent within the context;
    ``BadSetting`` for an address that is none.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await _start(admin, bootstrap)
        yield admin
    except (KafkaError, TimeoutError, OSError) as failed:
        raise BrokerUnreachable(
            f"the Kafka broker stopped answering ({failed or type(failed).__name__})",
            where=bootstrap,
            hint=_NAME_A_BROKER,
        ) from failed
    finally:
        await admin.close()


async def _start(admin: AIOKafkaAdminClient, bootstrap: str) -> None:
    try:
        await admin.start()
    except ValueError as wrong:
        raise BadSetting(
            f"this is no broker address: {wrong}",
            where=bootstrap,
            hint="write host:port, several with commas between",
        ) from wrong
    except (KafkaError, TimeoutError, OSError) as failed:
        raise BrokerUnreachable(
            "no Kafka broker answers", where=bootstrap, hint=_NAME_A_BROKER
        ) from failed


async def read(admin: AIOKafkaAdminClient) -> Actual:
    """The topics that the broker has, with settings that belong to them.

    Errors: ``TopicDrift`` where settings may not be read; ``TopicMissing`` if topics keep changing.
    """
    deadline = time.monotonic() + VISIBLE_DEADLINE_S
    while True:
        described = await topics_by_name(admin)
        configs = await _configs(admin, described)
        if described.keys() == configs.keys():
            break
        if time.monotonic() > deadline:
            raise TopicMissing(
                "topics come and go while they are read",
                where=", ".join(described.keys() - configs.keys()),
                hint="try again when nobody else creates or deletes topics",
            )
        await asyncio.sleep(POLL_S)
    return Actual(
        topics={
            name: ActualTopic(
                name=name,
                partitions=len(partitions),
                replication_factor=max((len(one["replicas"]) for one in partitions), default=0),
                config={entry[0]: entry[1] for entry in configs[name]},
                overrides={
                    entry[0]: entry[1] for entry in configs[name] if entry[3] == _SET_ON_TOPIC
                },
            )
            for name, partitions in described.items()
        },
        alters_configs=await _alters_configs(admin),
    )


async def topics_by_name(admin: AIOKafkaAdminClient) -> Mapping[str, list[dict[str, Any]]]:
    """Every topic's partitions, as the broker describes them; without Kafka's own topics."""
    # all of them, never by name: the embedded broker makes a topic that is asked about
    return {
        topic["topic"]: topic["partitions"]
        for topic in await admin.describe_topics(None)
        if not topic["is_internal"]
    }


async def _configs(
    admin: AIOKafkaAdminClient, names: Iterable[str]
) -> Mapping[str, list[tuple[Any, ...]]]:
    """The settings of the topics, without those of a topic that is gone by now."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await admin.describe_configs(resources) if resources else []
    described = [one for answer in answers for one in answer.resources if one[0] != _UNKNOWN_TOPIC]
    for code, message, _, name, _ in described:
        if code:
            raise TopicDrift(
                f"the settings of a topic cannot be read: {message} (Kafka error {code})",
                where=name,
                hint="this user needs DescribeConfigs on the topic",
            )
    return {name: entries for _, _, _, name, entries in described}


async def _alters_configs(admin: AIOKafkaAdminClient) -> bool:
    try:
        await admin.alter_configs([])
    except IncompatibleBrokerVersion:
        return False
    return True
