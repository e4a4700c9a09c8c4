"""Who asks for a product: different viewers, weighed by what they said and how sure it is of what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from math import sqrt
from typing import Final, NamedTuple

from streamproc.alerts.history import Row
from streamproc.alerts.products import LINK, NAMED, ON_SHOW, UNKNOWN, meant
from streamproc.alerts.room import Room
from streamproc.alerts.shown import SHOWN
from streamproc.comments.labels import AVAILABILITY, RESTOCK, STOCKOUT
from streamproc.comments.senses import RECOVERED
from streamproc.events.orders import FailReason
from streamproc.events.outputs import ShownComment
from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.tally.session_sense import EVIDENCE, Evidence
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques

WINDOW_MS: Final = 120_000
_STRONG: Final = frozenset((RESTOCK, STOCKOUT))
_LABELS: Final = {RESTOCK: 1.0, STOCKOUT: 1.0, AVAILABILITY: 0.2}
_SURE: Final = {NAMED: 1.0, LINK: 1.0, ON_SHOW: 0.5, UNKNOWN: 1.0}
_REFUSED: Final = FailReason.OUT_OF_STOCK.value
_BASELINE_MINUTES: Final = 30
_NEWEST_MINUTES: Final = 3
"""Left out of the baseline: what is asked now must not hide itself."""
_CALM_SHARE: Final = 0.75
"""Of the minutes of the baseline, the calmer ones; the rest may be stock-outs themselves."""


class Said(NamedTuple):
    """One comment about a product."""

    at_ms: int
    offset: int
    partition: int
    label: str
    text: str

    def shown(self) -> ShownComment:
        """As an alert shows it."""
        place = f"{COMMENTS_TOPIC}-{self.partition}-{self.offset}"
        return ShownComment(id=place, at_ms=self.at_ms, label=self.label, text=self.text)


class Heard(NamedTuple):
    """One weighed comment."""

    at_ms: int
    user: int
    weight: float
    is_strong: bool


class Asking:
    """Who asked for one product in the window.

    Shapes: ``heard`` are the comments that are known one by one. Where those are not all, ``many`` are the
        viewers of whole minutes who ask for more or say that it is out, by the minute's number and hashed
        key, with their greatest weight, and ``crowd`` is by minute what they weigh where it is not known
        who they are. ``back`` are times at which viewers said that it is there again. ``via`` counts by how
        the product was known.
    """

    __slots__ = ("back", "comments", "crowd", "heard", "many", "via")

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.many: dict[int, dict[int, float]] = {}
        self.crowd: dict[int, float] = {}
        self.back: dict[int, int] = {}
        self.via: dict[str, int] = {}
        self.comments: list[Said] = []

    def cut(self, since_ms: int) -> None:
        """Forget what was said until a time; of whole minutes it is not known when it was."""
        self.heard = [each for each in self.heard if each.at_ms > since_ms]
        self.comments = [each for each in self.comments if each.at_ms > since_ms]
        self.back = {user: at_ms for user, at_ms in self.back.items() if at_ms > since_ms}
        first = -(-since_ms // MINUTE_MS)
        self.many = {number: each for number, each in self.many.items() if number >= first}
        self.crowd = {number: each for number, each in self.crowd.items() if number >= first}

    def forget_back(self, until_ms: int) -> None:
        """Forget who said until a time that it is there: it ran out since."""
        self.back = {user: at_ms for user, at_ms in self.back.items() if at_ms > until_ms}

    @property
    def count(self) -> int:
        """How many different viewers ask for more or say that it is out."""
        told = {each.user for each in self.heard if each.is_strong}
        return max(len(told.union(*self.many.values())), round(max(self.crowd.values(), default=0)))

    @property
    def newest_ms(self) -> int:
        """When one last did; 0: none did."""
        return max((each.at_ms for each in self.heard if each.is_strong), default=0)

    @property
    def score(self) -> float:
        """What all weigh, each once, less one for each who says that it is there again."""
        return self._score(self.heard, self.many.values(), self.crowd.values()) - len(self.back)

    def since(self, at_ms: int) -> float:
        """The same of comments after a time, as far as they are known one by one."""
        back = sum(1 for back_ms in self.back.values() if back_ms > at_ms)
        return self._score(each for each in self.heard if each.at_ms > at_ms) - back

    def until(self, at_ms: int) -> float:
        """The same of comments until a time, and of minutes that ended by then."""
        last = at_ms // MINUTE_MS
        return self._score(
            (each for each in self.heard if each.at_ms <= at_ms),
            (each for number, each in self.many.items() if number < last),
            (each for number, each in self.crowd.items() if number < last),
        )

    @staticmethod
    def _score(
        heard: Iterable[Heard],
        many: Iterable[Mapping[int, float]] = (),
        crowd: Iterable[float] = (),
    ) -> float:
        told: dict[int, float] = {}
        for _, user, weight, _ in heard:
            if weight > told.get(user, 0.0):
                told[user] = weight
        for each in many:
            for user, weight in each.items():
                if weight > told.get(user, 0.0):
                    told[user] = weight
        return max(sum(told.values()), *crowd, 0.0)

    @property
    def mostly_via(self) -> str:
        """How most of them said which product."""
        return max(self.via, key=lambda via: (self.via[via], via), default=UNKNOWN)

    def newest(self) -> list[ShownComment]:
        """The newest comments, one of each place in the log, ascending."""
        places = {(said.partition, said.offset): said for said in sorted(self.comments)}
        return [said.shown() for said in list(places.values())[-SHOWN:]]

    def hear(self, label: str, via: str, evidence: Evidence) -> None:
        """Weigh one comment."""
        at_ms, offset, partition, user, text = evidence
        if label == RECOVERED:
            self.back[user] = max(at_ms, self.back.get(user, 0))
            return
        is_strong = label in _STRONG
        self.heard.append(Heard(at_ms, user, _LABELS[label] * _SURE[via], is_strong))
        if is_strong:
            self.via[via] = self.via.get(via, 0) + 1
            self.comments.append(Said(at_ms, offset, partition, label, text))

    def hear_many(self, number: int, label: str, via: str, people: Uniques) -> None:
        """Weigh those who asked in a minute."""
        weight = _LABELS[label] * _SURE[via]
        if not people.exact:
            crowd = people.count() * weight
            self.crowd[number] = max(self.crowd.get(number, 0.0), crowd)
            return
        told = self.many.setdefault(number, {})
        for user in people.told:
            if weight > told.get(user, 0.0):
                told[user] = weight


def is_asked(room: Room, least: float) -> bool:
    """Whether so many ask for more or say that something is out, or one who was refused may: cheap.

    Shapes: of three minutes, one counted in each of them.
    """
    number = room.now_ms // MINUTE_MS
    rows = room.history.rows
    strong = weak = 0
    refused = False
    for each in (number, number - 1, number - 2):
        row = rows.get(each)
        if row is None:
            continue
        asked = row.asked_users
        if asked:
            strong += asked.get(RESTOCK, 0) + asked.get(STOCKOUT, 0)
            weak += asked.get(AVAILABILITY, 0)
        if row.failed_by:
            refused = refused or _REFUSED in row.failed_by
    return strong > 0 and (refused or strong + weak * _LABELS[AVAILABILITY] >= least)


def asking(room: Room) -> dict[str, Asking]:
    """Who asked for what in the window, by product, the room for those of whom nobody knows what.

    Shapes: the newest comments of each label and subject are known one by one; where they do not reach
        back to the window's begin, its minutes tell who else asked.
    """
    begin_ms = room.now_ms - WINDOW_MS
    found: dict[str, Asking] = {}
    for (label, subject), kept in room.said.evidence.items():
        if label != RECOVERED and label not in _LABELS:
            continue
        # older ones may be kept or not, as it happens
        newest = sorted(kept)[-EVIDENCE:]
        for each in newest:
            if each[0] > begin_ms:
                product, via = meant(room.floor, subject, each[0])
                found.setdefault(product, Asking()).hear(label, via, each)
        if label in _STRONG and len(newest) == EVIDENCE and newest[0][0] > begin_ms:
            _hear_minutes(room, label, subject, found)
    return found


def _hear_minutes(room: Room, label: str, subject: str, found: dict[str, Asking]) -> None:
    """Weigh everybody of the newest minutes: the open one, and what of the window lies before."""
    number = room.now_ms // MINUTE_MS
    for each in (number - 2, number - 1, number):
        row = room.history.rows.get(each)
        asked = None if row is None else row.asked.get((label, subject))
        if asked is None:
            continue
        product, via = meant(room.floor, subject, each * MINUTE_MS)
        end_ms = min((each + 1) * MINUTE_MS - 1, room.now_ms)
        # of a minute in which it came to mean another product nobody knows who meant which
        if product == meant(room.floor, subject, end_ms).product:
            found.setdefault(product, Asking()).hear_many(each, label, via, asked.people()[1])


class Backdrop:
    """What is usual in a room, computed when it is asked for."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def threshold(self, least: float, share: float, span_ms: int = WINDOW_MS) -> float:
        """How much must be asked for a product in a span so that it stands out here.

        Shapes: the greatest of ``least``, a ``share`` of those who write at all, and what chance makes of
            what is usually asked in the room: m + 4 sqrt(m), where m is expected of the span.
        """
        span_ms = max(0, span_ms)  # it is less where a fast clock told of an order
        usual = self.asked_per_ms * span_ms
        return max(least, share * self.wrote * span_ms / WINDOW_MS, usual + 4 * sqrt(usual))

    @cached_property
    def wrote(self) -> int:
        """How many write, of the open minute and the last."""
        return self._room.history.commenters(self._room.now_ms - MINUTE_MS, self._room.now_ms + 1)

    @cached_property
    def asked_per_ms(self) -> float:
        """How many ask in a millisecond by the calmer minutes of the last half hour."""
        room = self._room
        number = room.now_ms // MINUTE_MS
        first = max(number - _BASELINE_MINUTES, room.begun_ms // MINUTE_MS)
        rows = room.history.rows
        counts = sorted(
            _strong_users(rows.get(each)) for each in range(first, number - _NEWEST_MINUTES + 1)
        )
        calm = counts[: max(1, round(len(counts) * _CALM_SHARE))]
        return sum(calm) / len(calm) / MINUTE_MS if calm else 0.0


def _strong_users(row: Row | None) -> int:
    if row is None:
        return 0
    asked = row.asked_users
    return asked.get(RESTOCK, 0) + asked.get(STOCKOUT, 0) if asked else 0
