from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from streamproc.cli.schemas import check, main, write_schemas
from streamproc.events.base import ClosedEnum
from streamproc.events.codec import encode
from streamproc.events.registry import EVENTS, INPUT_TOPICS, TOPIC_OF, AnyEvent, type_of
from streamproc.events.schema import schema_files
from tests.contract.validators import as_json, validator
from tests.strategies import events

ROOT = Path(__file__).parents[2]


def test_the_checked_in_schemas_are_what_the_events_say() -> None:
    assert check(ROOT) == [], "python -m streamproc.cli.schemas writes them"


@pytest.mark.parametrize("topic", INPUT_TOPICS)
def test_a_schema_is_valid_itself(topic: str) -> None:
    Draft202012Validator.check_schema(validator(topic).schema)


@pytest.mark.parametrize("topic", INPUT_TOPICS)
def test_a_topic_is_declared_with_the_events_that_it_carries(topic: str) -> None:
    declared = yaml.safe_load((ROOT / "topics" / f"{topic}.yaml").read_text(encoding="utf-8"))

    assert declared["events"] == [type_of(each) for each in EVENTS[topic]]


@settings(deadline=None)
@given(event=events())
def test_whatever_is_written_keeps_the_schema(event: AnyEvent) -> None:
    only_read = [
        name
        for name in event.__struct_fields__
        if isinstance(getattr(event, name), ClosedEnum) and getattr(event, name) == "other"
    ]

    broken = validator(TOPIC_OF[type_of(type(event))]).iter_errors(as_json(encode(event)))

    assert bool(list(broken)) == bool(only_read)


def test_schemas_are_written_once_and_then_left_alone(tmp_path: Path) -> None:
    first = write_schemas(tmp_path)

    assert {path.relative_to(tmp_path).as_posix() for path in first} == set(schema_files())
    assert write_schemas(tmp_path) == []


def test_a_stale_schema_is_found_and_written_again(tmp_path: Path) -> None:
    stale = write_schemas(tmp_path)[0]
    stale.write_text("{}", encoding="utf-8")

    assert check(tmp_path) == [stale]
    assert write_schemas(tmp_path) == [stale]
    assert check(tmp_path) == []


def test_a_schema_that_no_event_needs_is_removed(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    left_over = tmp_path / "topics/schemas/live.carts.v1.schema.json"
    left_over.write_text("{}", encoding="utf-8")

    assert check(tmp_path) == [left_over]
    assert write_schemas(tmp_path) == [left_over]
    assert not left_over.exists()


def test_the_command_says_yes_to_fresh_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_names_an_argument_that_it_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["chekc"]) != 0
    assert "chekc" in capsys.readouterr().err
