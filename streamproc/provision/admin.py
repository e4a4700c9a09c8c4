"""Reads the topics that a broker has, makes those that are missing, sets what has drifted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError

from streamproc.errors import (
    BadSetting,
    BrokerUnreachable,
    PartitionCountWrong,
    TopicDrift,
    TopicMissing,
)
from streamproc.provision.catalog import (
    DEFAULT_APP_ID,
    TopicDeclaration,
    deployed,
    load_catalog,
)
from streamproc.provision.plan import (
    Actual,
    ActualTopic,
    ConfigDrift,
    Difference,
    MissingTopic,
    differences,
    refused,
    told,
)

_REQUEST_TIMEOUT_MS = 10_000
_VISIBLE_DEADLINE_S = 20.0
_POLL_S = 0.05
_UNKNOWN_TOPIC = 3
_ALREADY_EXISTS = 36
_NAME_A_BROKER = "start it, or name another: --bootstrap or STREAMPROC_KAFKA__BOOTSTRAP_SERVERS"
_SET_ON_TOPIC = 1  # config_source of DescribeConfigs


@dataclass(frozen=True, slots=True)
class Applied:
    """What ``apply`` did, and what it leaves to a person."""

    created: list[str]
    altered: list[str]
    left: list[Difference]


async def read_actual(bootstrap: str) -> Actual:
    """The topics that the broker has.

    Errors: ``BrokerUnreachable``; ``BadSetting`` for an address that is none.
    """
    async with _connected(bootstrap) as admin:
        return await _read(admin)


async def apply(bootstrap: str, declared: Iterable[TopicDeclaration], *, app_id: str) -> Applied:
    """Bring the broker to what is declared; a second time changes nothing.

    Errors: ``PartitionCountWrong`` before anything was changed; ``TopicMissing`` or ``TopicDrift``
    if the broker refuses a topic or a setting; ``BrokerUnreachable``.
    """
    wanted = list(declared)
    async with _connected(bootstrap) as admin:
        found = differences(wanted, await _read(admin), app_id=app_id)
        refuse_wrong_partitions(found)
        created = await _create(admin, wanted, found)
        actual = await _read(admin)
        altered = await _alter(admin, actual, differences(wanted, actual, app_id=app_id))
        return Applied(created, altered, await _settled(admin, wanted, app_id))


async def ensure_topics(
    bootstrap: str,
    *,
    partitions: int | None = None,
    replication_factor: int | None = None,
    app_id: str = DEFAULT_APP_ID,
) -> list[str]:
    """Create the declared topics that are missing, ready for use; their names, in order.

    Shapes: ``None`` keeps what is declared. Settings of topics that exist stay as they are.
    Errors: as ``apply``.
    """
    wanted = deployed(
        load_catalog(), partitions=partitions, replication_factor=replication_factor, app_id=app_id
    )
    async with _connected(bootstrap) as admin:
        found = differences(wanted, await _read(admin), app_id=app_id)
        refuse_wrong_partitions(found)
        return await _create(admin, wanted, found)


def refuse_wrong_partitions(found: Iterable[Difference]) -> None:
    """Return if no partition count is wrong.

    Errors: ``PartitionCountWrong`` that names each topic.
    """
    wrong = [told(one) for one in refused(found)]
    if wrong:
        raise PartitionCountWrong(
            "topics have the wrong number of partitions",
            where="; ".join(f"{one.topic} has {one.actual}, not {one.declared}" for one in wrong),
            hint="partitions are never changed here, as a host's records would part; "
            "give the broker's number with --partitions, or make the topics anew",
        )


@contextlib.asynccontextmanager
async def _connected(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_REQUEST_TIMEOUT_MS)
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


async def _read(admin: AIOKafkaAdminClient) -> Actual:
    deadline = time.monotonic() + _VISIBLE_DEADLINE_S
    while True:
        described = await _topics(admin)
        configs = await _configs(admin, described)
        if described.keys() == configs.keys():
            break
        if time.monotonic() > deadline:
            raise TopicMissing(
                "topics come and go while they are read",
                where=", ".join(described.keys() - configs.keys()),
                hint="try again when nobody else creates or deletes topics",
            )
        await asyncio.sleep(_POLL_S)
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


async def _topics(admin: AIOKafkaAdminClient) -> Mapping[str, list[dict[str, Any]]]:
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


async def _create(
    admin: AIOKafkaAdminClient, wanted: Iterable[TopicDeclaration], found: list[Difference]
) -> list[str]:
    missing = {one.topic for one in found if isinstance(one, MissingTopic)}
    topics = [topic for topic in wanted if topic.name in missing]
    if not topics:
        return []
    answer = await admin.create_topics(
        [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=topic.replication_factor,
                topic_configs=topic.config.as_kafka(),
            )
            for topic in topics
        ],
        timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    for name, code, message in answer.topic_errors:
        if code not in (0, _ALREADY_EXISTS):  # somebody else may be making them too
            raise TopicMissing(
                f"the broker did not create a topic: {message} (Kafka error {code})",
                where=name,
                hint="a broker on its own needs --replication-factor 1; this user needs Create",
            )
    await _until_led(admin, {topic.name: topic.partitions for topic in topics})
    ours = {name for name, code, _ in answer.topic_errors if code == 0}
    return [topic.name for topic in topics if topic.name in ours]


async def _until_led(admin: AIOKafkaAdminClient, counts: Mapping[str, int]) -> None:
    deadline = time.monotonic() + _VISIBLE_DEADLINE_S
    while True:
        topics = await _topics(admin)
        led = {name: sum(one["leader"] >= 0 for one in topics.get(name, ())) for name in counts}
        if all(led[name] >= count for name, count in counts.items()):
            return
        if time.monotonic() > deadline:
            raise TopicMissing(
                "topics were created, but have no leader yet",
                where=", ".join(name for name, count in counts.items() if led[name] < count),
                hint="look at the broker's log, then try again",
            )
        await asyncio.sleep(_POLL_S)


async def _alter(
    admin: AIOKafkaAdminClient, actual: Actual, found: Iterable[Difference]
) -> list[str]:
    settings: dict[str, dict[str, str]] = {}
    for one in found:
        if isinstance(one, ConfigDrift):
            # AlterConfigs replaces all that is set on the topic, also what somebody else set
            kept = settings.setdefault(one.topic, dict(actual.topics[one.topic].overrides))
            kept[one.setting] = one.declared
    if not settings:
        return []
    answers = await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, held) for name, held in settings.items()]
    )
    for answer in answers:
        for code, message, _, name in answer.resources:
            if code:
                raise TopicDrift(
                    f"the broker did not set what is declared: {message} (Kafka error {code})",
                    where=name,
                    hint="this user needs AlterConfigs on the topic",
                )
    return list(settings)


async def _settled(
    admin: AIOKafkaAdminClient, wanted: Iterable[TopicDeclaration], app_id: str
) -> list[Difference]:
    # a broker may answer with the old settings for a moment after the controller took the new ones
    deadline = time.monotonic() + _VISIBLE_DEADLINE_S
    while True:
        left = differences(wanted, await _read(admin), app_id=app_id)
        under_way = any(isinstance(one, ConfigDrift | MissingTopic) for one in left)
        if not under_way or time.monotonic() > deadline:
            return left
        await asyncio.sleep(_POLL_S)
