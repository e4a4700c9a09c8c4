"""Makes the topics that are missing on a broker, and sets what has drifted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streamproc.errors import (
    PartitionCountWrong,
    TopicDrift,
    TopicMissing,
)
from streamproc.provision.actual import (
    POLL_S,
    REQUEST_TIMEOUT_MS,
    VISIBLE_DEADLINE_S,
    connected,
    read,
    topics_by_name,
)
from streamproc.provision.catalog import (
    DEFAULT_APP_ID,
    TopicDeclaration,
    deployed,
    load_catalog,
)
from streamproc.provision.plan import (
    Actual,
    ConfigDrift,
    Difference,
    MissingTopic,
    differences,
    refused,
    told,
)

_ALREADY_EXISTS = 36


@dataclass(frozen=True, slots=True)
class Applied:
    """What ``apply`` did, and what it leaves to a person."""

    created: list[str]
    altered: list[str]
    left: list[Difference]


async def apply(bootstrap: str, declared: Iterable[TopicDeclaration], *, app_id: str) -> Applied:
    """Bring the broker to what is declared; a second time changes nothing.

    Errors: ``PartitionCountWrong`` before anything was changed (or after, if somebody makes topics
    at the same time); ``TopicMissing`` or ``TopicDrift`` if the broker refuses a topic or a setting;
    ``BrokerUnreachable``.
    """
    wanted = list(declared)
    async with connected(bootstrap) as admin:
        found = differences(wanted, await read(admin), app_id=app_id)
        refuse_wrong_partitions(found)
        created = await _create(admin, wanted, found)
        actual = await read(admin)
        found = differences(wanted, actual, app_id=app_id)
        refuse_wrong_partitions(found)  # somebody else may have made one meanwhile
        altered = await _alter(admin, actual, found)
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
    async with connected(bootstrap) as admin:
        found = differences(wanted, await read(admin), app_id=app_id)
        refuse_wrong_partitions(found)
        created = await _create(admin, wanted, found)
        if created != [one.topic for one in found if isinstance(one, MissingTopic)]:
            refuse_wrong_partitions(differences(wanted, await read(admin), app_id=app_id))
        return created


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
        timeout_ms=REQUEST_TIMEOUT_MS,
    )
    for name, code, message in answer.topic_errors:
        if code not in (0, _ALREADY_EXISTS):  # somebody else may be making them too
            raise TopicMissing(
                f"the broker did not create a topic: {message} (Kafka error {code})",
                where=name,
                hint="a broker on its own needs --replication-factor 1; this user needs Create",
            )
    ours = {name for name, code, _ in answer.topic_errors if code == 0}
    # of a topic that somebody else made meanwhile, the count is yet to be judged
    await _until_led(
        admin, {topic.name: topic.partitions if topic.name in ours else 1 for topic in topics}
    )
    return [topic.name for topic in topics if topic.name in ours]


async def _until_led(admin: AIOKafkaAdminClient, counts: Mapping[str, int]) -> None:
    deadline = time.monotonic() + VISIBLE_DEADLINE_S
    while True:
        topics = await topics_by_name(admin)
        led = {name: sum(one["leader"] >= 0 for one in topics.get(name, ())) for name in counts}
        if all(led[name] >= count for name, count in counts.items()):
            return
        if time.monotonic() > deadline:
            raise TopicMissing(
                "topics were created, but have no leader yet",
                where=", ".join(name for name, count in counts.items() if led[name] < count),
                hint="look at the broker's log, then try again",
            )
        await asyncio.sleep(POLL_S)


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
    deadline = time.monotonic() + VISIBLE_DEADLINE_S
    while True:
        left = differences(wanted, await read(admin), app_id=app_id)
        under_way = any(isinstance(one, ConfigDrift | MissingTopic) for one in left)
        if not under_way or time.monotonic() > deadline:
            return left
        await asyncio.sleep(POLL_S)
