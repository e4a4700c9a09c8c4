"""What the comments of one broadcast meant, counted with nothing clever.

What a text means is told by a reading that comes in as a function; this module knows no words. All
comments of a broadcast are kept in the order of the log and looked at again for each count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from xxhash import xxh3_64_hexdigest

from streamproc.events.comments import CommentPosted, Role
from streamproc.oracle.sessions import MINUTE_MS, PANE_MS, Canonical, without_empty
from streamproc.oracle.uniques import member, unique

PAIRS_OF_MINUTE: Final = 64
PAIRS_OF_SESSION: Final = 256
OTHERS: Final = "*"
"""The subject of what comes when all pairs are taken."""

COMMENTS_OF_USER: Final = 20
USERS_OF_TEXT: Final = 3
SHORT_CHARACTERS: Final = 6
USERS_REMEMBERED: Final = 1_024
TEXTS_REMEMBERED: Final = 512

FACTS_KEPT: Final = 16
SPOKEN_KEPT: Final = 32
SAMPLES_KEPT: Final = 8
EVIDENCE_OF_PAIR: Final = 8
PAIRS_WITH_EVIDENCE: Final = 24
CHARACTERS_KEPT: Final = 80

RECOVERED: Final = "recovered"
_ALARMS: Final = {"restock_request", "stockout_report"}
_SHOWN: Final = {
    *("restock_request", "stockout_report", "availability_question"),
    *("coupon_question", "complaint", RECOVERED),
}
"""Labels of which evidence is kept."""
_LONG_NUMBER: Final = re.compile(r"\d(?:[ -]?\d){6,}")
_DIGITS: Final = frozenset("⓪①②③④⑤⑥⑦⑧⑨零〇一二三四五六七八九幺")
_PHONE_DIGITS: Final = 11
_SIGNS_BETWEEN: Final = 3


class Reading(Protocol):
    """What one text means.

    Shapes: ``mention`` is the product (its id) or the link (its number) that the text speaks of;
        ``burst`` is the same of texts that say the same; ``unexplained`` if it speaks of stock and
        nobody knows how.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """What it is about, ``other`` if nothing is known."""
        ...

    @property
    def polarity(self) -> str | None:
        """Which way it speaks of stock."""
        ...

    @property
    def mention(self) -> str | int | None:
        """What it speaks of."""
        ...

    @property
    def unexplained(self) -> bool:
        """Whether it speaks of stock in a way that is not understood."""
        ...

    @property
    def burst(self) -> str:
        """What it has in common with texts that say the same."""
        ...


Reader = Callable[[str], Reading]


class Heard(NamedTuple):
    """One applied comment. Shapes: ``late`` as decided when it came."""

    event: CommentPosted
    partition: int
    offset: int
    late: bool


class _Read(NamedTuple):
    """A comment and what it means. Shapes: ``told`` are the labels under which it is counted."""

    heard: Heard
    reading: Reading
    subject: str
    told: tuple[str, ...]

    @property
    def at(self) -> tuple[int, int]:
        """When it was written, and where it stands in the log."""
        return self.heard.event.occurred_at_ms, self.heard.offset


class _Told(NamedTuple):
    """One label of one comment, under the subject that there was room for."""

    label: str
    subject: str
    user: int | None
    weight: int


@dataclass
class _Pane:
    """What is remembered of the newest ten seconds: who wrote how often, and who wrote what first."""

    number: int = -1
    comments: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)


