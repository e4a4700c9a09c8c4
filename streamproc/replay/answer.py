"""What a replay says of the state it ended in: every session's figures, and the places' sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies, rejections
from streamproc.tally.beginning import begin_ms
from streamproc.tally.comments import comments_answer
from streamproc.tally.figures import OrderFigures
from streamproc.tally.formulas import session_answer
from streamproc.tally.model import SessionTally
from streamproc.tally.profiles import Profile
from streamproc.tally.rollups import (
    Group,
    Home,
    Level,
    Part,
    home_at,
    names_of,
    profile_at,
    rolled_up,
)

Tree = dict[str, Any]
Programs = Sequence[LiveProgram]
"""A state: the programs of its partitions, each host in one of them."""


def answer(programs: Programs, as_of_ms: int | None) -> Tree:
    """Every host's sessions and the roll-ups of a state.

    Shapes: ``{"hosts": {host: {session: {"figures", "windows", "curve", "completeness",
        "comments", "failed_by_reason"}}}, "rejected": {host: {topic: count}}, "rollups": {level: [..]},
        "as_of_ms"}``; ``rejected`` are records of those hosts that name no session; ``as_of_ms`` None:
        nothing ever happened, and there is no session.
    """
    tallies = sessions_of(programs)
    hosts: Tree = {}
    for tally in tallies:
        said = session_answer(tally, as_of_ms or 0) | {
            "comments": comments_answer(tally),
            "failed_by_reason": failed_by_reason(tally),
        }
        hosts.setdefault(tally.host_id, {})[tally.session_id] = said
    parts = parts_of(programs, tallies)
    rollups = {level.value: [entry(level, of) for of in rolled_up(parts, level)] for level in Level}
    held = rejections(chain.from_iterable(each.records.items() for each in programs))
    unplaced = {
        host_id: dict(sorted(held[host_id][""].items()))
        for host_id in hosts
        if "" in held.get(host_id, {})
    }
    return {"hosts": hosts, "rejected": unplaced, "rollups": rollups, "as_of_ms": as_of_ms}


def failed_by_reason(tally: SessionTally) -> dict[str, int] | None:
    """Failed orders of a broadcast by why; None where nothing was told of orders."""
    orders = cast("OrderFigures | None", tally.totals.get(ORDERS_TOPIC))
    return None if orders is None else orders.failed_by_reason()


def sessions_of(programs: Programs) -> list[SessionTally]:
    """Every session of a state, by host and then by begin."""
    tallies = [each for program in programs for each in host_tallies(program)]
    return sorted(tallies, key=lambda each: (each.host_id, begin_ms(each), each.session_id))


def parts_of(programs: Programs, tallies: Iterable[SessionTally]) -> list[Part]:
    """Each session with the place where its host lived when it began."""
    return [Part(each, home_of(programs, each.host_id, begin_ms(each))) for each in tallies]


def home_of(programs: Programs, host_id: str, at_ms: int) -> Home:
    """Where a host lived at a time."""
    return home_at(profiles_of(programs, host_id), at_ms)


def profiles_of(programs: Programs, host_id: str) -> Mapping[int, Profile]:
    """A host's profiles by the begin of their validity."""
    held = (program.profiles.profiles.get(host_id) for program in programs)
    return next((each for each in held if each is not None), {})


def host_at(programs: Programs, host_id: str, at_ms: int) -> dict[str, str]:
    """A host and its place, as they were at a time, by the names of columns."""
    profile = profile_at(profiles_of(programs, host_id), at_ms)
    name = "" if profile is None else profile.name
    return {"host_id": host_id, "name": name, **home_of(programs, host_id, at_ms)._asdict()}


def name_of(programs: Programs, host_id: str) -> str:
    """A host's name by the profile with the latest start; empty if there is none."""
    profiles = profiles_of(programs, host_id)
    return profiles[max(profiles)].name if profiles else ""


def entry(level: Level, group: Group) -> Tree:
    """A place and its sums, as an answer lists them."""
    return {
        **dict(zip(names_of(level), group.place, strict=True)),
        "hosts": group.hosts,
        "sessions": group.sessions,
        "figures": group.figures,
        "approximate": group.approximate,
        "missing_sources": group.missing_sources,
        "late": group.late,
        "rejected": group.rejected,
    }
