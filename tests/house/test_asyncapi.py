"""The AsyncAPI document is fresh, whole, and every reference in it leads somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator

from streamproc.events.host_tally import tally_headers
from streamproc.events.outputs import OUTPUTS, alert_headers, decode_alert
from streamproc.events.registry import EVENTS, type_of
from streamproc.provision.catalog import Role, load_catalog
from tests.house.asyncapi import TYPE_OF_OUTPUT, document, text
from tests.house.tree import ROOT
from tests.servers import skip_or_fail

PLACE = ROOT / "topics" / "asyncapi.json"
DOCUMENT = document()
OFFICIAL = ROOT / ".cache" / "npm" / "node_modules" / "@asyncapi" / "specs" / "schemas"
"""The schemas that the AsyncAPI initiative publishes, one for each version."""


def nodes(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from nodes(each)


def found(reference: str) -> Any:  # noqa: ANN401 - any JSON
    """What a reference leads to, in the document or in a file beside it."""
    file, _, pointer = reference.partition("#")
    node = json.loads((PLACE.parent / file).read_text(encoding="utf-8")) if file else DOCUMENT
    for part in filter(None, pointer.split("/")):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def resolved(message: str) -> dict[str, Any]:
    """A message with what its traits add."""
    held: dict[str, Any] = DOCUMENT["components"]["messages"][message]
    for trait in held.get("traits", ()):
        held = {**found(trait["$ref"]), **held}
    return held


def test_the_document_is_fresh() -> None:
    assert PLACE.read_text(encoding="utf-8") == text(), "run `make docs`"


def test_the_document_is_what_the_official_schema_asks_for() -> None:
    schema = OFFICIAL / f"{DOCUMENT['asyncapi']}.json"
    if not schema.exists():
        skip_or_fail("the schemas of AsyncAPI are not there: make setup fetches them")
    official = Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    wrong = json.loads(text())
    del next(iter(wrong["operations"].values()))["channel"]

    assert [each.message for each in official.iter_errors(json.loads(text()))] == []
    assert list(official.iter_errors(wrong))


def test_every_reference_leads_somewhere() -> None:
    for node in nodes(DOCUMENT):
        if isinstance(node.get("$ref"), str):
            found(node["$ref"])


def test_every_topic_but_the_state_is_a_channel_with_its_messages() -> None:
    topics = {each.name: each for each in load_catalog() if each.role is not Role.CHANGELOG}
    channels = DOCUMENT["channels"]

    assert set(channels) == set(topics)
    for name, events in EVENTS.items():
        assert list(channels[name]["messages"]) == [type_of(each) for each in events]
    for name in OUTPUTS:
        assert next(iter(channels[name]["messages"])) == TYPE_OF_OUTPUT[name]
    for name, channel in channels.items():
        kafka = channel["bindings"]["kafka"]
        assert (kafka["topic"], kafka["partitions"]) == (name, topics[name].partitions)


def test_every_channel_has_one_operation_with_messages_of_its_own() -> None:
    channels = []
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        channels.append(channel.removeprefix("#/channels/"))
        assert operation["action"] in {"send", "receive"}
        assert operation["messages"]
        assert all(
            each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"]
        )

    assert sorted(channels) == sorted(DOCUMENT["channels"])


def test_what_is_required_of_a_document_is_there() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for message in DOCUMENT["components"]["messages"]:
        held = resolved(message)
        assert {"name", "summary", "payload"} <= set(held)
        if "headers" in held:
            Draft202012Validator.check_schema(held["headers"])


def test_the_headers_that_we_write_are_those_that_are_told() -> None:
    example = ROOT / "topics" / "examples" / "live.alerts.v1" / "stream-dead.json"
    written = {
        "live.host.tally": tally_headers(b"h-1", 1, 1_795_262_400_000),
        "live.alert.transition": alert_headers(decode_alert(example.read_bytes())),
    }
    for message, headers in written.items():
        values = {name: (value or b"").decode() for name, value in headers}
        schema = resolved(message)["headers"]
        Draft202012Validator(schema).validate(values)
        assert set(values) == set(schema["properties"])
        assert values["ce_type"] == message
