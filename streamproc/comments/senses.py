"""What the tallies need of a comment: what it asks, about what, and whether others wrote the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from xxhash import xxh3_64_hexdigest

from streamproc.comments.classifier import Classifier
from streamproc.comments.labels import ALARMS, AVAILABILITY, OTHER, RESTOCK, STOCKOUT
from streamproc.comments.memo import MOST_REMEMBERED, MemoOfMany

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
_CHINESE: Final = "零〇一二三四五六七八九幺"
_DIGIT: Final = rf"[\d⓪①-⑨{_CHINESE}]"
_NUMBER: Final = re.compile(
    rf"{_DIGIT}(?:[\W_]{{0,3}}{_DIGIT}){{10,}}"  # as long as a telephone's, with any signs in between
    r"|\d(?:[ -]?\d){6,}"
)


class Asks:
    """What a comment counts under.

    Shapes: ``labels`` without "other"; ``subject`` is "p:<product>", "l:<link number>" or "", not
        resolved. Equal ones are the same object.
    """

    __slots__ = ("labels", "subject")

    def __init__(self, labels: tuple[str, ...], subject: str) -> None:
        self.labels = labels
        self.subject = subject


class Sense:
    """What one text means to the tallies, in no room.

    Shapes: ``labels`` of the reading; ``asks`` is None if it counts under none; ``mention`` is a
        product or link number, ``subject`` the same as one text, neither resolved; ``polarity`` is
        out, in, unknown or None; ``stock`` says whether host or staff who write it tell a fact of
        stock. ``burst`` is the same for texts that differ only in spelling, noise and which name of a
        product they use; ``typed`` says that many may well type it alike. ``shown`` is the masked
        text, empty where nobody keeps it.
    """

    __slots__ = (
        "asks", "burst", "labels", "mention", "polarity", "shown", "spam", "stock", "subject",
        "typed", "unexplained",
    )  # fmt: skip

    def __init__(
        self,
        text: str,
        labels: tuple[str, ...],
        polarity: str | None,
        mention: str | int | None,
        unexplained: bool,
    ) -> None:
        self.labels = labels
        self.mention = mention
        self.subject = _subject(mention)
        self.polarity = polarity
        self.unexplained = unexplained
        self.asks: Asks | None = None
        self.burst = ""
        self.spam = SPAM in labels
        self.stock = polarity in {"out", "in"} or not ALARMS.isdisjoint(labels)
        self.typed = mention is not None and len(text) <= SHORT
        kept = unexplained or self.stock or not EVIDENT.isdisjoint(labels)
        self.shown = masked(text) if kept else ""

    def told(self) -> tuple[str, ...]:
        """The labels it counts under."""
        labels = tuple([label for label in self.labels if label != OTHER])
        back = self.polarity == "in" and ALARMS.isdisjoint(labels)
        return (*labels, RECOVERED) if back else labels


class SenseReader:
    """Reads comments for the tallies, each text once.

    Shapes: ``version`` names the lexicon and catalogue. Errors: none, whatever a comment holds.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.version = classifier.version
        self._classifier = classifier
        self._known = MemoOfMany(self._read)
        self._asks: dict[tuple[tuple[str, ...], str], Asks] = {}

    def read(self, texts: Sequence[str]) -> list[Sense]:
        """The sense of each text, in order."""
        return self._known.of(texts)

    def _read(self, texts: Sequence[str]) -> Iterator[Sense]:
        for at in range(0, len(texts), _BATCH):
            yield from self._made(texts[at : at + _BATCH])

    def _made(self, texts: Sequence[str]) -> list[Sense]:
        read = self._classifier.mentioned(texts)
        made = [
            Sense(text, means.labels, means.polarity, mention, means.unexplained)
            for text, ((means, _, _), mention) in zip(texts, read, strict=True)
        ]
        # only what is told can be a burst
        told = [at for at, sense in enumerate(made) if sense.told()]
        forms = self._classifier.without_names([texts[at] for at in told])
        for at, form in zip(told, forms, strict=True):
            sense = made[at]
            sense.burst = xxh3_64_hexdigest(form.encode())
            sense.asks = self._same(sense.told(), sense.subject)
        return made

    def _same(self, labels: tuple[str, ...], subject: str) -> Asks:
        """The one object for equal ones."""
        if len(self._asks) > MOST_REMEMBERED:
            self._asks.clear()
        return self._asks.setdefault((labels, subject), Asks(labels, subject))


def _subject(named: str | int | None) -> str:
    if named is None:
        return ""
    return f"p:{named}" if isinstance(named, str) else f"l:{named}"


def masked(text: str) -> str:
    """A text as it may be shown: without long numbers, which are people's, and not too long."""
    hidden = _NUMBER.sub("***", text)
    return hidden if len(hidden) <= SHOWN else f"{hidden[: SHOWN - 1]}…"
