"""What of two canonical forms can be compared: what a worker may have let go of, or read by other words.

Both sides lose the same, state and log; it knows forms only, neither where they come from nor what
made them. What cannot be compared is told, so that nobody takes it for equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.retention import DAY_MS, MINUTE_DAYS, REFUND_DAYS

Tree = dict[str, Any]
KEPT_SINCE: Final = {ORDERS_TOPIC: ("sold",), ROOMS_TOPIC: ("floor", "pulse")}
"""Topic -> what of it an earlier version of the program did not keep, besides what was spoken."""
BY_TIME: Final = ("panes", "minute_uniques", "readings", "sold")
SINGLE_COMMENTS: Final = ("facts", "spoken", "evidence", "samples")
"""Single comments that are kept of what comments meant."""

MINUTES_COMPARED_MS: Final = (MINUTE_DAYS - 1) * DAY_MS
"""A day less than minutes are kept, whose day is counted from when they were made."""

SINGLE_COMMENTS_COMPARED_MS: Final = REFUND_DAYS * DAY_MS
"""A day less than single comments of a session that is over are kept."""


def drop_expired(state: Tree, log: Tree) -> None:
    """Leave out of both sides what a worker may have let go of: minutes of a week before the last.

    The oracle knows no expiry, and when a worker sweeps is its own affair.
    """
    sides = list(_both(state, log))
    last_ms = max((_last_ms(session) for pair in sides for session in pair), default=0)
    for pair in sides:
        ended_ms = max(map(_last_ms, pair))
        for session in pair:
            if ended_ms < last_ms - SINGLE_COMMENTS_COMPARED_MS:
                for name in SINGLE_COMMENTS:
                    session.get("senses", {}).pop(name, None)
            _drop_minutes(session, last_ms - MINUTES_COMPARED_MS)


def drop_unlike_senses(state: Tree, log: Tree, version: str | None) -> list[str]:
    """Leave what comments meant out of both sides where other words read them; say of how many.

    Shapes: ``version`` is the lexicon's that read the log; with None it was not read at all. State
        only names versions; they are left out in any case.
    """
    unlike: dict[str, int] = {}
    for held, expected in _both(state, log):
        versions = held.get("senses", {}).pop("versions", [])
        if versions != [version] and (held.get("senses") or expected.get("senses")):
            by = ", ".join(versions) or "no lexicon"
            unlike[by] = unlike.get(by, 0) + 1
            held.pop("senses", None)
            expected.pop("senses", None)
        for session in (held, expected):
            if not session.get("senses", True):
                del session["senses"]
    here = "none is given" if version is None else f"this is {version}"
    return [
        f"what comments meant in {sessions} broadcasts cannot be compared: they were read by {by},"
        f" and {here}"
        for by, sessions in sorted(unlike.items())
    ]


def drop_kept_in_part(state: Tree, log: Tree) -> list[str]:
    """Leave out of both sides what the state has kept of a broadcast only since it began; say of how many.

    Shapes: state only names the topics of which that is so; they are left out in any case.
    """
    sessions = 0
    for held, expected in _both(state, log):
        topics = held.pop("in_part", [])
        sessions += bool(topics)
        for side in (held, expected):
            for topic in topics:
                for name in KEPT_SINCE.get(topic, ()):
                    side.pop(name, None)
            if COMMENTS_TOPIC in topics:
                side.get("senses", {}).pop("spoken", None)
    if not sessions:
        return []
    return [
        f"what alerts look at in {sessions} broadcasts cannot be compared: a version that did not keep it"
        " began them"
    ]


def drop_rejected_in_part(
    state: Tree, log: Tree, accounting: Mapping[str, Mapping[int, Mapping[str, int]]]
) -> list[str]:
    """Leave out of both sides whose the rejected records of a topic were, where one does not know of all.

    Shapes: ``accounting`` is that of the fences, by topic and partition. The state knows whose fewer were
        if an earlier version passed them, or if it let go of some. Topics of which the log lost records
        (``gone``) are told of elsewhere.
    """
    known: Counter[str] = Counter()
    for by_topic in _rejected(state):
        known.update(by_topic)
    left_out, notes = set(), []
    for topic, by_partition in accounting.items():
        passed = sum(counts["rejected"] for counts in by_partition.values())
        if any("gone" in counts for counts in by_partition.values()):
            left_out.add(topic)
        elif known[topic] < passed:
            left_out.add(topic)
            notes.append(
                f"whose the rejected records of {topic} are cannot be compared: the state knows it of"
                f" {known[topic]} of {passed}"
            )
    for side in (state, log):
        for by_topic in _rejected(side):
            for topic in left_out:
                by_topic.pop(topic, None)
        side["rejected"] = {
            host: left
            for host, sessions in side["rejected"].items()
            if (left := {name: by_topic for name, by_topic in sessions.items() if by_topic})
        }
    return notes


def _rejected(form: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    """What was rejected of each broadcast, by topic."""
    for sessions in form["rejected"].values():
        yield from sessions.values()


def drop_unknown_begin(state: Tree, log: Tree) -> list[str]:
    """Leave out of both sides when a broadcast began, where the state does not know; say of how many.

    Shapes: state only names the topics of which that is so; they are left out in any case. Who was online
        altogether is kept from the begin on.
    """
    sessions = 0
    for held, expected in _both(state, log):
        topics = held.pop("unbegun", [])
        sessions += bool(topics)
        for side in (held, expected):
            begun_ms = side.get("begun_ms", {})
            for topic in topics:
                begun_ms.pop(topic, None)
            if not begun_ms:
                side.pop("begun_ms", None)
            if VIEWERS_TOPIC in topics:
                side.pop("watched", None)
    if not sessions:
        return []
    return [
        f"when {sessions} broadcasts began cannot be compared: a version that did not keep it began them"
    ]


def drop_unknown_turns(state: Tree, log: Tree) -> list[str]:
    """Leave out of both sides the turns of a broadcast, where the state does not know all; say of how many.

    Shapes: state only says whether that is so; that is left out in any case.
    """
    sessions = 0
    for held, expected in _both(state, log):
        if held.pop("unturned", False):
            sessions += 1
            for side in (held, expected):
                side.get("lifecycle", {}).pop("turns", None)
    if not sessions:
        return []
    return [
        f"the turns of {sessions} broadcasts cannot be compared: a version that kept the last of each kind"
        " began them"
    ]


def _both(state: Tree, log: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Every session of either side, with an empty one where it has none."""
    left, right = _sessions(state), _sessions(log)
    for name in sorted({*left, *right}):
        yield left.get(name, {}), right.get(name, {})


def _sessions(form: Mapping[str, Any]) -> dict[tuple[str, str], Tree]:
    return {
        (host, name): session
        for host, of in form["hosts"].items()
        for name, session in of.get("sessions", {}).items()
    }


def _last_ms(session: Mapping[str, Any]) -> int:
    """When something of a session was told last, as far as it says so."""
    senses = session.get("senses", {})
    single = [*senses.get("facts", ()), *senses.get("samples", ())]
    return max([*map(int, session.get("panes", ())), *(one[0] for one in single)], default=0)


def _drop_minutes(session: Tree, first_ms: int) -> None:
    senses = session.get("senses", {})
    held = [(session, name) for name in BY_TIME]
    held += [(senses, "minutes"), (senses.get("unexplained", {}), "minutes")]
    for where, name in held:
        kept = {at: of for at, of in where.pop(name, {}).items() if int(at) >= first_ms}
        if kept:
            where[name] = kept
    if not session.get("senses", True):
        del session["senses"]
