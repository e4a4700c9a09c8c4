"""What ``topics`` prints is whole at every width, and what is wrong is refused before anybody is asked."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from streamproc.cli.main import main
from streamproc.cli.topics import print_differences
from streamproc.errors import BadSetting
from streamproc.provision.plan import (
    ConfigDrift,
    Difference,
    ExtraTopic,
    InputsDiffer,
    MissingTopic,
    ReplicationDiffers,
    told,
)

LONG = "a-name-of-an-application-that-fills-a-line-by-itself-state-changelog"
COUNTS = tuple((f"live.input{number}.v1", number) for number in range(1, 8))
FOUND: list[Difference] = [
    InputsDiffer(COUNTS),
    MissingTopic(LONG),
    ReplicationDiffers("live.orders.v1", 3, 1),
    ConfigDrift("live.orders.v1", "min.compaction.lag.ms", "604800000", "123456789012"),
    ExtraTopic("live.songs.v1"),
]
NARROW = 20


def printed(width: int, title: str = "Differences") -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    print_differences(console, title, FOUND)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [1, NARROW, 40, 80, 100, 140, 300])
def test_no_name_or_value_is_lost_or_broken_at_any_width(width: int) -> None:
    said = printed(width)

    for one in map(told, FOUND):
        for value in (one.topic, one.what, one.declared, one.apply, *one.actual.split()):
            assert value in said, f"{value} at {width} columns"


def test_where_there_is_room_it_is_a_table_with_a_row_for_each() -> None:
    said = printed(140).splitlines()

    assert re.split(r"\s{2,}", said[2].strip()) == ["topic", "what", "declared", "broker", "apply"]
    drift = next(line for line in said if "min.compaction" in line)
    assert "604800000" in drift
    assert "123456789012" in drift
    assert max(map(len, said)) <= 140


def test_where_there_is_none_every_difference_is_a_paragraph() -> None:
    assert printed(NARROW).endswith(
        "live.songs.v1: not declared\n  declared  -\n  broker    exists\n  apply     left\n"
    )


def test_an_address_in_brackets_is_no_markup() -> None:
    assert "[fe80::1]:9092" in printed(NARROW, "Differences on [fe80::1]:9092")


@pytest.mark.parametrize("command", ["plan", "verify", "apply"])
@pytest.mark.parametrize("app_id", ["", "A/B", "Upper", "a b", "x" * 300])
def test_an_application_id_that_a_worker_refuses_is_refused(
    command: str, app_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["topics", command, "--bootstrap", "127.0.0.1:1", "--app-id", app_id])

    assert ended.value.code == BadSetting.exit_code
    assert f"STREAMPROC_KAFKA__APP_ID={app_id}" in "".join(capsys.readouterr().err.splitlines())


def test_a_wrong_address_and_a_wrong_application_id_are_told_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["topics", "plan", "--bootstrap", "foo", "--app-id", "A/B"])

    assert "2 settings are wrong" in capsys.readouterr().err
