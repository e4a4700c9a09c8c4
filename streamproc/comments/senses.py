"""What the tallies need of a comment: what it asks, about what, and whether others wrote the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from xxhash import xxh3_64_intdigest

from streamproc.comments.classifier import MOST_REMEMBERED, MOST_TOKENS, Classifier, Reading
from streamproc.comments.labels import ALARMS, AVAILABILITY, OTHER, RESTOCK, STOCKOUT

RECOVERED: Final = "recovered"
"""Told of goods that are there again, by a comment that asks for none."""

SPAM: Final = "spam"
SHORT: Final = 6
"""Characters of a text that many type alike without copying."""
SHOWN: Final = 80
"""Characters of a masked text."""
EVIDENT: Final = frozenset(
    {RESTOCK, STOCKOUT, AVAILABILITY, "coupon_question", "complaint", RECOVERED}
)
"""What single comments are kept for."""

_BATCH: Final = 512
_NUMBER: Final = re.compile(r"\d(?:[ -]?\d){6,}")


class Sense:
    """What one text means to the tallies, in no room.

    Shapes: ``told`` are the labels it counts under, without "other"; ``mention`` is "p:<product>",
        "l:<link number>" or "", not resolved; ``polarity`` is out, in, unknown or None; ``stock``
        says whether somebody of the staff who writes it tells a fact of stock. ``burst`` is the same
        for texts that differ in the product only; ``typed`` says that many may well type it alike.
        ``shown`` is the masked text, empty where nobody keeps it.
    """

    __slots__ = (
        "burst", "mention", "polarity", "shown", "spam", "stock", "told", "typed", "unexplained",
    )  # fmt: skip

    def __init__(self, text: str, reading: Reading, named: str | int | None) -> None:
        decision = reading.decision
        labels = tuple([label for label in decision.labels if label != OTHER])
        back = decision.polarity == "in" and ALARMS.isdisjoint(labels)
        self.told: tuple[str, ...] = (*labels, RECOVERED) if back else labels
        self.mention = _mention(named)
        self.polarity = decision.polarity
        self.unexplained = decision.unexplained
        self.spam = SPAM in labels
        self.stock = self.polarity in {"out", "in"} or not ALARMS.isdisjoint(labels)
        self.typed = named is not None and len(text) <= SHORT
        self.burst = 0
        kept = self.unexplained or self.stock or not EVIDENT.isdisjoint(self.told)
        self.shown = masked(text) if kept else ""


class SenseReader:
    """Reads comments for the tallies, each text once.

    Shapes: ``version`` names the lexicon and catalogue. Errors: none, whatever a comment holds.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.version = classifier.version
        self._classifier = classifier
        self._known: dict[str, Sense] = {}

    def read(self, texts: Sequence[str]) -> list[Sense]:
        """The sense of each text, in order."""
        known = self._known
        try:
            return [known[text] for text in texts]
        except KeyError:
            pass
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        found = {text: known[text] for text in texts if text in known}
        for at in range(0, len(missing), _BATCH):
            some = missing[at : at + _BATCH]
            found.update(zip(some, self._made(some), strict=True))
        if len(known) + len(missing) > MOST_REMEMBERED:
            known.clear()
        known.update((text, found[text]) for text in missing if len(text) <= MOST_TOKENS)
        return [found[text] for text in texts]

    def _made(self, texts: Sequence[str]) -> list[Sense]:
        read = self._classifier.mentioned(texts)
        made = [Sense(text, *each) for text, each in zip(texts, read, strict=True)]
        # only what is told can be a burst
        told = [at for at, sense in enumerate(made) if sense.told]
        forms = self._classifier.without_names([texts[at] for at in told])
        for at, form in zip(told, forms, strict=True):
            made[at].burst = xxh3_64_intdigest(form.encode())
        return made


def _mention(named: str | int | None) -> str:
    if named is None:
        return ""
    return f"p:{named}" if isinstance(named, str) else f"l:{named}"


def masked(text: str) -> str:
    """A text as it may be shown: without long numbers, which are people's, and not too long."""
    hidden = _NUMBER.sub("***", text)
    return hidden if len(hidden) <= SHOWN else f"{hidden[: SHOWN - 1]}…"
