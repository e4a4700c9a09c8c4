"""Who is ahead of whom: standard competition ranking, with ties broken by who was there first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_FROM_THE_START_MS: Final = -1


class Score(NamedTuple):
    """What a host has to show.

    Shapes: ``reached_ms`` is the minute of its last change up; None: it never rose.
    """

    host_id: str
    value: int
    reached_ms: int | None


class Place(NamedTuple):
    """A host's place on a board. Shapes: as :class:`Score`; ``rank`` from 1."""

    rank: int
    host_id: str
    value: int
    reached_ms: int | None


def score_of(host_id: str, changes: Mapping[int, int]) -> Score:
    """The score that changes add up to.

    Shapes: ``changes`` by the minute's begin in milliseconds; a fall does not move ``reached_ms``.
    """
    ups = [minute_ms for minute_ms, change in changes.items() if change > 0]
    return Score(host_id, sum(changes.values()), max(ups, default=None))


def ranked(scores: Iterable[Score]) -> list[Place]:
    """The scores as a board, best first.

    Shapes: of equal values the one that was reached first is ahead; who never rose had it from the
        start. Equal in both is an equal rank, in the order of host ids, and the next rank is left
        out: 1, 2, 2, 4.
    """
    ordered = sorted(scores, key=lambda each: (_merit(each), each.host_id))
    places: list[Place] = []
    for number, each in enumerate(ordered, 1):
        equal = number > 1 and _merit(each) == _merit(ordered[number - 2])
        places.append(Place(places[-1].rank if equal else number, *each))
    return places


def _merit(score: Score) -> tuple[int, int]:
    reached_ms = _FROM_THE_START_MS if score.reached_ms is None else score.reached_ms
    return (-score.value, reached_ms)
