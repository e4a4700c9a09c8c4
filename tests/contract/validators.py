"""The checked-in schema of each topic, as any writer in any language would use it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

TOPICS: Final = Path(__file__).parents[2] / "topics"


@cache
def validator(topic: str) -> Draft202012Validator:
    """The validator of what a writer may put on a topic."""
    path = TOPICS / "schemas" / f"{topic}.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def as_json(value: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The JSON that a record holds, by a reader that is not ours."""
    return json.loads(value)
