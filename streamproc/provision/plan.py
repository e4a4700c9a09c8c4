"""What differs between the topics declared and the topics a broker has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from streamproc.provision.catalog import INPUT_PREFIX, Role, TopicDeclaration


@dataclass(frozen=True, slots=True)
class ActualTopic:
    """A topic as the broker has it.

    Shapes: ``config`` is what is in force, ``overrides`` the part of it set on the topic itself.
    """

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str]
    overrides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Actual:
    """All topics of a broker by name, and whether it can alter a topic's config.

    The embedded broker cannot: it echoes the config that a topic was made with, honours little of
    it and has one replica of everything, so there neither config nor replicas tell anything.
    """

    topics: Mapping[str, ActualTopic]
    alters_configs: bool


@dataclass(frozen=True, slots=True)
class MissingTopic:
    """A declared topic does not exist; ``apply`` makes it."""

    topic: str


@dataclass(frozen=True, slots=True)
class PartitionsDiffer:
    """A topic has another number of partitions; ``apply`` refuses, as keys would move."""

    topic: str
    declared: int
    actual: int


@dataclass(frozen=True, slots=True)
class InputsDiffer:
    """The inputs have different numbers of partitions among themselves; ``apply`` refuses."""

    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ReplicationDiffers:
    """A topic has another number of replicas; ``apply`` leaves it, as moving data is not its job."""

    topic: str
    declared: int
    actual: int


@dataclass(frozen=True, slots=True)
class ConfigDrift:
    """A setting of a topic is not what is declared; ``apply`` sets it."""

    topic: str
    setting: str
    declared: str
    actual: str | None


@dataclass(frozen=True, slots=True)
class ExtraTopic:
    """A topic with one of our prefixes that nobody declared; ``apply`` leaves it."""

    topic: str


Difference = (
    MissingTopic | PartitionsDiffer | InputsDiffer | ReplicationDiffers | ConfigDrift | ExtraTopic
)


@dataclass(frozen=True, slots=True)
class Told:
    """A difference in words, for a table."""

    topic: str
    what: str
    declared: str
    actual: str
    apply: str


def differences(
    declared: Iterable[TopicDeclaration], actual: Actual, *, app_id: str
) -> list[Difference]:
    """Everything in which the broker is not as declared.

    Shapes: refused ones first, then by topic as declared, extra topics last.
    """
    wanted = list(declared)
    found = [difference for topic in wanted for difference in _of_topic(topic, actual)]
    found.extend(_extra(wanted, actual, app_id))
    return [*_inputs_differ(wanted, actual), *sorted(found, key=_not_refused)]


def refused(found: Iterable[Difference]) -> list[Difference]:
    """The differences that nobody but a person may settle: partition counts."""
    return [one for one in found if isinstance(one, PartitionsDiffer | InputsDiffer)]


def unchecked(actual: Actual) -> list[str]:
    """What cannot be checked on this broker, in words; empty on Apache Kafka."""
    if actual.alters_configs:
        return []
    return [
        "topic settings: this broker repeats those that a topic was made with and cannot alter them",
        "message.timestamp.type: this broker reports LogAppendTime and keeps the producer's time",
        "replicas: this broker has one of everything",
    ]


def told(difference: Difference) -> Told:
    """A difference in words."""
    match difference:
        case MissingTopic(topic):
            return Told(topic, "missing", "exists", "-", "create")
        case PartitionsDiffer(topic, declared, actual):
            return Told(topic, "partitions", str(declared), str(actual), "refused")
        case InputsDiffer(counts):
            names = ", ".join(f"{topic}: {count}" for topic, count in counts)
            return Told("the inputs", "partitions", "equal", names, "refused")
        case ReplicationDiffers(topic, declared, actual):
            return Told(topic, "replicas", str(declared), str(actual), "left")
        case ConfigDrift(topic, setting, declared, actual):
            return Told(topic, setting, declared, "-" if actual is None else actual, "set")
        case ExtraTopic(topic):
            return Told(topic, "not declared", "-", "exists", "left")
        case _:
            assert_never(difference)


def _not_refused(difference: Difference) -> bool:
    return not isinstance(difference, PartitionsDiffer)


def _of_topic(wanted: TopicDeclaration, actual: Actual) -> Iterator[Difference]:
    held = actual.topics.get(wanted.name)
    if held is None:
        yield MissingTopic(wanted.name)
        return
    if held.partitions != wanted.partitions:
        yield PartitionsDiffer(wanted.name, wanted.partitions, held.partitions)
    if not actual.alters_configs:
        return
    if held.replication_factor != wanted.replication_factor:
        yield ReplicationDiffers(wanted.name, wanted.replication_factor, held.replication_factor)
    config = wanted.config.for_replicas(min(held.replication_factor, wanted.replication_factor))
    for setting, value in config.as_kafka().items():
        if held.config.get(setting) != value:
            yield ConfigDrift(wanted.name, setting, value, held.config.get(setting))


def _inputs_differ(declared: list[TopicDeclaration], actual: Actual) -> Iterator[Difference]:
    inputs = [topic.name for topic in declared if topic.role is Role.INPUT]
    counts = tuple(
        (name, actual.topics[name].partitions) for name in inputs if name in actual.topics
    )
    if len({count for _, count in counts}) > 1:
        yield InputsDiffer(counts)


def _extra(declared: list[TopicDeclaration], actual: Actual, app_id: str) -> Iterator[Difference]:
    names = {topic.name for topic in declared}
    for name in sorted(actual.topics.keys() - names):
        if name.startswith((INPUT_PREFIX, f"{app_id}-")):
            yield ExtraTopic(name)
