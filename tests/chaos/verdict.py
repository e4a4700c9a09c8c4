"""What must hold after the faults: ledger = log = state, read by plain readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamproc.cli.comment_reading import classifier_of
from streamproc.comparison import drop_unlike_senses
from streamproc.events.registry import INPUT_TOPICS
from streamproc.oracle.batch import LogRecord, compute, differences, digest
from streamproc.program.canonical import canonical
from streamproc.settings import Settings
from streamproc.verification import words_of
from tests.changelog_view import ChangelogView, read_changelogs
from tests.chaos.load import Load, Origin
from tests.kafka_log import Record, committed_offsets, read_topic

COUNTED = ("applied", "duplicate", "rejected", "late")
EVENT_FIGURES = ("paid_lines", "comments", "joins")


@dataclass
class Verdict:
    """What was found; ``defects`` is empty if all holds.

    Shapes: ``compacted`` are the records of the changelog that compaction took.
    """

    records: int = 0
    lost: int = 0
    doubled: int = 0
    stale_writes_ignored: int = 0
    stale_claims_ignored: int = 0
    epochs: int = 0
    flushes: int = 0
    compacted: int = 0
    dead_letters: int = 0
    dead_letters_repeated: int = 0
    state_digest: str = ""
    oracle_digest: str = ""
    defects: list[str] = field(default_factory=list)

    @property
    def is_digest_equal(self) -> bool:
        return bool(self.state_digest) and self.state_digest == self.oracle_digest

    def demand(self, holds: bool, otherwise: str) -> None:
        """Note a defect unless it holds."""
        if not holds:
            self.defects.append(otherwise)


async def changelog_views(bootstrap: str, app_id: str, partitions: int) -> list[ChangelogView]:
    """Every changelog partition, as any reader sees it."""
    return await read_changelogs(bootstrap, f"{app_id}-state-changelog", partitions)


async def judge(bootstrap: str, app_id: str, partitions: int, load: Load) -> Verdict:
    """Compare the ledger with the log, the log with the state, garbage with dead letters."""
    verdict = Verdict()
    numbers = range(partitions)
    log = [r for topic in INPUT_TOPICS for r in await read_topic(bootstrap, topic, numbers)]
    verdict.records = len(log)
    _ledger_and_log(verdict, load, log)
    views = await changelog_views(bootstrap, app_id, partitions)
    committed = await committed_offsets(bootstrap, app_id, INPUT_TOPICS, partitions)
    _fences(verdict, views, log, committed)
    _states(verdict, views, log, load)
    letters = [
        letter
        for topic in INPUT_TOPICS
        for letter in await read_topic(bootstrap, f"{topic}.dlq", numbers)
    ]
    _dead_letters(verdict, letters, load)
    return verdict


def _ledger_and_log(verdict: Verdict, load: Load, log: Iterable[Record]) -> None:
    held = {(r.topic, r.partition, r.offset): (r.key, r.value) for r in log}
    missing = [at for at, sent in load.acked.items() if held.get(at) != (sent.key, sent.value)]
    verdict.demand(not missing, f"{len(missing)} acknowledged records are not in the log")
    extra = len(held) - len(load.acked)
    verdict.demand(extra <= load.unknown, f"{extra} records in the log were never sent")


def _fences(
    verdict: Verdict,
    views: list[ChangelogView],
    log: Iterable[Record],
    committed: Mapping[tuple[str, int], int | None],
) -> None:
    ends: dict[tuple[str, int], int] = {}
    for record in log:
        ends[record.topic, record.partition] = record.offset + 1
    for number, view in enumerate(views):
        verdict.stale_writes_ignored += view.stale_writes
        verdict.stale_claims_ignored += view.stale_claims
        verdict.epochs += len(view.epochs)
        verdict.flushes += view.flushes
        verdict.compacted += view.compacted
        verdict.defects += view.problems
        verdict.demand(not view.unhealed, f"partition {number}: {view.unhealed} were not healed")
        positions = {} if view.fence is None else view.fence.positions
        for topic in INPUT_TOPICS:
            source, end = (topic, number), ends.get((topic, number), 0)
            position = positions.get(topic)
            fence = position.next_offset if position else 0
            verdict.demand(fence == end, f"{source}: the fence is {fence}, the log ends at {end}")
            verdict.lost += max(0, end - fence)
            verdict.demand(
                (committed.get(source) or 0) <= fence,
                f"{source}: {committed.get(source)} is committed, the fence is {fence}",
            )
            if position is not None:
                verdict.lost += max(0, position.unaccounted)
                verdict.doubled += max(0, -position.unaccounted)
                verdict.demand(position.absent == 0, f"{source}: {position.absent} are absent")


def _states(
    verdict: Verdict, views: list[ChangelogView], log: Iterable[Record], load: Load
) -> None:
    state = {
        **canonical(pair for view in views for pair in view.state.items()),
        "accounting": _accounting(views),
    }
    words = words_of(classifier_of(Settings()))
    records = (
        LogRecord(r.topic, r.partition, r.offset, r.key, r.value, r.timestamp_ms) for r in log
    )
    expected = compute(records, words.reading)
    unlike = drop_unlike_senses(state, expected, words.version)
    verdict.demand(not unlike, f"what comments meant is not compared: {unlike}")
    verdict.state_digest, verdict.oracle_digest = digest(state), digest(expected)
    found = differences(state, expected)
    verdict.demand(not found, "state | oracle over the log:\n  " + "\n  ".join(found))
    for name, tree in (("state", state), ("oracle over the log", expected)):
        lost, doubled, told = _against_ledger(tree["hosts"], load)
        verdict.demand(not told, f"{name} | ledger:\n  " + "\n  ".join(told[:20]))
        if name == "state":
            verdict.lost += lost
            verdict.doubled += doubled


def _accounting(views: list[ChangelogView]) -> dict[str, dict[str, dict[str, int]]]:
    accounting: dict[str, dict[str, dict[str, int]]] = {}
    for number, view in enumerate(views):
        for topic, position in (view.fence.positions if view.fence else {}).items():
            counts = {name: getattr(position, name) for name in COUNTED if getattr(position, name)}
            if counts:
                accounting.setdefault(topic, {})[str(number)] = counts
    return accounting


def _against_ledger(hosts: Mapping[str, Any], load: Load) -> tuple[int, int, list[str]]:
    """How many events are lost and doubled, and every figure that differs."""
    held = {
        (host, session): entry.get("totals", {})
        for host, sessions in hosts.items()
        for session, entry in sessions.get("sessions", {}).items()
    }
    lost = doubled = 0
    told = []
    figures = load.figures()
    for at in sorted({*held, *figures}):
        have, true = held.get(at, {}), _without_zeros(figures.get(at, {}))
        told += [f"{at} / {line}" for line in differences(have, true)]
        for name in EVENT_FIGURES:
            missing = int(str(true.get(name, 0))) - int(have.get(name, 0))
            lost += max(0, missing)
            doubled += max(0, -missing)
    return lost, doubled, told


def _without_zeros(figures: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in figures.items() if value}


def _dead_letters(verdict: Verdict, letters: list[Record], load: Load) -> None:
    garbage = {at: sent for at, sent in load.acked.items() if sent.is_garbage}
    origins: set[Origin] = set()
    for letter in letters:
        origin = _origin(letter)
        origins.add(origin)
        sent = garbage.get(origin)
        if sent is not None:
            whole = sent.value if sent.key or sent.value is not None else b""
            kept = (letter.key, letter.value) == (sent.key, whole)
            verdict.demand(kept, f"the dead letter of {origin} is not what was sent")
    verdict.dead_letters = len(origins)
    verdict.dead_letters_repeated = len(letters) - len(origins)
    missing = [f"{at} ({garbage[at].label})" for at in sorted(garbage.keys() - origins)]
    verdict.demand(not missing, f"{len(missing)} dead letters are missing: {missing[:10]}")
    surplus = sorted(origins - garbage.keys())
    verdict.demand(not surplus, f"{len(surplus)} dead letters are no garbage: {surplus[:10]}")


def _origin(letter: Record) -> Origin:
    told = {name: value or b"" for name, value in letter.headers}
    return (
        told["dlq.origin.topic"].decode(),
        int(told["dlq.origin.partition"]),
        int(told["dlq.origin.offset"]),
    )
