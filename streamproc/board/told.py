"""How complete a broadcast is, as its tally tells it: the parts of it that every answer repeats."""

from __future__ import annotations

from typing import Any, NamedTuple

from streamproc.events.host_tally import SessionTallied


class Told(NamedTuple):
    """What the figures of a broadcast leave open. Shapes: as its completeness has it."""

    late: dict[str, int]
    rejected: dict[str, int]
    approximate: list[str]
    missing_sources: list[str]


def told_of(session: SessionTallied) -> Told:
    """What a tally tells of that; nothing where it does not."""
    complete = session.completeness
    return Told(
        _held(complete.get("late"), dict),
        _held(complete.get("rejected"), dict),
        _held(complete.get("approximate"), list),
        _held(complete.get("missing_sources"), list),
    )


def _held(value: Any, kind: type[Any]) -> Any:  # noqa: ANN401 - part of what is of any shape
    """A value if it is of a kind, else an empty one: completeness has no fixed shape."""
    return value if isinstance(value, kind) else kind()
