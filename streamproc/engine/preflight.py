"""What must hold before a worker starts: a broker that answers, and topics that fit each other.

Source: docs/architecture.md, "Co-partitioning"; docs/exit-codes.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from streamproc.errors import BadSetting, BrokerUnreachable, PartitionCountWrong, TopicMissing

HINT_PARTITIONS: Final = (
    "Topics cannot shrink and must not grow under a state: make new ones with equal counts (streamproc"
    " topics plan shows how)"
)


async def partition_counts(
    bootstrap_servers: str, topics: Iterable[str], *, timeout_s: float
) -> dict[str, int]:
    """How many partitions each existing topic of ``topics`` has; those that do not exist are left out.

    Errors: ``BrokerUnreachable``; ``BadSetting`` for an address that is none.
    """
    client: Any = AIOKafkaClient(bootstrap_servers=bootstrap_servers)
    try:
        async with asyncio.timeout(timeout_s):
            await client.bootstrap()
            # one answer about all: asked topic by topic, a client takes what was not answered for none
            cluster = await client.fetch_all_metadata()
    except (TimeoutError, KafkaError, OSError) as error:
        raise BrokerUnreachable(
            f"no Kafka broker answers ({type(error).__name__})",
            where=bootstrap_servers,
            hint="start the broker, or name another one: STREAMPROC_KAFKA__BOOTSTRAP_SERVERS",
        ) from error
    except (ValueError, OverflowError) as error:
        raise BadSetting(
            f"this is no broker address: {error}",
            where=bootstrap_servers,
            hint="write host:port, several with commas between",
        ) from error
    finally:
        await client.close()
    existing = cluster.topics()
    return {
        topic: len(cluster.partitions_for_topic(topic)) for topic in topics if topic in existing
    }


async def check_topics(
    bootstrap_servers: str,
    inputs: Iterable[str],
    changelog: str,
    dead_letters: Iterable[str] = (),
    *,
    outputs: Iterable[str] = (),
    timeout_s: float,
) -> int:
    """The number of partitions that inputs, changelog and dead letters share; outputs need only exist.

    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``.
    """
    in_step, beside = [*inputs, changelog, *dead_letters], list(outputs)
    counts = await partition_counts(bootstrap_servers, in_step + beside, timeout_s=timeout_s)
    missing = [topic for topic in in_step + beside if topic not in counts]
    if missing:
        raise TopicMissing(
            f"missing topics: {', '.join(missing)}",
            where=bootstrap_servers,
            hint="create them: streamproc topics apply",
        )
    if len({counts[topic] for topic in in_step}) > 1:
        listed = ", ".join(f"{topic} {counts[topic]}" for topic in in_step)
        raise PartitionCountWrong(
            f"all these need the same number of partitions; they have: {listed}",
            where=bootstrap_servers,
            hint="everything of a host must meet in one partition. " + HINT_PARTITIONS,
        )
    return counts[changelog]


def refuse_other_count(made_with: int, partitions: int, *, where: str) -> None:
    """Return if a state was made with as many partitions as there are; 0: nobody knows with how many.

    Errors: ``PartitionCountWrong``.
    """
    if made_with not in (0, partitions):
        raise PartitionCountWrong(
            f"the state was made with {made_with} partitions of each topic, now there are {partitions}",
            where=where,
            hint="what is told of a host comes in another partition than its state is in. "
            + HINT_PARTITIONS,
        )


def refuse_changed_counts(counts: Mapping[str, int], begun: int, *, where: str) -> None:
    """Return if topics have as many partitions as they had when the worker began.

    Errors: ``PartitionCountWrong``.
    """
    changed = ", ".join(f"{topic} {count}" for topic, count in counts.items() if count != begun)
    if changed:
        raise PartitionCountWrong(
            f"the number of partitions changed under this worker: it was {begun}, now: {changed}",
            where=where,
            hint="since then what is told of a host may be split between two partitions, and counts"
            " wrong. " + HINT_PARTITIONS,
        )
