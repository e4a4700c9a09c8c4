"""The OpenAPI document: as Litestar makes it, with what the front adds, so that it is true."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from msgspec import json


def openapi_of(application: Litestar) -> bytes:
    """The document, as JSON."""
    document: dict[str, Any] = application.openapi_schema.to_schema()
    return json.encode(document)
