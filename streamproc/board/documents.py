"""The OpenAPI document: as Litestar makes it, with what the front adds and without what is not so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from litestar import Litestar
from msgspec import json

from streamproc.board import answers, cards, judging, rollups
from streamproc.board.access import COOKIE
from streamproc.board.problems import PROBLEM_JSON
from streamproc.board.subscriptions import HOSTS_MAX

_PROBLEMS: Final = {
    400: "A parameter, a cursor or the body is not what it must be",
    401: "No token, or one that nobody knows",
    403: "The token does not open this, or a page of another origin asks",
    404: "There is no such thing, or the token does not open it",
    413: "The body is too large",
    422: "It is well formed, but makes no sense",
    429: "Too many requests; `Retry-After` says when to come again",
    503: "What it takes is away for now; `Retry-After` says when to come again",
}
_ALWAYS: Final = (400, 401, 403, 429)
_ALSO: Final = {
    ("/api/v1/hosts/{host_id}", "get"): (404,),
    ("/api/v1/hosts/{host_id}/curve", "get"): (404, 503),
    ("/api/v1/rollups/{level}", "get"): (404,),
    ("/api/v1/alerts/{alert_id}", "get"): (404,),
    ("/api/v1/alerts/{alert_id}/verdict", "post"): (404, 413, 422, 503),
    ("/api/v1/session", "post"): (413,),
    ("/api/v1/stream", "get"): (503,),
}
_DESCRIBED: Final = (answers, cards, judging, rollups)
"""Modules whose structs are described by their docstrings."""

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was not answered. Source: RFC 9457.",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "default": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
_STREAM: Final[dict[str, Any]] = {
    "tags": ["stream"],
    "summary": "Everything that changes, as server-sent events",
    "description": (
        "`hello`, then what is known (`reset` in hello: all of it, else what changed since"
        " `Last-Event-ID`), then changes: `cards`, `alert`, `gone`, `health`; for rooms by name also"
        " `tally` and `curve`. docs/board-api.md tells the data of each."
    ),
    "operationId": "ApiV1StreamFollow",
    "parameters": [
        {
            "name": "hosts",
            "in": "query",
            "required": False,
            "description": f"`*`, or at most {HOSTS_MAX} hosts with commas between",
            "schema": {"type": "string", "default": "*"},
        },
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "The id of the last event that was received",
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "Events without end",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
}


class Document:
    """The OpenAPI document of an application, and what it says of paths."""

    def __init__(self, application: Litestar) -> None:
        document = _document(application)
        self.body = json.encode(document)
        self._methods = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), [each.upper() for each in operations])
            for path, operations in document["paths"].items()
        ]

    def methods(self, path: str) -> list[str]:
        """What may be asked at a path; empty: there is no such path."""
        for pattern, methods in self._methods:
            if pattern.fullmatch(path):
                return [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
        return []


def _document(application: Litestar) -> Any:  # noqa: ANN401 - JSON
    document: dict[str, Any] = application.openapi_schema.to_schema()
    document["paths"]["/api/v1/stream"] = {"get": _STREAM}
    document["tags"].append({"name": "stream", "description": "What changes, as it does"})
    schemas = document["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    schemas["Login"]["additionalProperties"] = False
    schemas["Judgement"] = _judgement(schemas["Judgement"])
    for name, text in _descriptions():
        if name in schemas:
            schemas[name]["description"] = text
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _tell_problems(path, method, operation)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    document["security"] = [{"bearer": []}, {"cookie": []}]
    document["paths"]["/api/v1/session"]["post"]["security"] = []
    return _true(document)


def _judgement(schema: dict[str, Any]) -> dict[str, Any]:
    """The body of a verdict: only what may be snoozed has a time, and no other field is taken."""
    properties = schema["properties"]

    def of(words: tuple[judging.Pressed, ...], *names: str) -> dict[str, Any]:
        verdict = {"type": "string", "enum": [word.value for word in words]}
        return {
            "type": "object",
            "required": ["verdict"],
            "additionalProperties": False,
            "properties": {"verdict": verdict, **{name: properties[name] for name in names}},
        }

    rest = tuple(word for word in judging.Pressed if word not in judging.SNOOZING)
    return {
        "title": "Judgement",
        "anyOf": [of(judging.SNOOZING, "snooze_minutes", "by"), of(rest, "by")],
    }


def _tell_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    """Tell which problems an operation answers with."""
    responses = operation["responses"]
    for status in (*_ALWAYS, *_ALSO.get((path, method), ())):
        responses[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if "204" in responses:
        responses["204"].pop("content", None)


def _descriptions() -> Iterator[tuple[str, str]]:
    for module in _DESCRIBED:
        for name, each in vars(module).items():
            if isinstance(each, type) and each.__module__ == module.__name__ and each.__doc__:
                yield name, " ".join(each.__doc__.split()).replace("``", "`")


def _true(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same, where a value may fit more than one choice: 1 is an integer and a number."""
    if isinstance(node, dict):
        return {("anyOf" if key == "oneOf" else key): _true(value) for key, value in node.items()}
    return [_true(each) for each in node] if isinstance(node, list) else node