def senses(heard: Iterable[Heard], read: Reader) -> Canonical:
    """What the comments of one broadcast meant, in canonical form, without what is empty.

    Shapes: comments in the order of the log, all of them applied ->
        ``{"totals", "minutes", "unexplained", "samples", "facts", "spoken", "evidence"}``.
    """
    comments = [_read(each, read) for each in heard if _is_read(each.event)]
    viewers = [each for each in comments if each.heard.event.role is Role.VIEWER]
    others = [each for each in comments if each.heard.event.role is not Role.VIEWER]
    weights = _weights(viewers)
    weighed = list(zip(viewers, weights, strict=True))
    unexplained = [each for each in viewers if each.reading.unexplained]
    return without_empty(
        {
            "totals": _counted(_told(weighed, PAIRS_OF_SESSION)),
            "minutes": without_empty(
                {
                    str(start_ms): _counted(_told(of_minute, PAIRS_OF_MINUTE))
                    for start_ms, of_minute in _by_minute(weighed).items()
                }
            ),
            "unexplained": without_empty(
                {
                    "total": len(unexplained),
                    "minutes": {
                        str(start_ms): len(of_minute)
                        for start_ms, of_minute in _by_minute(
                            [(each, 0) for each in unexplained]
                        ).items()
                    },
                }
            ),
            "samples": [
                [*each.at, masked(each.heard.event.text)]
                for each in sorted(unexplained, key=_when)[-SAMPLES_KEPT:]
            ],
            "facts": [
                _fact(each) for each in sorted(filter(_is_fact, comments), key=_when)[-FACTS_KEPT:]
            ],
            "spoken": _newest_said(map(_spoken, others))[-SPOKEN_KEPT:],
            "evidence": _evidence(weighed),
        }
    )


def masked(text: str) -> str:
    """A text as it may be kept: long numbers are hidden, and it is not long."""
    hidden = _LONG_NUMBER.sub("***", _without_phones(text))
    return hidden if len(hidden) <= CHARACTERS_KEPT else hidden[: CHARACTERS_KEPT - 1] + "…"


def _without_phones(text: str) -> str:
    """A text without runs of eleven digits and more, whatever few signs stand between them."""
    shown, at = "", 0
    while at < len(text):
        places = [at] if _is_digit(text[at]) else []
        while places:
            ahead = range(places[-1] + 1, min(len(text), places[-1] + 2 + _SIGNS_BETWEEN))
            found = next((place for place in ahead if text[place].isalnum()), None)
            if found is None or not _is_digit(text[found]):
                break
            places.append(found)
        if len(places) >= _PHONE_DIGITS:
            shown, at = shown + "***", places[-1] + 1
        else:
            shown, at = shown + text[at], at + 1
    return shown


def _is_digit(sign: str) -> bool:
    return sign.isdecimal() or sign in _DIGITS


def _is_read(event: CommentPosted) -> bool:
    return not event.mirrored and event.role is not Role.OTHER


def _read(heard: Heard, read: Reader) -> _Read:
    reading = read(heard.event.text)
    told = [label for label in reading.labels if label != "other"]
    if reading.polarity == "in" and not _ALARMS & set(reading.labels):
        told.append(RECOVERED)
    return _Read(heard, reading, _subject(heard.event, reading), tuple(told))


def _subject(event: CommentPosted, reading: Reading) -> str:
    if event.product_id is not None:
        return f"p:{event.product_id}"
    if isinstance(reading.mention, str):
        return f"p:{reading.mention}"
    return "" if reading.mention is None else f"l:{reading.mention}"


def _when(comment: _Read) -> tuple[int, int]:
    return comment.at


