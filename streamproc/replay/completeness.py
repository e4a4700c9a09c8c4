"""How complete a row of a file is: told by every file of figures, in columns of the same names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streamproc.replay.tables import Row
from streamproc.tally.completeness import (
    SOURCES,
    approximate,
    missing_sources,
    summed_by_topic,
)
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.rollups import Group
from streamproc.tally.spans import Value

Sources = Iterable[str] | Mapping[str, int]
"""Topics, or of how many sessions each of them told nothing."""


class Completeness(NamedTuple):
    """What a row leaves open.

    Shapes: as the completeness of a broadcast has it; ``as_of_ms`` None: nothing ever happened.
    """

    as_of_ms: int | None
    late: Mapping[str, int]
    rejected: Mapping[str, int]
    approximate: Iterable[str]
    missing_sources: Sources


def of_group(group: Group, as_of_ms: int | None) -> Completeness:
    """That of a place."""
    return Completeness(
        as_of_ms, group.late, group.rejected, group.approximate, group.missing_sources
    )


def of_sessions(
    tallies: Iterable[SessionTally], as_of_ms: int | None, estimates: Iterable[str] = ()
) -> Completeness:
    """That of some sessions of a host: a source misses that told nothing of one of them, or of none at all.

    Shapes: ``estimates`` are the figures shown that are.
    """
    told = list(tallies)
    missing = {topic for each in told for topic in missing_sources(each)} if told else set(SOURCES)
    return Completeness(
        as_of_ms,
        summed_by_topic(each.late for each in told),
        summed_by_topic(each.rejected for each in told),
        estimates,
        [topic for topic in SOURCES if topic in missing],
    )


def estimates_of(minute: MinuteTally, figures: Mapping[str, Value]) -> list[str]:
    """The figures of a minute that are made of estimates."""
    # the watch time of a minute is shared by leaves, which are exact, and not by leavers
    counts = {name: each for name, each in minute.uniques.items() if name != "leavers"}
    return approximate(counts, figures)


def completed(row: Row, complete: Completeness) -> Row:
    """A row that also says how complete it is, behind everything else.

    Shapes: a column that stands further ahead in the row stays there, and is filled in.
    """
    said = {
        "late": _words(complete.late),
        "rejected": _words(complete.rejected),
        "approximate": _words(complete.approximate),
        "missing_sources": _words(complete.missing_sources),
    }
    is_dated = "as_of" in row.moments_ms
    return row._replace(
        texts={name: said.get(name, text) for name, text in row.texts.items()},
        last_texts={name: text for name, text in said.items() if name not in row.texts},
        last_moments_ms={} if is_dated else {"as_of": complete.as_of_ms},
    )


def _words(told: Sources) -> str:
    if isinstance(told, Mapping):
        return " ".join(f"{name}={count}" for name, count in told.items())
    return " ".join(told)
