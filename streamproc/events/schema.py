"""The contracts as JSON Schema, generated from the structs: one schema per input and output topic.

That of an input is stricter than the codec, which also reads what a newer writer may send (an unknown
value of an enum) and texts that fit only after NFC or were not cut. It cannot say that nothing is in
the future.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from streamproc.events import base
from streamproc.events.base import ClosedEnum, OpenEnum
from streamproc.events.outputs import OUTPUTS
from streamproc.events.registry import EVENTS, AnyEvent

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REF: Final = "#/$defs/{name}"
_ABOUT: Final = "One JSON object in UTF-8, at most 64 KiB; the record's key is its host_id."
_ABOUT_OUTPUT: Final = "One JSON object in UTF-8; the record's key is its host_id."

Schema = dict[str, Any]

_NAMED: Final[dict[str, Schema]] = {
    name: msgspec.json.schema(getattr(base, name))
    for name in (
        "Id",
        "Eid",
        "Key",
        "Ms",
        "Minor",
        "Count",
        "DurationMs",
        "Quantity",
        "LinkNo",
        "Currency",
    )
}
"""Types of fields that a schema defines once."""


def schema_files() -> dict[str, str]:
    """Every generated file: its path below the folder that holds ``topics/`` -> its text."""
    schemas = {topic: topic_schema(topic, classes) for topic, classes in EVENTS.items()}
    schemas |= {topic: output_schema(topic, each) for topic, each in OUTPUTS.items()}
    return {
        f"topics/schemas/{topic}.schema.json": _text(schema) for topic, schema in schemas.items()
    }


def output_schema(topic: str, output: type[msgspec.Struct]) -> Schema:
    """What a reader of an output topic may rely on; more fields may come."""
    (reference,), generated = msgspec.json.schema_components([output], ref_template=_REF)
    return {
        "$schema": _DIALECT,
        "$id": f"urn:streamproc:topic:{topic}",
        "title": topic,
        "description": _ABOUT_OUTPUT,
        **reference,
        "$defs": {name: _prosed(generated[name]) for name in sorted(generated)},
    }


def topic_schema(topic: str, classes: Iterable[type[AnyEvent]]) -> Schema:
    """What a writer may put on a topic: exactly one of its events, and any further fields."""
    references, generated = msgspec.json.schema_components(classes, ref_template=_REF)
    written = {each.__name__: _enum_schema(each) for each in _enums()}
    definitions = {name: written.get(name) or _tidy(each) for name, each in generated.items()}
    used = {reference for each in definitions.values() for reference in _references(each)}
    definitions |= {name: each for name, each in _NAMED.items() if _REF.format(name=name) in used}
    return {
        "$schema": _DIALECT,
        "$id": f"urn:streamproc:topic:{topic}",
        "title": topic,
        "description": _ABOUT,
        "oneOf": list(references),
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _enums() -> set[type[OpenEnum]]:
    return {*OpenEnum.__subclasses__(), *ClosedEnum.__subclasses__()} - {ClosedEnum}


def _enum_schema(enum: type[OpenEnum]) -> Schema:
    """The values that may be written, in the order of the contract."""
    unwritten = {"other"} if issubclass(enum, ClosedEnum) else set()
    return {
        "title": enum.__name__,
        "description": _prose(enum.__doc__ or ""),
        "type": "string",
        "enum": [each.value for each in enum if each.value not in unwritten],
    }


def _tidy(node: Any) -> Any:  # noqa: ANN401 - any JSON goes in, and the same kind comes out
    """The same schema, with references to named types and without what says nothing."""
    if isinstance(node, list):
        return [_tidy(each) for each in node]
    if not isinstance(node, dict):
        return _prose(node) if isinstance(node, str) else node
    for name, named in _NAMED.items():
        if node == named:
            return {"$ref": _REF.format(name=name)}
    return {
        name: {"const": value["enum"][0]} if name == "type" and "enum" in value else _tidy(value)
        for name, value in node.items()
        if (name, value) != ("default", None)
    }


def _prosed(node: Any) -> Any:  # noqa: ANN401 - any JSON goes in, and the same kind comes out
    """The same schema, with texts as prose."""
    if isinstance(node, list):
        return [_prosed(each) for each in node]
    if isinstance(node, dict):
        return {name: _prosed(value) for name, value in node.items()}
    return _prose(node) if isinstance(node, str) else node


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _references(each)


def _prose(text: str) -> str:
    return inspect.cleandoc(text)


def _text(schema: Schema) -> str:
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
