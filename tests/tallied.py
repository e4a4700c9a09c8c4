"""Views of hosts as a worker shows them, for tests of what reads them."""

from __future__ import annotations

from typing import Any

from msgspec import json

from streamproc.protocol import View
from streamproc.tally.registry import DEFINITIONS
from streamproc.tally.registry_definition import Unit

WINDOWS = ("1m", "5m", "10m", "previous_10m", "60m")
AT_MS = 1_790_000_000_123


def figures(of: int) -> dict[str, Any]:
    """Every figure, each another number."""
    return {
        name: {"CNY": of * 1000 + number} if one.unit is Unit.MINOR else of + number
        for number, (name, one) in enumerate(DEFINITIONS.items())
    }


def tally(host_id: str, of: int = 1, **session: object) -> dict[str, object]:
    """A host's tally, without its version; ``session`` overrides fields of its broadcast."""
    now = {
        "session_id": f"{host_id}-s",
        "status": "live",
        "started_ms": AT_MS - 3_600_000,
        "ended_ms": None,
        "heard_ms": AT_MS,
        "figures": figures(of),
        "windows": {window: figures(of + at) for at, window in enumerate(WINDOWS, 1)},
        "completeness": {"late": 0, "missing_sources": [], "online_at_ms": AT_MS},
        "room_id": f"{host_id}-room",
        "intents": {"restock_request": of, "praise": 3},
        "intents_10m": {"restock_request": of + 1},
        **session,
    }
    return {
        "host_id": host_id,
        "as_of_ms": AT_MS,
        "sessions": [now],
        "host_name": "王大姐的果园",
        "village": "梅家坞村",
    }


def view(host_id: str, of: int = 1, **session: object) -> View:
    """A view of a host."""
    return View(host_id.encode(), json.encode(tally(host_id, of, **session)))
