"""What comments meant, in the canonical form of a state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamproc.tally.model import SessionTally
from streamproc.tally.senses import Asked, Pair
from streamproc.tally.timing import MINUTE_MS

Tree = dict[str, Any]


def canonical_senses(tally: SessionTally) -> Tree:
    """What the comments of a session meant; of unique counts only exact ones.

    Shapes: ``{"totals", "minutes", "unexplained", "samples", "facts", "spoken", "evidence",
        "versions"}``; minutes by the text of their begin in milliseconds; hashes in hexadecimal.
    """
    senses = tally.senses
    minutes = {str(number * MINUTE_MS): each for number, each in tally.minutes.items()}
    evidence: dict[str, Tree] = {}
    for (label, subject), kept in senses.evidence.items():
        shown = [[*each[:3], _hex(each[3]), each[4]] for each in kept]
        evidence.setdefault(label, {})[subject] = shown
    return {
        "totals": _asked(senses.asked),
        "minutes": {at: _asked(each.asked) for at, each in minutes.items()},
        "unexplained": {
            "total": senses.unexplained,
            "minutes": {at: each.unexplained for at, each in minutes.items()},
        },
        "samples": [list(each) for each in senses.samples],
        "facts": [[*each[:5], _hex(each.told), each.shown] for each in senses.facts],
        "spoken": [[*each[:3], list(each.labels), each.subject] for each in senses.spoken],
        "evidence": evidence,
        "versions": sorted(senses.versions),
    }


def _asked(asked: Mapping[Pair, Asked]) -> Tree:
    tree: dict[str, Tree] = {}
    for (label, subject), each in asked.items():
        users, weighed = each.people()
        tree.setdefault(label, {})[subject] = {
            "comments": each.comments,
            "users": users.count() if users.exact else 0,
            "weighed": weighed.count() if weighed.exact else 0,
        }
    return tree


def _hex(number: int) -> str:
    return f"{number:016x}"
