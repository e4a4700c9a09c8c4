from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from streamproc.errors import BadSetting
from streamproc.events.outputs import OUTPUTS
from streamproc.events.registry import EVENTS, INPUT_TOPICS, type_of
from streamproc.provision import catalog as catalog_module
from streamproc.provision.catalog import (
    Role,
    TopicDeclaration,
    deployed,
    load_catalog,
    topics_folder,
)

INPUT = """\
name: live.songs.v1
role: input
description: Who sang what.
key: host_id
partitions: 12
replication_factor: 3
config:
  cleanup.policy: delete
  retention.ms: 604800000
owner: adapters
producers: [adapter-songs]
consumers: [streamproc-worker]
events: [song.sung]
dlq: live.songs.v1.dlq
"""

DEAD_LETTER = """\
name: live.songs.v1.dlq
role: dead_letter
description: Songs that cannot be used.
key: as it came
config:
  cleanup.policy: delete
owner: streamproc
producers: [streamproc-worker]
consumers: [streamproc-dlq]
events: []
dlq: null
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good input and its dead letter topic."""
    (tmp_path / "live.songs.v1.yaml").write_text(INPUT)
    (tmp_path / "live.songs.v1.dlq.yaml").write_text(DEAD_LETTER)
    return tmp_path


@pytest.fixture(scope="module")
def catalog() -> dict[str, TopicDeclaration]:
    return {topic.name: topic for topic in load_catalog()}


def test_the_inputs_and_their_events_are_those_of_the_registry(
    catalog: dict[str, TopicDeclaration],
) -> None:
    declared = {name: topic.events for name, topic in catalog.items() if topic.role is Role.INPUT}

    assert declared == {
        name: tuple(type_of(event) for event in EVENTS[name]) for name in INPUT_TOPICS
    }


def test_every_input_has_a_dead_letter_topic_named_after_it(
    catalog: dict[str, TopicDeclaration],
) -> None:
    assert [catalog[name].dlq for name in INPUT_TOPICS] == [f"{name}.dlq" for name in INPUT_TOPICS]
    assert {name for name, topic in catalog.items() if topic.role is Role.DEAD_LETTER} == {
        f"{name}.dlq" for name in INPUT_TOPICS
    }


def test_inputs_take_the_brokers_time(catalog: dict[str, TopicDeclaration]) -> None:
    types = {catalog[name].config.message_timestamp_type for name in INPUT_TOPICS}

    assert types == {"LogAppendTime"}


def test_a_dead_letter_topic_takes_the_largest_record_of_its_input(
    catalog: dict[str, TopicDeclaration],
) -> None:
    for name in INPUT_TOPICS:
        largest = catalog[name].config.max_message_bytes
        room = catalog[f"{name}.dlq"].config.max_message_bytes
        assert largest is not None
        assert room is not None
        assert room > largest


def test_the_changelog_keeps_what_the_engine_relies_on(
    catalog: dict[str, TopicDeclaration],
) -> None:
    config = catalog["streamproc-state-changelog"].config.as_kafka()

    assert config["cleanup.policy"] == "compact"
    assert config["min.compaction.lag.ms"] == "86400000"
    assert int(config["delete.retention.ms"]) >= 86_400_000
    assert int(config["segment.ms"]) <= int(config["min.compaction.lag.ms"]) / 10
    assert config["max.message.bytes"] == "8388608"
    assert config["unclean.leader.election.enable"] == "false"


def test_inputs_and_changelog_have_twelve_partitions(catalog: dict[str, TopicDeclaration]) -> None:
    names = [*INPUT_TOPICS, "streamproc-state-changelog"]

    assert {catalog[name].partitions for name in names} == {12}


def test_a_checkout_reads_the_files_at_its_top() -> None:
    assert (topics_folder() / "live.orders.v1.yaml").is_file()


