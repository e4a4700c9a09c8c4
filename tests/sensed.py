"""Comments whose text spells what it means, so that a test says all of it: ``s L`` is out of lychees."""

from __future__ import annotations

from typing import Final, NamedTuple

LABELS: Final = {
    "r": "restock_request",
    "s": "stockout_report",
    "a": "availability_question",
    "c": "coupon_question",
    "x": "complaint",
    "p": "praise",
    "b": "purchase_intent",
    "!": "spam",
}
POLARITIES: Final = {"out": "out", "in": "in", "un": "unknown"}
ALIASES: Final = {"L": "p-1", "l": "p-1", "M": "p-2"}
UNEXPLAINED: Final = "?"
NOISE: Final = "~"
"""Begins a word that copies of a text may differ in."""

VERSION: Final = "spelled"


class Spelled(NamedTuple):
    """What a text spells."""

    labels: tuple[str, ...]
    polarity: str | None
    mention: str | int | None
    unexplained: bool
    burst: str


def spelled(text: str) -> Spelled:
    """The meaning of a text: its words are labels, a polarity, an alias, ``#`` and a link number."""
    words = text.split()
    labels = tuple(label for word, label in LABELS.items() if word in words)
    mentions = [_mention(word) for word in words if word in ALIASES or word.startswith("#")]
    return Spelled(
        labels=labels or ("other",),
        polarity=next((POLARITIES[word] for word in words if word in POLARITIES), None),
        mention=mentions[0] if mentions else None,
        unexplained=UNEXPLAINED in words,
        burst=" ".join(ALIASES.get(word, word) for word in words if word[0] != NOISE),
    )


def _mention(word: str) -> str | int:
    return ALIASES[word] if word in ALIASES else int(word[1:])