def _by_minute(
    comments: Iterable[tuple[_Read, int]],
) -> dict[int, list[tuple[_Read, int]]]:
    """The comments that were not late, by the start of their minute."""
    minutes = defaultdict(list)
    for comment, weight in comments:
        if not comment.heard.late:
            minutes[comment.at[0] // MINUTE_MS * MINUTE_MS].append((comment, weight))
    return minutes


def _told(comments: Iterable[tuple[_Read, int]], pairs_most: int) -> Iterator[_Told]:
    """Every label of every comment; a new pair of label and subject only while there is room."""
    pairs: set[tuple[str, str]] = set()
    for comment, weight in comments:
        user_key = comment.heard.event.user_key
        user = None if user_key is None else member(user_key)
        for label in comment.told:
            yield _Told(label, _held(pairs, label, comment.subject, pairs_most), user, weight)


def _held(pairs: set[tuple[str, str]], label: str, subject: str, pairs_most: int) -> str:
    """The subject itself if its pair is held, or can be from now on."""
    if (label, subject) not in pairs:
        if len(pairs) >= pairs_most:
            return OTHERS
        pairs.add((label, subject))
    return subject


def _counted(told: Iterable[_Told]) -> Canonical:
    """Comments, users and weighed users by label and subject; of users exact numbers only."""
    pairs: dict[str, dict[str, list[_Told]]] = defaultdict(lambda: defaultdict(list))
    for each in told:
        pairs[each.label][each.subject].append(each)
    return {
        label: {subject: _numbers(of_pair) for subject, of_pair in subjects.items()}
        for label, subjects in pairs.items()
    }


def _numbers(told: Sequence[_Told]) -> Canonical:
    users = unique({each.user for each in told if each.user is not None})
    weighed = unique({each.user for each in told if each.user is not None and each.weight})
    return without_empty(
        {
            "comments": len(told),
            "users": 0 if users.approximate else users.number,
            "weighed": 0 if weighed.approximate else weighed.number,
        }
    )


def _weights(comments: Iterable[_Read]) -> list[int]:
    """The weight of each viewer's comment, 1 or 0."""
    pane = _Pane()
    weights = []
    for comment in comments:
        user_key, number = comment.heard.event.user_key, comment.at[0] // PANE_MS
        if comment.heard.late or user_key is None:
            weights.append(0)
            continue
        if number > pane.number:
            pane = _Pane(number)
        damped = "spam" in comment.reading.labels
        if number == pane.number:
            flooding = _is_flooding(pane, user_key)
            repeated = bool(comment.told) and _is_repeated(pane, comment, user_key)
            damped = damped or flooding or repeated
        weights.append(0 if damped else 1)
    return weights


def _is_flooding(pane: _Pane, user_key: str) -> bool:
    """Whether somebody wrote too often; this comment counts from now on."""
    if user_key not in pane.comments and len(pane.comments) >= USERS_REMEMBERED:
        return False
    pane.comments[user_key] = pane.comments.get(user_key, 0) + 1
    return pane.comments[user_key] > COMMENTS_OF_USER


def _is_repeated(pane: _Pane, comment: _Read, user_key: str) -> bool:
    """Whether enough others wrote the same before; this comment counts from now on."""
    text = comment.reading.burst
    if text not in pane.first and len(pane.first) >= TEXTS_REMEMBERED:
        return False
    first = pane.first.setdefault(text, [])
    if user_key in first:
        return False
    if len(first) < USERS_OF_TEXT:
        first.append(user_key)
        return False
    is_short = len(comment.heard.event.text) <= SHORT_CHARACTERS
    return not (is_short and comment.reading.mention is not None)


def _is_fact(comment: _Read) -> bool:
    """Whether host or staff say something of stock."""
    if comment.heard.event.role is Role.VIEWER:
        return False
    return comment.reading.polarity in {"out", "in"} or bool(
        _ALARMS.intersection(comment.reading.labels)
    )


def _fact(comment: _Read) -> list[Any]:
    event = comment.heard.event
    said = (event.role.value, comment.reading.polarity or "unknown", comment.subject)
    return [*comment.at, *said, xxh3_64_hexdigest(event.event_id.encode()), masked(event.text)]


def _newest_said(spoken: Iterable[list[Any]]) -> list[list[Any]]:
    """Of what says the same of the same, the newest; ascending."""
    newest: dict[tuple[tuple[str, ...], str], list[Any]] = {}
    for each in sorted(spoken):
        newest[tuple(each[3]), each[4]] = each
    return sorted(newest.values())


def _spoken(comment: _Read) -> list[Any]:
    role = comment.heard.event.role.value
    return [*comment.at, role, list(comment.told), comment.subject]


def _evidence(comments: Iterable[tuple[_Read, int]]) -> Canonical:
    """The newest weighty comments of each pair, of the pairs with the newest of them."""
    pairs: set[tuple[str, str]] = set()
    kept: dict[tuple[str, str], list[list[Any]]] = {}
    for comment, weight in comments:
        event = comment.heard.event
        for label in comment.told:
            subject = _held(pairs, label, comment.subject, PAIRS_OF_SESSION)
            if not weight or label not in _SHOWN or event.user_key is None:
                continue
            user_hash = xxh3_64_hexdigest(event.user_key.encode())
            entry = [*comment.at, comment.heard.partition, user_hash, masked(event.text)]
            newest = sorted([*kept.get((label, subject), []), entry])
            kept[label, subject] = newest[-EVIDENCE_OF_PAIR:]
            if len(kept) > PAIRS_WITH_EVIDENCE:
                oldest = min(kept, key=lambda pair: (kept[pair][-1][:2], pair))
                del kept[oldest]
    shown: Canonical = {}
    for (label, subject), entries in kept.items():
        shown.setdefault(label, {})[subject] = entries
    return shown
