"""What a run ends with: one object for scripts, and whether all holds."""

from __future__ import annotations

from typing import Any

from tests.chaos.plan import Kind
from tests.chaos.run import Options, Outcome

ENOUGH_FREEZES = 6
"""So many zombies, and one of them at least held a flush back when it froze."""


def result(options: Options, outcome: Outcome) -> dict[str, Any]:
    """The outcome for scripts."""
    verdict = outcome.verdict
    return {
        "faults": outcome.faults.total(),
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "stale_writes_ignored": verdict.stale_writes_ignored,
        "digest_equal": verdict.is_digest_equal,
        "seed": options.seed,
        "ok": is_ok(options, outcome),
        "defects": len(verdict.defects),
        "by_kind": dict(outcome.faults),
        "exits": {str(code): count for code, count in sorted(outcome.exits.items())},
        "records": verdict.records,
        "dead_letters": verdict.dead_letters,
        "dead_letters_repeated": verdict.dead_letters_repeated,
        "stale_claims_ignored": verdict.stale_claims_ignored,
        "stale_records_seen_by_workers": outcome.stale_records_seen,
        "epochs": verdict.epochs,
        "flushes": verdict.flushes,
        "compacted": verdict.compacted,
        "tallies_seen": outcome.tallies_seen,
        "alert_steps": outcome.alert_steps,
        "workers": options.workers,
        "partitions": options.partitions,
        "seconds": round(outcome.duration_s),
        "digest": verdict.state_digest,
    }


def is_ok(options: Options, outcome: Outcome) -> bool:
    """True if all holds that must."""
    verdict = outcome.verdict
    return (
        outcome.faults.total() >= options.faults
        and has_seen_zombies(outcome)
        and (options.compact_after_s is None or verdict.compacted > 0)
        and verdict.is_digest_equal
        and not (verdict.defects or verdict.lost or verdict.doubled)
    )


def has_seen_zombies(outcome: Outcome) -> bool:
    """True if zombies wrote what was then ignored, or too few workers froze to expect that."""
    few = outcome.faults[Kind.FREEZE] < ENOUGH_FREEZES
    verdict = outcome.verdict
    # what they wrote and compaction took, workers saw before
    seen = verdict.stale_writes_ignored or (verdict.compacted and outcome.stale_records_seen)
    return few or seen > 0
