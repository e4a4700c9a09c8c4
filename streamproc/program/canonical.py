"""The canonical form of a state, for comparing it with what the log adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamproc.program.canonical_senses import canonical_senses
from streamproc.program.canonical_shop import canonical_shop
from streamproc.program.codecs import unpack_profile
from streamproc.program.keys import Kind, parse
from streamproc.program.tallies import rejections, session_tallies
from streamproc.tally.figures import Figures
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques
from streamproc.tally.watching import Watching

Tree = dict[str, Any]


def canonical(records: Iterable[tuple[bytes, bytes]]) -> Tree:
    """The hosts of a state and what was rejected of them, from its records alone.

    Shapes: records of any partitions in any order -> ``{"hosts": {host: {"sessions", "name"}},
        "rejected": {host: {session: {topic: count}}}}``, keys sorted, zeros and empty objects left out; of
        unique counts only exact ones.
    """
    held = list(records)
    hosts: Tree = {}
    for tally in session_tallies(held):
        host = hosts.setdefault(tally.host_id, {"sessions": {}})
        host["sessions"][tally.session_id] = _session(tally)
    for host_id, name in _names(held).items():
        hosts.setdefault(host_id, {})["name"] = name
    return {"hosts": _without_empty(hosts), "rejected": _without_empty(rejections(held))}


def _names(records: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The name of each host, by the profile with the latest start."""
    names: dict[str, tuple[int, str]] = {}
    for key, value in records:
        if key[0] == Kind.PROFILE:
            parsed = parse(key)
            named = (parsed.numbers[0], unpack_profile(value).name)
            names[parsed.host_id] = max(named, names.get(parsed.host_id, named))
    return {host_id: name for host_id, (_, name) in names.items()}


def _session(tally: SessionTally) -> Tree:
    session: Tree = {
        "totals": {},
        "late": tally.late,
        "begun_ms": tally.begun_ms,
        "lifecycle": {} if tally.lifecycle is None else _lifecycle(tally.lifecycle),
        "platform_orders": list(tally.platform_orders or ()),
        "uniques": _exact(tally.uniques),
        "views_total": tally.views_total,
        "viewers_total": tally.viewers_total,
        "panes": {},
        "minute_uniques": {},
        "readings": {},
        "senses": canonical_senses(tally),
        **canonical_shop(tally),
        "in_part": tally.in_part,
        "unturned": tally.lifecycle is not None and tally.lifecycle.turns is None,
        "unbegun": [each for each in tally.seen_ms if each not in tally.begun_ms],
    }
    if tally.watching is not None:
        session["watched"] = _watched(tally.watching)
    for figures in tally.totals.values():
        _add_figures(session["totals"], figures)
    if tally.online is not None:
        at_ms, viewers, approximate = tally.online
        session["online"] = _Whole(at_ms=at_ms, count=viewers, approximate=int(approximate))
    if tally.peak is not None:
        session["peak"] = _Whole(at_ms=tally.peak.at_ms, count=tally.peak.viewers)
    for minute in tally.minutes.values():
        _add_minute(session, minute)
    return session


def _watched(watching: Watching) -> Tree:
    """Who was online from the first reading to the last."""
    settled, readings = watching.settled, watching.readings()
    first_ms, last_ms = (settled or readings[0])[0], readings[-1].at_ms
    _, online_ms = watching.until(last_ms, ()) or (None, None)
    return _Whole(first_ms=first_ms, last_ms=last_ms, online_ms=str(online_ms))


def _lifecycle(lifecycle: Lifecycle) -> Tree:
    last = lifecycle.started_last
    return {
        "started_first_ms": lifecycle.started_first_ms,
        "started_last": None
        if last is None
        else [last.at_ms, last.title, last.venue_id, last.contest_id, last.planned_end_ms],
        "paused_ms": lifecycle.paused_ms,
        "resumed_ms": lifecycle.resumed_ms,
        "ended_ms": lifecycle.ended_ms,
        "starts": lifecycle.starts,
        "turns": lifecycle.turns,
    }


def _add_minute(session: Tree, minute: MinuteTally) -> None:
    for panes in minute.panes.values():
        for index, figures in enumerate(panes):
            start_ms = (minute.number * PANES_PER_MINUTE + index) * PANE_MS
            _add_figures(session["panes"].setdefault(str(start_ms), {}), figures)
    session["minute_uniques"][str(minute.number * MINUTE_MS)] = _exact(minute.uniques)
    for at_ms, online, approximate in minute.readings:
        session["readings"][str(at_ms)] = [online, int(approximate)]


def _exact(uniques: Mapping[str, Uniques]) -> Tree:
    return {name: count.count() for name, count in uniques.items() if count.exact}


def _add_figures(into: Tree, figures: Figures | None) -> None:
    if figures is not None:
        # A figure has one topic, so nothing is there yet.
        into.update(zip(figures.__slots__, figures.row(), strict=True))


class _Whole(dict[str, Any]):
    """An object whose zeros mean something: a reading of no viewers is a reading."""


def _without_empty(tree: Tree) -> Tree:
    """The tree in the order of its keys, without zeros, empty texts and empty objects."""
    kept: Tree = {}
    for key in sorted(tree):
        value = tree[key]
        if isinstance(value, _Whole):
            value = dict(sorted(value.items()))
        elif isinstance(value, dict):
            value = _without_empty(value)
        if value:
            kept[key] = value
    return kept
