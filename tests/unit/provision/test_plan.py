from __future__ import annotations

from dataclasses import replace

import pytest

from streamproc.events.registry import INPUT_TOPICS
from streamproc.provision.catalog import TopicDeclaration, load_catalog
from streamproc.provision.plan import (
    Actual,
    ActualTopic,
    ConfigDrift,
    Difference,
    ExtraTopic,
    InputsDiffer,
    MissingTopic,
    PartitionsDiffer,
    ReplicationDiffers,
    differences,
    refused,
    told,
    unchecked,
)

ORDERS = "live.orders.v1"
CATALOG = load_catalog()


def _as_declared(topic: TopicDeclaration) -> ActualTopic:
    config = topic.config.as_kafka()
    return ActualTopic(
        name=topic.name,
        partitions=topic.partitions,
        replication_factor=topic.replication_factor,
        config={"segment.ms": "604800000", **config},
        overrides=config,
    )


def _broker(*changed: ActualTopic, without: str = "", alters_configs: bool = True) -> Actual:
    topics = {topic.name: _as_declared(topic) for topic in CATALOG if topic.name != without}
    return Actual({**topics, **{one.name: one for one in changed}}, alters_configs)


def _orders() -> ActualTopic:
    return _broker().topics[ORDERS]


def _found(actual: Actual) -> list[Difference]:
    return differences(CATALOG, actual, app_id="streamproc")


def test_a_broker_as_declared_has_no_differences() -> None:
    assert _found(_broker()) == []


def test_a_missing_topic_is_named() -> None:
    assert _found(_broker(without=ORDERS)) == [MissingTopic(ORDERS)]


def test_an_empty_broker_misses_every_topic() -> None:
    assert _found(Actual({}, alters_configs=True)) == [MissingTopic(one.name) for one in CATALOG]


def test_another_number_of_partitions_is_refused_and_so_are_unequal_inputs() -> None:
    found = _found(_broker(replace(_orders(), partitions=6)))

    assert PartitionsDiffer(ORDERS, declared=12, actual=6) in found
    assert [dict(one.counts) for one in found if isinstance(one, InputsDiffer)] == [
        {name: 6 if name == ORDERS else 12 for name in INPUT_TOPICS}
    ]
    assert refused(found) == found


def test_inputs_that_are_all_wrong_alike_do_not_differ_among_themselves() -> None:
    wrong = [replace(_broker().topics[name], partitions=4) for name in INPUT_TOPICS]

    found = _found(_broker(*wrong))

    assert {type(one) for one in found} == {PartitionsDiffer}
    assert len(found) == len(INPUT_TOPICS)


def test_refused_differences_stand_first() -> None:
    changelog = _broker().topics["streamproc-state-changelog"]

    found = _found(_broker(replace(changelog, partitions=1), without="live.comments.v1"))

    assert found == [
        PartitionsDiffer("streamproc-state-changelog", declared=12, actual=1),
        MissingTopic("live.comments.v1"),
    ]


def test_a_drifted_setting_is_named_with_both_values() -> None:
    drifted = replace(_orders(), config={**_orders().config, "retention.ms": "1000"})

    assert _found(_broker(drifted)) == [ConfigDrift(ORDERS, "retention.ms", "604800000", "1000")]


def test_a_setting_that_the_broker_does_not_know_is_drift() -> None:
    config = dict(_orders().config)
    del config["message.timestamp.type"]

    assert _found(_broker(replace(_orders(), config=config))) == [
        ConfigDrift(ORDERS, "message.timestamp.type", "LogAppendTime", None)
    ]


def test_settings_that_are_not_declared_are_the_brokers_own_affair() -> None:
    other = replace(_orders(), config={**_orders().config, "segment.ms": "1"})

    assert _found(_broker(other)) == []


def test_other_replicas_are_named_and_not_made_unwritable() -> None:
    config = {**_orders().config, "min.insync.replicas": "1"}
    lonely = replace(_orders(), replication_factor=1, config=config)

    assert _found(_broker(lonely)) == [ReplicationDiffers(ORDERS, declared=3, actual=1)]


@pytest.mark.parametrize("name", ["live.songs.v1", "streamproc-old-changelog"])
def test_a_topic_with_our_prefix_that_nobody_declared_is_named(name: str) -> None:
    assert _found(_broker(replace(_orders(), name=name))) == [ExtraTopic(name)]


def test_a_stranger_on_the_broker_is_left_in_peace() -> None:
    assert _found(_broker(replace(_orders(), name="payments"))) == []


def test_a_broker_that_cannot_alter_settings_is_judged_by_topics_and_partitions_alone() -> None:
    echo = replace(_orders(), config={}, replication_factor=1)

    assert _found(_broker(echo, alters_configs=False)) == []
    assert _found(_broker(replace(echo, partitions=4), alters_configs=False)) != []


def test_what_cannot_be_checked_is_said() -> None:
    assert unchecked(_broker()) == []
    assert any("LogAppendTime" in line for line in unchecked(_broker(alters_configs=False)))


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (MissingTopic(ORDERS), "missing create"),
        (PartitionsDiffer(ORDERS, 12, 4), "partitions 12 4 refused"),
        (InputsDiffer(((ORDERS, 4), ("live.rooms.v1", 12))), f"{ORDERS}: 4 live.rooms.v1: 12"),
        (ReplicationDiffers(ORDERS, 3, 1), "replicas 3 1 left"),
        (ConfigDrift(ORDERS, "retention.ms", "2", "1"), "retention.ms 2 1 set"),
        (ConfigDrift(ORDERS, "retention.ms", "2", None), "retention.ms 2 - set"),
        (ExtraTopic(ORDERS), "exists left"),
    ],
)
def test_each_difference_is_told_with_both_sides(difference: Difference, words: str) -> None:
    row = told(difference)

    line = f"{row.topic} {row.what} {row.declared} {row.actual} {row.apply}".replace(",", "")
    assert all(word in line for word in words.split())
