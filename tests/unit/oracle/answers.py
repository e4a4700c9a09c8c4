"""What the oracle answers of one broadcast, for examples made by hand."""

from __future__ import annotations

from typing import Any, Final

from streamproc.events.registry import AnyEvent
from streamproc.oracle.figures import figures
from tests.builders import T0, paid, viewer_key
from tests.folding import log_of

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000


def answer(*events: AnyEvent, as_of_ms: int | None = None) -> dict[str, Any]:
    """Everything that is answered of session s-1."""
    hosts = figures(log_of(events), as_of_ms)["hosts"]
    result: dict[str, Any] = hosts["h-1"]["s-1"]
    return result


def whole(*events: AnyEvent) -> dict[str, Any]:
    """The figures of the session."""
    result: dict[str, Any] = answer(*events)["figures"]
    return result


def sale(minor: int, number: int, at_ms: int = T0, **fields: object) -> AnyEvent:
    """A paid order of its own, by a buyer of their own."""
    named = {"order_id": f"o-{number}", "buyer_key": viewer_key(number), **fields}
    return paid(minor, at_ms, **named)
