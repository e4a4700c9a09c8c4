"""Does what a state and the dead letters say agree with what was truly sent?"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from streamproc.errors import BadInput
from streamproc.simulate.book import LINE_FIGURES, LineBook
from streamproc.simulate.differences import Position, different_letters, different_totals
from streamproc.simulate.emission import GARBAGE, PEOPLE, Figures
from streamproc.simulate.ledger import Acked, Header, NotAcked, Sent, digest_of, read_ledger
from streamproc.simulate.truth import Totals, TotalsByHost, add_figures

_Identity = tuple[str, str | None, str]
_RUN_AGAIN = (
    "name the whole ledger, beside its own totals; if it is lost, simulate again on new topics"
)


class LogEntry(Protocol):
    """A record as the log holds it."""

    @property
    def topic(self) -> str:
        """Its topic."""
        ...

    @property
    def partition(self) -> int:
        """Its partition."""
        ...

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its key."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its value."""
        ...


@dataclass
class _Story:
    """A ledger, read through."""

    sends: int = 0
    garbage: dict[Position, _Identity] = field(default_factory=dict)
    unknown: list[Sent] = field(default_factory=list)
    lost: list[Sent] = field(default_factory=list)

    @property
    def garbage_identities(self) -> set[_Identity]:
        """Every kind of bytes that was sent as garbage."""
        spoilt = [_identity(sent) for sent in self.unknown if _is_garbage(sent)]
        return {*self.garbage.values(), *spoilt}


def check(
    ledger_path: Path,
    totals: Totals,
    held: Mapping[str, Mapping[str, Any]],
    dead_letters: Set[Position],
    log: Iterable[LogEntry] | None = None,
) -> list[str]:
    """What differs between truth and state, and between garbage and dead letters; empty if nothing.

    Shapes: ``held`` are the totals that the state holds, by ``host/session`` (:func:`totals_of` makes
    them of a canonical form). How many people stand behind them is compared where the state knows it
    exactly, and if everything was sent. ``dead_letters`` are origins. ``log`` is read once, and only
    if sends with an unknown outcome, or dead letters that nobody sent, leave a doubt that it can settle.
    Errors: ``BadInput`` if the ledger does not hold every send that the totals count, or is none;
        ``BadSetting`` if it cannot be read.
    """
    story = _read(ledger_path)
    if story.sends != totals.emitted:
        raise BadInput(
            f"the ledger holds {story.sends:,} sends, its totals tell of {totals.emitted:,}:"
            " it is cut off, or the totals are another run's",
            where=str(ledger_path),
            hint=_RUN_AGAIN,
        )
    doubts = bool(story.unknown) or not dead_letters <= story.garbage.keys()
    found: list[str] = []
    if doubts and log is not None:
        _settle(story, log)
    elif story.unknown:
        found.append(f"{len(story.unknown)} sends have an unknown outcome; only the log can tell")
    expected = _landed(totals, story.lost, ledger_path)
    if story.lost:
        held = {name: _sums_of(figures) for name, figures in held.items()}
    else:
        _add_people(expected, totals.uniques, held)
    found += different_totals(expected, held)
    found += different_letters(story.garbage.keys(), dead_letters)
    return found


def totals_of(canonical: Mapping[str, Any]) -> dict[str, Figures]:
    """The totals in a canonical form, and how many people it knows exactly, by ``host/session``."""
    return {
        f"{host}/{session}": {**each["totals"], **_people(each)}
        for host, entry in canonical["hosts"].items()
        for session, each in entry.get("sessions", {}).items()
        if each.get("totals")
    }


def _people(session: Mapping[str, Any]) -> Figures:
    return {name: n for name, n in session.get("uniques", {}).items() if name in PEOPLE}


def _sums_of(figures: Mapping[str, Any]) -> Figures:
    return {name: value for name, value in figures.items() if name not in PEOPLE}


