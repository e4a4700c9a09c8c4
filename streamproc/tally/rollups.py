"""Villages, towns and districts: the sums of the sessions of their hosts.

A session belongs to the place where its host lived when it began, whole: so every level has the same
sums, and a host who moves counts in both places, each session in one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import (
    INTERACTING,
    SOURCES,
    approximate_of,
    missing_sources,
    summed_by_topic,
)
from streamproc.tally.figures import CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.model import SessionTally
from streamproc.tally.profiles import Profile
from streamproc.tally.registry import FIGURE_IDS
from streamproc.tally.spans import People, Span, Value, figures_of, ratio, without_zeros
from streamproc.tally.uniques import Uniques, union

F = TypeVar("F", bound=Figures)
UNKNOWN: Final = "unknown"


class Home(NamedTuple):
    """Where a host lives."""

    district: str
    town: str
    village: str


NOWHERE: Final = Home(UNKNOWN, UNKNOWN, UNKNOWN)


class Level(StrEnum):
    """What sessions are summed by."""

    VILLAGE = "village"
    TOWN = "town"
    DISTRICT = "district"


class Part(NamedTuple):
    """A session and its place."""

    tally: SessionTally
    home: Home


class Group(NamedTuple):
    """A place and the sums of its sessions.

    Shapes: ``place`` is the district, then the town and the village as far as the level goes;
        ``late`` and ``rejected`` sum those of its sessions, by topic; ``approximate`` names the figures
        that are made of estimates; ``missing_sources``: of how many sessions each topic told nothing.
    """

    place: tuple[str, ...]
    hosts: int
    sessions: int
    figures: dict[str, Value]
    approximate: list[str]
    missing_sources: dict[str, int]
    late: dict[str, int]
    rejected: dict[str, int]


def profile_at(profiles: Mapping[int, Profile], at_ms: int) -> Profile | None:
    """The profile that was valid at a time: the last one begun, else the first that ever was.

    Shapes: ``profiles`` by the begin of their validity in milliseconds; None: there are none.
    """
    if not profiles:
        return None
    begun = [valid_from_ms for valid_from_ms in profiles if valid_from_ms <= at_ms]
    return profiles[max(begun) if begun else min(profiles)]


def home_at(profiles: Mapping[int, Profile], at_ms: int) -> Home:
    """Where a host lived at a time; nowhere if it has no profile."""
    profile = profile_at(profiles, at_ms)
    return NOWHERE if profile is None else Home(profile.district, profile.town, profile.village)


def rolled_up(parts: Iterable[Part], level: Level) -> list[Group]:
    """The sessions summed by place. Shapes: ascending by place."""
    depth = len(names_of(level))
    by_place: dict[tuple[str, ...], list[SessionTally]] = {}
    for part in parts:
        by_place.setdefault(part.home[:depth], []).append(part.tally)
    return [_group(place, by_place[place]) for place in sorted(by_place)]


def names_of(level: Level) -> tuple[str, ...]:
    """What the parts of a place are called. Shapes: as long as ``Group.place``."""
    names = Home._fields
    return names[: names.index(level.value) + 1]


def _group(place: tuple[str, ...], tallies: Sequence[SessionTally]) -> Group:
    figures, approximate = figures_of_sessions(tallies)
    untold = Counter(topic for each in tallies for topic in missing_sources(each))
    return Group(
        place,
        len({each.host_id for each in tallies}),
        len(tallies),
        figures,
        approximate,
        {topic: untold[topic] for topic in SOURCES if untold[topic]},
        summed_by_topic(each.late for each in tallies),
        summed_by_topic(each.rejected for each in tallies),
    )


def figures_of_sessions(tallies: Sequence[SessionTally]) -> tuple[dict[str, Value], list[str]]:
    """The figures of several sessions together, and which of them are made of estimates.

    Shapes: a sum is that of the sessions that know it; a ratio is a sum by a sum, both of the sessions that
        know both; a person in two sessions is one. How many are online says nothing of a group, so that
        is None, and what people watched is known from leaves alone.
    """
    figures, approximate = _together(tallies)
    for names, knows in _OF_TWO_TOPICS:
        both = [each for each in tallies if knows(each)]
        if len(both) < len(tallies):
            of_both, estimated = _together(both)
            figures.update({name: of_both[name] for name in names})
            approximate = [each for each in approximate if each not in names]
            approximate += [each for each in estimated if each in names]
    return figures, [each for each in FIGURE_IDS if each in approximate]


def _together(tallies: Sequence[SessionTally]) -> tuple[dict[str, Value], list[str]]:
    orders = _sum(tallies, ORDERS_TOPIC, OrderFigures)
    comments = _sum(tallies, COMMENTS_TOPIC, CommentFigures)
    viewers = _sum(tallies, VIEWERS_TOPIC, ViewerFigures)
    counts = {name: _united(tallies, name) for name in _NAMES}
    interacting = union([counts["active"], counts["commenters"]])
    people = People(
        buyers=None if orders is None else counts["buyers"].count(),
        viewers=counts["viewers"].count() if _are_named(tallies) else None,
        commenters=None if comments is None else counts["commenters"].count(),
        interacting=None if comments is None or viewers is None else interacting.count(),
        orders=orders,
    )
    figures = figures_of(
        Span(
            orders,
            comments,
            viewers,
            people=people,
            views=_added(map(_views, tallies)),
            watchers=_added(map(_watchers, tallies)),
        )
    )
    if orders is not None:
        figures["unpaid_minor"] = without_zeros(orders.unpaid_minor)
    figures["conversion"] = ratio(people.buyers, people.viewers)
    counts[INTERACTING] = interacting
    estimates = {name for name, count in counts.items() if not count.exact}
    if any(not each.uniques["leavers"].exact for each in tallies if "leavers" in each.uniques):
        estimates.add("leavers")
    return figures, [name for name in approximate_of(estimates) if figures[name] is not None]


def _knows_orders(tally: SessionTally) -> bool:
    return tally.totals.get(ORDERS_TOPIC) is not None


def _knows_viewers(tally: SessionTally) -> bool:
    sums = _viewer_sums(tally)
    return sums is not None and bool(sums.joins or tally.viewers_total is not None)


_OF_TWO_TOPICS: Final[tuple[tuple[tuple[str, ...], Callable[[SessionTally], bool]], ...]] = (
    (("gpm_views_minor",), lambda each: _knows_orders(each) and _views(each) is not None),
    (
        ("conversion", "gpm_viewers_minor", "uv_value_minor"),
        lambda each: _knows_orders(each) and _knows_viewers(each),
    ),
    (("ctor",), lambda each: _knows_orders(each) and _viewer_sums(each) is not None),
    (
        ("interaction_rate",),
        lambda each: each.totals.get(COMMENTS_TOPIC) is not None and _knows_viewers(each),
    ),
)
"""Ratios that one topic tells the part of and another the whole; which sessions know both."""

_NAMES: Final = ("buyers", "commenters", "viewers", "active")


def _sum(tallies: Iterable[SessionTally], topic: str, kind: Callable[[], F]) -> F | None:
    """The sums of one topic; None if it told nothing of any session."""
    told = [each.totals.get(topic) for each in tallies]
    known = [each for each in told if each is not None]
    if not known:
        return None
    whole = kind()
    for each in known:
        whole.plus(each)
    return whole


def _united(tallies: Iterable[SessionTally], name: str) -> Uniques:
    return union(each.uniques[name] for each in tallies if name in each.uniques)


def _are_named(tallies: Iterable[SessionTally]) -> bool:
    """Whether the viewers are known one by one wherever there were any.

    A total that only a platform knows cannot be joined with the viewers of another session.
    """
    told = [(each, _viewer_sums(each)) for each in tallies if _knows_viewers(each)]
    return bool(told) and not any(
        viewers.joins == viewers.unnamed_joins if viewers.joins else each.viewers_total
        for each, viewers in told
        if viewers is not None
    )


def _views(tally: SessionTally) -> int | None:
    viewers = _viewer_sums(tally)
    return None if viewers is None else viewers.joins or tally.views_total


def _watchers(tally: SessionTally) -> int | None:
    viewers = _viewer_sums(tally)
    if viewers is None:
        return None
    leavers = tally.uniques.get("leavers")
    return viewers.unnamed_leaves + (0 if leavers is None else leavers.count())


def _viewer_sums(tally: SessionTally) -> ViewerFigures | None:
    sums: Any = tally.totals.get(VIEWERS_TOPIC)
    found: ViewerFigures | None = sums
    return found


def _added(values: Iterable[int | None]) -> int | None:
    known = [each for each in values if each is not None]
    return sum(known) if known else None
