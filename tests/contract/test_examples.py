"""Every example of `topics/examples/<event>/<case>.json`, by the schema and by the codec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.events.codec import Codec, encode
from streamproc.events.outputs import OUTPUTS, encoded
from streamproc.events.registry import CLASS_OF, TOPIC_OF, AnyEvent, type_of
from streamproc.events.rejected import Rejected, RejectReason
from tests.contract.validators import TOPICS, as_json, validator

OUTPUTS_SHOWN = sorted(
    path for topic in OUTPUTS for path in (TOPICS / "examples" / topic).glob("*.json")
)
BAD_OUTPUTS = [path for path in OUTPUTS_SHOWN if path.name.startswith("bad-")]
EXAMPLES = sorted({*(TOPICS / "examples").glob("*/*.json")} - {*OUTPUTS_SHOWN})
GOOD = [path for path in EXAMPLES if not path.name.startswith("bad-")]
BAD = [path for path in EXAMPLES if path.name.startswith("bad-")]
DAY_MS = 86_400_000


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(path: Path) -> AnyEvent | Rejected:
    """What the codec makes of an example, in a record that is itself in order."""
    body: dict[str, Any] = as_json(path.read_bytes())
    key = body.get("host_id")
    time_ms = body.get("occurred_at_ms")
    return Codec(TOPIC_OF[path.parent.name]).decode(
        key.encode() if isinstance(key, str) else b"h-1",
        path.read_bytes(),
        time_ms if isinstance(time_ms, int) else 2**53,
    )


@pytest.mark.parametrize("path", GOOD, ids=named)
def test_a_good_example_keeps_the_schema(path: Path) -> None:
    errors = validator(TOPIC_OF[path.parent.name]).iter_errors(as_json(path.read_bytes()))

    assert [error.message for error in errors] == []


@pytest.mark.parametrize("path", GOOD, ids=named)
def test_a_good_example_is_read_as_its_event(path: Path) -> None:
    found = read(path)

    assert not isinstance(found, Rejected), found
    assert type_of(type(found)) == path.parent.name


@pytest.mark.parametrize("path", GOOD, ids=named)
def test_a_good_example_is_written_again_with_all_that_is_known(path: Path) -> None:
    body = as_json(path.read_bytes())
    event = read(path)
    assert not isinstance(event, Rejected)

    known = {"type", *event.__struct_fields__}
    expected = {name: value for name, value in body.items() if name in known and value is not None}
    assert as_json(encode(event)) == expected


@pytest.mark.parametrize("path", BAD, ids=named)
def test_a_bad_example_breaks_the_schema(path: Path) -> None:
    assert not validator(TOPIC_OF[path.parent.name]).is_valid(as_json(path.read_bytes()))


@pytest.mark.parametrize("path", BAD, ids=named)
def test_a_bad_example_is_rejected_for_what_it_says(path: Path) -> None:
    found = read(path)

    assert isinstance(found, Rejected)
    assert found.reason in {RejectReason.INVALID, RejectReason.ANCIENT, RejectReason.UNKNOWN_TYPE}


@pytest.mark.parametrize("tag", CLASS_OF)
def test_every_event_has_two_good_examples_and_two_bad_ones(tag: str) -> None:
    assert len([path for path in GOOD if path.parent.name == tag]) >= 2
    assert len([path for path in BAD if path.parent.name == tag]) >= 2


@pytest.mark.parametrize("tag", CLASS_OF)
def test_the_good_examples_of_an_event_show_each_of_its_fields(tag: str) -> None:
    shown = {
        name
        for path in GOOD
        if path.parent.name == tag
        for name, value in as_json(path.read_bytes()).items()
        if value is not None
    }

    assert set(CLASS_OF[tag].__struct_fields__) - shown == set()


def test_every_folder_of_examples_is_named_for_an_event() -> None:
    assert {path.parent.name for path in EXAMPLES} == set(CLASS_OF)


@pytest.mark.parametrize(
    "path", [path for path in OUTPUTS_SHOWN if path not in BAD_OUTPUTS], ids=named
)
def test_an_output_that_is_shown_keeps_its_schema_and_is_read_whole(path: Path) -> None:
    body = as_json(path.read_bytes())
    read = msgspec.json.decode(path.read_bytes(), type=OUTPUTS[path.parent.name])

    assert [error.message for error in validator(path.parent.name).iter_errors(body)] == []
    assert as_json(encoded(read)) == body


@pytest.mark.parametrize("path", BAD_OUTPUTS, ids=named)
def test_a_bad_output_breaks_its_schema_and_is_not_read(path: Path) -> None:
    assert not validator(path.parent.name).is_valid(as_json(path.read_bytes()))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(path.read_bytes(), type=OUTPUTS[path.parent.name])


def test_every_output_is_shown() -> None:
    assert {path.parent.name for path in OUTPUTS_SHOWN} == set(OUTPUTS)
