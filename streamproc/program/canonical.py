"""The canonical form of a state, for comparing it with what the log adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from streamproc.program.codecs import unpack_minute, unpack_profile, unpack_session
from streamproc.program.keys import Kind, Parsed, parse
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE

Tree = dict[str, Any]
_READ: Final = frozenset((Kind.SESSION, Kind.MINUTE, Kind.PROFILE))


def canonical(records: Iterable[tuple[bytes, bytes]]) -> Tree:
    """The hosts of a state, from its records alone.

    Shapes: records of any partitions in any order -> ``{"hosts": {host: {"sessions", "name"}}}``,
        keys sorted, zeros and empty objects left out.
    """
    hosts: Tree = {}
    names: dict[str, tuple[int, str]] = {}
    for key, value in records:
        if key[0] not in _READ:
            continue
        parsed = parse(key)
        host = hosts.setdefault(parsed.host_id, {"sessions": {}})
        if parsed.kind == Kind.PROFILE:
            named = (parsed.numbers[0], unpack_profile(value).name)
            names[parsed.host_id] = max(named, names.get(parsed.host_id, named))
            continue
        session = host["sessions"].setdefault(parsed.ids[0], _empty_session())
        if parsed.kind == Kind.SESSION:
            _add_session(session, parsed, key, value)
        else:
            _add_minute(session["panes"], parsed, key, value)
    for host_id, (_, name) in names.items():
        hosts[host_id]["name"] = name
    return {"hosts": _without_empty(hosts)}


def _empty_session() -> Tree:
    return {"totals": {}, "late": {}, "online": {}, "panes": {}}


def _add_session(into: Tree, parsed: Parsed, key: bytes, value: bytes) -> None:
    session = unpack_session(key, value)
    _add_figures(into["totals"], session.totals)
    into["late"][parsed.topic] = session.late
    if session.online is not None:
        at_ms, viewers, approximate = session.online
        into["online"] = _Whole(at_ms=at_ms, count=viewers, approximate=int(approximate))


def _add_minute(panes: Tree, parsed: Parsed, key: bytes, value: bytes) -> None:
    minute = unpack_minute(key, value, FIGURES[parsed.topic])
    for index, figures in enumerate(minute.panes):
        if figures is not None:
            start_ms = (minute.number * PANES_PER_MINUTE + index) * PANE_MS
            _add_figures(panes.setdefault(str(start_ms), {}), figures)


def _add_figures(into: Tree, figures: Figures) -> None:
    for name in type(figures).__slots__:
        into[name] = getattr(figures, name)  # a figure has one topic, so nothing is there yet


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
