"""All topics as an AsyncAPI 3 document, from their declarations: ``python -m tests.house.asyncapi``.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import inspect
import sys
from typing import Any, Final

from msgspec import json

from streamproc import __version__
from streamproc.events.host_tally import TALLIES_TOPIC, TALLY_TYPE
from streamproc.events.outputs import ALERT_TYPE, ALERTS_TOPIC, OUTPUTS
from streamproc.events.registry import CLASS_OF
from streamproc.provision.catalog import Role, TopicDeclaration, load_catalog
from streamproc.sinks import kafka_outputs

Tree = dict[str, Any]

BINDING: Final = "0.5.0"
"""Version of the Kafka bindings. Source: https://github.com/asyncapi/bindings/tree/master/kafka"""
TYPE_OF_OUTPUT: Final = {ALERTS_TOPIC: ALERT_TYPE, TALLIES_TOPIC: TALLY_TYPE}
DEAD_LETTER: Final = "dead-letter"
TOMBSTONE: Final = "host-gone"
_CONFIG: Final = ("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes")
"""What the bindings know of a topic's settings, beside its clean-up."""
_EVENT: Final = {
    "ce_specversion": "always 1.0",
    "ce_id": "the same for every copy of a record, and of no other",
    "ce_source": "always /streamproc",
    "ce_type": "what the record is",
    "ce_time": "the time that it is of, RFC 3339, UTC",
    "ce_partitionkey": "the key of the record",
    "content-type": "always application/json",
}
_LETTER: Final = {
    kafka_outputs.REASON: "why it cannot be used, one of a closed list",
    kafka_outputs.DETAIL: "the same in words",
    kafka_outputs.TOPIC: "the topic that it came from",
    kafka_outputs.PARTITION: "its partition there",
    kafka_outputs.OFFSET: "its offset there: copies of a letter have the same origin",
    kafka_outputs.VERSION: "version of the worker that wrote it",
}


def document() -> Tree:
    """The document, as JSON has it."""
    topics = [topic for topic in load_catalog() if topic.role is not Role.CHANGELOG]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "streamproc",
            "version": __version__,
            "description": "Live sales: events in, tallies and alerts out. All topics are keyed by host_id,"
            " and a host is in one partition. Written by `make docs` from topics/*.yaml and the structs.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {_operation_name(topic): _operation(topic) for topic in topics},
        "components": {
            "messages": {**_events(), **_outputs(), **_others()},
            "messageTraits": {
                "cloudEvent": {"headers": _headers(_EVENT)},
                "keyedByHost": {
                    "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}}
                },
            },
        },
    }


def text() -> str:
    """The document as it is checked in."""
    return json.format(json.encode(document()), indent=2).decode() + "\n"


def _channel(topic: TopicDeclaration) -> Tree:
    config = topic.config.as_kafka()
    settings: Tree = {name: int(config[name]) for name in _CONFIG if name in config}
    if "cleanup.policy" in config:
        settings["cleanup.policy"] = config["cleanup.policy"].split(",")
    kafka = {
        "topic": topic.name,
        "partitions": topic.partitions,
        "replicas": topic.replication_factor,
        "topicConfiguration": settings,
        "bindingVersion": BINDING,
    }
    return {
        "address": topic.name,
        "description": " ".join(topic.description.split()),
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in _messages_of(topic)
        },
        "bindings": {"kafka": kafka},
    }


def _operation_name(topic: TopicDeclaration) -> str:
    return f"{_action(topic)}-{topic.name.replace('.', '-')}"


def _action(topic: TopicDeclaration) -> str:
    """What streamproc does: it reads what comes in and writes the rest."""
    return "receive" if topic.role is Role.INPUT else "send"


def _operation(topic: TopicDeclaration) -> Tree:
    channel = f"#/channels/{topic.name}"
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "summary": f"Written by {', '.join(topic.producers)}; read by {', '.join(topic.consumers)}.",
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _messages_of(topic)],
    }


def _messages_of(topic: TopicDeclaration) -> list[str]:
    match topic.role:
        case Role.INPUT:
            return list(topic.events)
        case Role.OUTPUT:
            gone = [TOMBSTONE] if "compact" in (topic.config.cleanup_policy or "") else []
            return [TYPE_OF_OUTPUT[topic.name], *gone]
        case _:
            return [DEAD_LETTER]


def _events() -> Tree:
    """Messages of inputs, by type."""
    schema_of = {
        event: topic.name for topic in load_catalog() for event in topic.events if topic.events
    }
    return {
        tag: _message(
            tag,
            _first(event),
            f"./schemas/{schema_of[tag]}.schema.json#/$defs/{event.__name__}",
            ["keyedByHost"],
        )
        for tag, event in CLASS_OF.items()
    }


def _outputs() -> Tree:
    return {
        TYPE_OF_OUTPUT[topic]: _message(
            TYPE_OF_OUTPUT[topic],
            _first(output),
            f"./schemas/{topic}.schema.json",
            ["keyedByHost", "cloudEvent"],
        )
        for topic, output in OUTPUTS.items()
    }


def _others() -> Tree:
    traits = [{"$ref": f"#/components/messageTraits/{name}"} for name in ("keyedByHost",)]
    return {
        TOMBSTONE: {
            "name": TOMBSTONE,
            "summary": "An empty value: nothing is to be seen of the host any more.",
            "payload": {"type": "null"},
            "traits": [*traits, {"$ref": "#/components/messageTraits/cloudEvent"}],
        },
        DEAD_LETTER: {
            "name": DEAD_LETTER,
            "summary": "A record that cannot be used, with its bytes, key and headers as they came.",
            "contentType": "application/octet-stream",
            "headers": _headers(_LETTER),
            "payload": {},
        },
    }


def _message(name: str, summary: str, schema: str, traits: list[str]) -> Tree:
    return {
        "name": name,
        "summary": summary,
        "payload": {"$ref": schema},
        "traits": [{"$ref": f"#/components/messageTraits/{each}"} for each in traits],
    }


def _headers(names: dict[str, str]) -> Tree:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": say} for name, say in names.items()},
        "required": list(names),
    }


def _first(kind: type) -> str:
    """What a class is, in its first sentence."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


if __name__ == "__main__":
    sys.stdout.write(text())