def test_a_wheel_reads_the_files_packed_beside_the_code(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "streamproc"
    shutil.copytree(folder, package / "_topics", ignore=shutil.ignore_patterns("site-packages"))
    monkeypatch.setattr(catalog_module, "_PACKAGE", package)

    assert [topic.name for topic in load_catalog()] == ["live.songs.v1.dlq", "live.songs.v1"]


def test_a_good_folder_is_read(folder: Path) -> None:
    dead_letter, songs = load_catalog(folder)

    assert songs.events == ("song.sung",)
    assert songs.config.as_kafka() == {"cleanup.policy": "delete", "retention.ms": "604800000"}
    assert dead_letter.partitions == 12
    assert dead_letter.replication_factor == 3


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("owner: adapters\n", "", "owner"),
        ("owner: adapters", "owner: adapters\nretention: 7d", "retention"),
        ("retention.ms: 604800000", "retention.msec: 604800000", "retention.msec"),
        ("retention.ms: 604800000", "retention.ms: 7d", "retention.ms"),
        ("cleanup.policy: delete", "cleanup.policy: remove", "cleanup.policy"),
        ("partitions: 12", "partitions: 0", "partitions"),
        ("partitions: 12", "partitions: '12'", "partitions"),
        ("replication_factor: 3", "replication_factor: 3.5", "replication_factor"),
        ("role: input", "role: source", "role"),
        ("producers: [adapter-songs]", "producers: []", "producers"),
        ("producers: [adapter-songs]", "producers: adapter-songs", "producers"),
        ("description: Who sang what.", "description: ''", "description"),
        ("name: live.songs.v1\n", "name: Live Songs\n", "name"),
        ("name: live.songs.v1\n", "name: live.tunes.v1\n", "live.tunes.v1.yaml"),
        ("events: [song.sung]", "events: []", "events"),
        ("dlq: live.songs.v1.dlq", "dlq: null", "dlq"),
        ("dlq: live.songs.v1.dlq", "dlq: live.tunes.v1.dlq", "dlq"),
        ("owner: adapters", "owner: adapters\nowner: somebody", "owner"),
        ("owner: adapters", "owner: [adapters", "line"),
        ("owner: adapters", "owner: adapters\n? [a, b]\n: c", "key"),
    ],
)
def test_a_bad_declaration_is_refused_with_file_and_field(
    folder: Path, old: str, new: str, named: str
) -> None:
    path = folder / "live.songs.v1.yaml"
    assert INPUT.count(old) == 1
    path.write_text(INPUT.replace(old, new))

    with pytest.raises(BadSetting) as refusal:
        load_catalog(folder)

    assert named in refusal.value.what
    assert refusal.value.where == str(path)


@pytest.mark.parametrize("text", ["", "- a list", "just words", "\x00"])
def test_a_file_that_is_no_declaration_at_all_is_refused(folder: Path, text: str) -> None:
    (folder / "live.songs.v1.yaml").write_text(text)

    with pytest.raises(BadSetting, match=r"live\.songs\.v1\.yaml"):
        load_catalog(folder)


def test_a_file_that_is_not_utf_8_is_refused(folder: Path) -> None:
    (folder / "live.songs.v1.yaml").write_bytes(b"name: \xff")

    with pytest.raises(BadSetting, match=r"live\.songs\.v1\.yaml"):
        load_catalog(folder)


def test_a_dead_letter_topic_with_events_is_refused(folder: Path) -> None:
    path = folder / "live.songs.v1.dlq.yaml"
    path.write_text(DEAD_LETTER.replace("events: []", "events: [song.sung]"))

    with pytest.raises(BadSetting, match="dead_letter"):
        load_catalog(folder)


def test_inputs_with_different_partition_counts_are_refused(folder: Path) -> None:
    path = folder / "live.tunes.v1.yaml"
    path.write_text(
        INPUT.replace("name: live.songs.v1\n", "name: live.tunes.v1\n").replace(": 12", ": 6")
    )

    with pytest.raises(BadSetting, match=r"partitions.* 6.*12") as refusal:
        load_catalog(folder)

    assert refusal.value.where == str(path)


def test_a_folder_without_declarations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="no topic is declared"):
        load_catalog(tmp_path)


def test_another_application_has_its_own_changelog_and_the_same_inputs() -> None:
    names = {topic.name for topic in deployed(load_catalog(), app_id="contest")}

    assert "contest-state-changelog" in names
    assert "streamproc-state-changelog" not in names
    assert names.issuperset(INPUT_TOPICS)


def test_a_small_installation_overrides_partitions_and_replicas_everywhere() -> None:
    small = deployed(load_catalog(), partitions=3, replication_factor=1)

    assert {topic.partitions for topic in small} == {3}
    assert {topic.replication_factor for topic in small} == {1}


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, 1), (2, 1), (3, 2), (5, 2)])
def test_no_more_replicas_need_be_in_sync_than_stay_when_one_is_down(
    replicas: int, in_sync: int
) -> None:
    found = deployed(load_catalog(), replication_factor=replicas)

    assert {topic.config.min_insync_replicas for topic in found} == {in_sync}


def test_nothing_given_keeps_what_is_declared() -> None:
    assert deployed(load_catalog()) == load_catalog()


def test_the_outputs_are_those_that_have_a_schema(catalog: dict[str, TopicDeclaration]) -> None:
    declared = {name for name, topic in catalog.items() if topic.role is Role.OUTPUT}

    assert declared == set(OUTPUTS)
    assert all((topics_folder() / "schemas" / f"{name}.schema.json").is_file() for name in declared)