def _add_people(
    expected: TotalsByHost, uniques: TotalsByHost, held: Mapping[str, Mapping[str, Any]]
) -> None:
    for host, sessions in uniques.items():
        for session, people in sessions.items():
            known = held.get(f"{host}/{session}", {})
            figures = expected.setdefault(host, {}).setdefault(session, {})
            figures.update({name: n for name, n in people.items() if name in known})


def _read(path: Path) -> _Story:
    """Match every record with its outcome; one without any is unknown."""
    story = _Story()
    waiting: dict[int, Sent] = {}
    for line in read_ledger(path):
        match line:
            case Header():
                continue
            case Sent():
                story.sends += 1
                waiting[line.seq] = line
            case Acked():
                for offset, seq in enumerate(line.seqs, line.base_offset):
                    sent = _taken(waiting, seq, path)
                    if _is_garbage(sent):
                        story.garbage[line.topic, line.partition, offset] = _identity(sent)
            case NotAcked():
                fate = story.lost if line.certain else story.unknown
                fate += [_taken(waiting, seq, path) for seq in line.seqs]
    story.unknown += waiting.values()
    return story


def _taken(waiting: dict[int, Sent], seq: int, path: Path) -> Sent:
    """The record that an outcome is about."""
    sent = waiting.pop(seq, None)
    if sent is None:
        raise BadInput(
            f"the ledger tells what became of record {seq}, but not that it was sent",
            where=str(path),
            hint=_RUN_AGAIN,
        )
    return sent


def _settle(story: _Story, log: Iterable[LogEntry]) -> None:
    """Find the unknown records in the log, and garbage that a retry wrote twice."""
    unknown: dict[_Identity, list[Sent]] = defaultdict(list)
    for sent in story.unknown:
        unknown[_identity(sent)].append(sent)
    spoilt = story.garbage_identities
    for entry in log:
        key = None if entry.key is None else entry.key.decode(errors="replace")
        identity = (entry.topic, key, digest_of(entry.value))
        if identity in spoilt:
            story.garbage[entry.topic, entry.partition, entry.offset] = identity
        unknown.pop(identity, None)
    story.lost += [sent for sents in unknown.values() for sent in sents]
    story.unknown = []


def _landed(totals: Totals, lost: list[Sent], path: Path) -> TotalsByHost:
    """The true totals without events of which no copy reached the log."""
    hosts = copy.deepcopy(totals.hosts)
    missing = {sent.event_id: sent for sent in lost if sent.adds or sent.fact}
    if missing:
        for event_id in _copied(path, set(missing), {sent.seq for sent in lost}):
            missing.pop(event_id, None)
    for sent in missing.values():
        add_figures(hosts[sent.host_id][sent.session_id], sent.adds or {}, sign=-1)
    if any(sent.fact for sent in missing.values()):
        _tell_lines_again(hosts, path, missing.keys())
    return hosts


def _tell_lines_again(hosts: TotalsByHost, path: Path, missing: Set[str]) -> None:
    """The figures of order lines without the facts that are missing."""
    book = LineBook()
    for line in read_ledger(path):
        if isinstance(line, Sent) and line.fact is not None and line.event_id not in missing:
            book.add((line.host_id, line.session_id), line.fact)
    for sessions in hosts.values():
        for figures in sessions.values():
            for name in LINE_FIGURES:
                figures.pop(name, None)
    for (host_id, session_id), told in book.figures():
        hosts.setdefault(host_id, {}).setdefault(session_id, {}).update(told)


def _copied(path: Path, event_ids: set[str], lost: set[int]) -> Iterator[str]:
    """Those of the events that were sent again, with success."""
    for line in read_ledger(path):
        if not isinstance(line, Sent) or _is_garbage(line):
            continue
        if line.event_id in event_ids and line.seq not in lost:
            yield line.event_id


def _is_garbage(sent: Sent) -> bool:
    return sent.label.startswith(GARBAGE)


def _identity(sent: Sent) -> _Identity:
    return sent.topic, sent.key, sent.sha256
