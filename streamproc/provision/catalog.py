"""The declared topics: one YAML file each, read strictly."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from streamproc.errors import BadSetting

DEFAULT_APP_ID = "streamproc"
INPUT_PREFIX = "live."
CHANGELOG_SUFFIX = "-state-changelog"

_PACKAGE = Path(__file__).parents[1]

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,247}[a-z0-9])?$")]
Words = Annotated[str, msgspec.Meta(min_length=1)]


class Role(StrEnum):
    """What a topic is to us."""

    INPUT = "input"
    DEAD_LETTER = "dead_letter"
    CHANGELOG = "changelog"
    OUTPUT = "output"


class TopicConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Kafka's own settings of a topic; an absent one is left to the broker.

    Source: https://kafka.apache.org/41/generated/topic_config.html
    """

    cleanup_policy: Literal["delete", "compact", "compact,delete"] | None = msgspec.field(
        default=None, name="cleanup.policy"
    )
    compression_type: str | None = msgspec.field(default=None, name="compression.type")
    delete_retention_ms: int | None = msgspec.field(default=None, name="delete.retention.ms")
    max_compaction_lag_ms: int | None = msgspec.field(default=None, name="max.compaction.lag.ms")
    max_message_bytes: int | None = msgspec.field(default=None, name="max.message.bytes")
    message_timestamp_type: Literal["CreateTime", "LogAppendTime"] | None = msgspec.field(
        default=None, name="message.timestamp.type"
    )
    min_compaction_lag_ms: int | None = msgspec.field(default=None, name="min.compaction.lag.ms")
    min_insync_replicas: int | None = msgspec.field(default=None, name="min.insync.replicas")
    retention_bytes: int | None = msgspec.field(default=None, name="retention.bytes")
    retention_ms: int | None = msgspec.field(default=None, name="retention.ms")
    segment_bytes: int | None = msgspec.field(default=None, name="segment.bytes")
    segment_ms: int | None = msgspec.field(default=None, name="segment.ms")
    unclean_leader_election_enable: bool | None = msgspec.field(
        default=None, name="unclean.leader.election.enable"
    )

    def for_replicas(self, replicas: int) -> TopicConfig:
        """The same settings where there are only so many replicas.

        One of them may be down, so fewer need be in sync; more than there are would refuse every
        write.
        """
        if self.min_insync_replicas is None:
            return self
        in_sync = min(self.min_insync_replicas, max(1, replicas - 1))
        return msgspec.structs.replace(self, min_insync_replicas=in_sync)

    def as_kafka(self) -> dict[str, str]:
        """The settings by Kafka's names, as Kafka writes them."""
        return {name: _kafka_value(value) for name, value in msgspec.to_builtins(self).items()}


class TopicDeclaration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic, as ``topics/<name>.yaml`` declares it."""

    name: Name
    role: Role
    description: Words
    key: Words
    partitions: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 12
    replication_factor: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    config: TopicConfig
    owner: Words
    producers: Annotated[tuple[Words, ...], msgspec.Meta(min_length=1)]
    consumers: Annotated[tuple[Words, ...], msgspec.Meta(min_length=1)]
    events: tuple[Words, ...]
    dlq: Name | None


class _StrictLoader(yaml.SafeLoader):
    """YAML whose mappings name every key once: PyYAML lets the last of two win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # super() refuses it
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def topics_folder() -> Path:
    """Where the declarations are: in a wheel beside the code, in a checkout at its top."""
    packed = _PACKAGE / "_topics"
    return packed if packed.is_dir() else _PACKAGE.parent / "topics"


def load_catalog(folder: Path | None = None) -> tuple[TopicDeclaration, ...]:
    """Every declared topic, by name.

    Errors: ``BadSetting`` that names the file and the field.
    """
    place = folder or topics_folder()
    catalog = tuple(_read(path) for path in sorted(place.glob("*.yaml")))
    if not catalog:
        raise BadSetting("no topic is declared", where=str(place), hint="install streamproc anew")
    _check_together(catalog, place)
    return catalog


def deployed(
    catalog: Iterable[TopicDeclaration],
    *,
    partitions: int | None = None,
    replication_factor: int | None = None,
    app_id: str = DEFAULT_APP_ID,
) -> tuple[TopicDeclaration, ...]:
    """The catalog as one installation wants it.

    Shapes: ``None`` keeps what is declared.
    """
    return tuple(
        _deployed_topic(topic, partitions, replication_factor, app_id) for topic in catalog
    )


def _deployed_topic(
    topic: TopicDeclaration, partitions: int | None, replication_factor: int | None, app_id: str
) -> TopicDeclaration:
    replicas = replication_factor or topic.replication_factor
    return msgspec.structs.replace(
        topic,
        name=app_id + CHANGELOG_SUFFIX if topic.role is Role.CHANGELOG else topic.name,
        partitions=partitions or topic.partitions,
        replication_factor=replicas,
        config=topic.config.for_replicas(replicas),
    )


def _kafka_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(path: Path) -> TopicDeclaration:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - it is a SafeLoader
        topic = msgspec.convert(raw, TopicDeclaration)
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as wrong:
        raise _bad(path, str(wrong)) from wrong
    if topic.name != path.stem:
        raise _bad(path, f"`name` is {topic.name}, and the file is not called {topic.name}.yaml")
    if topic.role is Role.INPUT and not (topic.events and topic.dlq):
        raise _bad(path, "an input needs `events` and a `dlq`")
    if topic.role is not Role.INPUT and (topic.events or topic.dlq):
        raise _bad(path, f"a topic of role {topic.role} has neither `events` nor a `dlq`")
    return topic


def _check_together(catalog: tuple[TopicDeclaration, ...], place: Path) -> None:
    roles = {topic.name: topic.role for topic in catalog}
    for topic in catalog:
        if topic.dlq is not None and roles.get(topic.dlq) is not Role.DEAD_LETTER:
            raise _bad(place / f"{topic.name}.yaml", f"`dlq`: {topic.dlq} is no dead letter topic")
    in_step = [topic for topic in catalog if topic.role in (Role.INPUT, Role.CHANGELOG)]
    for topic in in_step:
        if topic.partitions != in_step[0].partitions:
            raise _bad(
                place / f"{topic.name}.yaml",
                f"`partitions` is {topic.partitions}, and {in_step[0].partitions} in "
                f"{in_step[0].name}: inputs and changelog need the same number",
            )


def _bad(path: Path, what: str) -> BadSetting:
    return BadSetting(
        f"a topic's declaration is wrong: {what}",
        where=str(path),
        hint="correct the file; the other files in the folder show each field",
    )
