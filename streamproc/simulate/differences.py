"""What differs between truth and state, said in lines: totals, and dead letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from streamproc.simulate.truth import TotalsByHost

Position = tuple[str, int, int]
"""Topic, partition and offset of a record."""

_SHOWN = 40


def different_totals(expected: TotalsByHost, held: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What differs between the totals that are true and those that a state holds."""
    truth = {
        f"{host}/{session}": figures
        for host, sessions in expected.items()
        for session, figures in sessions.items()
    }
    lines = [
        f"{name}: {figure} is {state}, in truth {true}"
        for name in sorted({*truth, *held})
        for figure, state, true in _unequal(held.get(name, {}), truth.get(name, {}))
    ]
    return _cut(lines, "totals")


def _unequal(state: Mapping[str, Any], true: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for figure in sorted({*state, *true}):
        left, right = _whole(state.get(figure, 0)), _whole(true.get(figure, 0))
        if left != right:
            yield figure, left, right


def _whole(value: object) -> object:
    """A sum; money without the currencies that add up to nothing."""
    if isinstance(value, dict):
        return {currency: minor for currency, minor in value.items() if minor} or 0
    return value


def different_letters(garbage: Set[Position], letters: Set[Position]) -> list[str]:
    """What differs between where garbage stands and where dead letters come from."""
    missing = [f"garbage without a dead letter: {_shown(each)}" for each in garbage - letters]
    extra = [f"dead letter without garbage: {_shown(each)}" for each in letters - garbage]
    return _cut(sorted(missing), "missing letters") + _cut(sorted(extra), "extra letters")


def _cut(lines: list[str], what: str) -> list[str]:
    if len(lines) <= _SHOWN:
        return lines
    return [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more {what}"]


def _shown(position: Position) -> str:
    topic, partition, offset = position
    return f"{topic}, partition {partition}, offset {offset}"
