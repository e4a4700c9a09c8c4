"""What is answered about the comments of one broadcast, computed from its tally alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from streamproc.tally.model import SessionTally
from streamproc.tally.senses import Asked, Pair
from streamproc.tally.session_sense import Fact
from streamproc.tally.uniques import union

Tree = dict[str, Any]


def comments_answer(tally: SessionTally) -> Tree:
    """What viewers asked, and what host and staff said of stock.

    Shapes: ``intents`` by label; ``products`` by subject, then label, of what comments mentioned:
        "p:<product>", "l:<link number>", "*" for those that there was no room for. ``facts`` by time,
        the newest only. Nothing that was damped is left out here.
    """
    senses = tally.senses
    by_label: defaultdict[str, list[Asked]] = defaultdict(list)
    products: defaultdict[str, Tree] = defaultdict(dict)
    for (label, subject), asked in senses.asked.items():
        by_label[label].append(asked)
        if subject:
            products[subject][label] = counted([asked])
    return {
        "intents": {label: counted(of_label) for label, of_label in by_label.items()},
        "products": dict(products),
        "unexplained": senses.unexplained,
        "facts": [_fact(each) for each in senses.facts],
        "lexicon_versions": sorted(senses.versions),
    }


def asked_between(tally: SessionTally, first_minute: int, minutes: int) -> Mapping[Pair, Tree]:
    """What viewers asked in whole minutes, by label and subject. Shapes: minutes since 1970."""
    told: defaultdict[Pair, list[Asked]] = defaultdict(list)
    for number in range(first_minute, first_minute + minutes):
        minute = tally.minutes.get(number)
        for pair, asked in () if minute is None else minute.asked.items():
            told[pair].append(asked)
    return {pair: counted(of_pair) for pair, of_pair in told.items()}


def counted(told: Sequence[Asked]) -> Tree:
    """Several counts as one: comments, different users, and whether these are approximate."""
    users = union(each.people()[0] for each in told)
    return {
        "comments": sum(each.comments for each in told),
        "users": users.count(),
        "approximate": not users.exact,
    }


def _fact(fact: Fact) -> Tree:
    return {
        "at_ms": fact.at_ms,
        "role": fact.role,
        "polarity": fact.polarity,
        "subject": fact.subject,
        "text": fact.shown,
    }
