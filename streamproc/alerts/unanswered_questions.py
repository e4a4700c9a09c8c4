"""UnansweredQuestions: several people ask the same, and nobody of the house answers in writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Share, ascending
from streamproc.alerts.history import Row
from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.products import subject_of
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.alerts.shown import newest_comments, prompt, short_name
from streamproc.comments.labels import AVAILABILITY
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.senses import OF_LINK, OF_PRODUCT, REST, Asked, Pair
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import union

USAGE: Final = "usage_question"
PRICE: Final = "price_question"
SHIPPING: Final = "shipping_question"
COUPON: Final = "coupon_question"
QUESTIONS: Final = {
    USAGE: "回答：{name}怎么做",
    PRICE: "回答：{name}多少钱",
    SHIPPING: "回答：{name}怎么发货",
    COUPON: "回答：{name}优惠券怎么领",
    AVAILABILITY: "回答：{name}还有没有",
}
"""What is asked, and how a host is reminded of it."""
_QUESTION: Final = "q:"
_P: Final = OF_PRODUCT[0]
_OF_WHAT_IS_SHOWN: Final = frozenset({USAGE, PRICE, AVAILABILITY})
"""Who asks this and names nothing means what is on show."""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a question counts as unanswered."""

    min_users: Count = 5
    """So many people ask the same."""
    min_share: Share = 0.002
    """And so many for each comment that is written meanwhile: a large room has larger questions."""
    clear_users: Count = 2
    """Fewer people still wait."""
    window_ms: DurationMs = 300_000
    """Questions of so long wait, at most of five minutes."""
    for_ms: DurationMs = 90_000
    """An answer may take so long."""

    def __post_init__(self) -> None:
        """Hold the numbers to their order."""
        ascending(clear_users=self.clear_users, min_users=self.min_users)


_Clusters = dict[Pair, list[tuple[Row, Asked]]]
"""By label and subject, the minutes in which it was asked, and by whom."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Which questions wait for an answer."""
    rows = _rows(room, limits)
    opened = room.open_subjects
    labels = _asked_labels(rows, 1 if opened else limits.min_users)
    if not labels and not opened:
        return
    comments = sum([sum(row.comments) for row in rows])
    needed = max(limits.min_users, int(comments * limits.min_share))
    if not opened and not _may_stand_out(rows, labels, needed):
        return
    waiting = set()
    for (label, subject), asked in _clusters(room, rows, labels).items():
        name = f"{_QUESTION}{label}:{subject}"
        least = limits.clear_users if name in opened else needed
        if sum([each.comments for _, each in asked]) < least:
            continue  # there are no more people than comments
        answered_ms = _answered_ms(room, label, subject)
        users = _waiting(asked, answered_ms)
        # who asks after an answer makes it no worse until they are many again
        if users >= needed or (users >= least and answered_ms < _begin_ms(room, limits)):
            waiting.add(name)
            yield Finding(
                name,
                Level.ENTER if users >= needed else Level.HOLD,
                Severity.INFO,
                for_ms=limits.for_ms,
                why={"users": users, "users_needed": needed},
            )
    yield from _answered(room, limits, [name for name in opened if name not in waiting])


def _answered(room: Room, limits: Limits, opened: Sequence[str]) -> Iterator[Finding]:
    """Open alerts that were answered."""
    for name in opened:
        label, subject = _question(name)
        if _answered_ms(room, label, subject) >= _begin_ms(room, limits):
            yield Finding(name, Level.CLEAR, Severity.INFO, over="answered")


def _question(name: str) -> tuple[str, str]:
    """Label and subject of an alert's subject."""
    label, _, subject = name.removeprefix(_QUESTION).partition(":")
    return label, subject


def _begin_ms(room: Room, limits: Limits) -> int:
    """The begin of the first minute whose questions may wait."""
    return ((room.now_ms - limits.window_ms) // MINUTE_MS + 1) * MINUTE_MS


def _rows(room: Room, limits: Limits) -> list[Row]:
    """The minutes whose questions may wait, ascending."""
    rows, newest = room.history.rows, room.now_ms // MINUTE_MS
    first = _begin_ms(room, limits) // MINUTE_MS
    return [rows[number] for number in range(first, newest + 1) if number in rows]


def _asked_labels(rows: list[Row], least: int) -> set[str]:
    """Which questions were asked so often, whatever they were about."""
    told: dict[str, int] = {}
    for row in rows:
        for label, users in row.asked_users.items():
            told[label] = told.get(label, 0) + users
    return {label for label, users in told.items() if users >= least and label in QUESTIONS}


def _questions(row: Row) -> list[tuple[Pair, Asked]]:
    """Who asked which question."""
    return [(pair, asked) for pair, asked in row.asked.items() if pair[0] in QUESTIONS]


def _may_stand_out(rows: list[Row], labels: set[str], needed: int) -> bool:
    """Whether any question can be that of so many: who names no product may mean any."""
    named: dict[Pair, int] = {}
    unnamed = dict.fromkeys(labels, 0)
    for row in rows:
        for pair, asked in row.once(RULE.section, _questions):
            label, told = pair
            if label not in labels:
                continue
            if told and told[0] == _P:
                named[pair] = named.get(pair, 0) + asked.comments
            else:
                unnamed[label] += asked.comments
    if max(unnamed.values()) >= needed:
        return True
    return any([count + unnamed[label] >= needed for (label, _), count in named.items()])


def _clusters(room: Room, rows: list[Row], labels: set[str]) -> _Clusters:
    """The questions of these labels, by what they are about."""
    clusters: _Clusters = {}
    if not labels:
        return clusters
    for row in rows:
        at_ms = min(row.number * MINUTE_MS + MINUTE_MS - 1, room.now_ms)
        for (label, told), asked in row.once(RULE.section, _questions):
            if label in labels and told != REST:
                subject = _about(room, label, told, at_ms)
                clusters.setdefault((label, subject), []).append((row, asked))
    return clusters


def _about(room: Room, label: str, told: str, at_ms: int) -> str:
    """The product that a question was about at a time, where that is known."""
    if told.startswith(OF_PRODUCT):
        return told
    if told.startswith(OF_LINK):
        number = told.removeprefix(OF_LINK)
        linked = room.floor.linked(int(number), at_ms) if number.isdecimal() else None
        return subject_of(linked) if linked else told
    if not told and label in _OF_WHAT_IS_SHOWN:
        shown = room.floor.on_show(at_ms)
        return subject_of(shown) if shown else told
    return told


def _answered_ms(room: Room, label: str, subject: str) -> int:
    """When the house last answered that; 0: it did not.

    Shapes: an answer speaks of the same product and not of another question, or of no product and of
        this question.
    """
    for spoken in reversed(room.said.spoken):
        about = _about(room, "", spoken.subject, spoken.at_ms)
        other = label not in spoken.labels and any(each in QUESTIONS for each in spoken.labels)
        if other or spoken.at_ms > room.now_ms:
            continue
        if (about and about == subject) or (not about and label in spoken.labels):
            return spoken.at_ms
    return 0


def _waiting(asked: list[tuple[Row, Asked]], answered_ms: int) -> int:
    """How many people asked since; of the minute of the answer nobody knows, so it does not count."""
    first = answered_ms // MINUTE_MS + 1
    return union(each.people()[1] for row, each in asked if row.number >= first).count()


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Who waits, and for what."""
    label, subject = _question(finding.subject)

    def is_it(told: str) -> bool:
        return _about(room, label, told, room.now_ms) == subject

    return Evidence(
        comments=newest_comments(room, label, is_it),
        users=finding.why.get("users"),
        inputs=dict(finding.why),
    )


_ASKED: Final = {
    USAGE: ("怎么做、怎么用", "how to use it"),
    PRICE: ("多少钱", "what it costs"),
    SHIPPING: ("发货和运费", "about shipping"),
    COUPON: ("优惠券", "about coupons"),
    AVAILABILITY: ("还有没有", "whether it is available"),
}


def advice(room: Room, finding: Finding) -> Advice:
    """Answer it."""
    label, subject = _question(finding.subject)
    zh, en = _ASKED.get(label, ("", ""))
    name = short_name(room, subject)
    return Advice(
        zh=f"好几位观众在问{name}{zh}：主播口头回答，场控发一条评论",
        en=f"Several viewers ask {en}{': ' if name else ''}{name}; the host answers, and staff in writing",
        teleprompter=prompt(room, QUESTIONS.get(label, "回答：{name}"), subject),
    )


RULE = Rule(
    kind="UnansweredQuestions",
    section="unanswered_questions",
    version=1,
    zh="问题未回答",
    en="Unanswered questions",
    severity=Severity.INFO,
    trigger=(
        "5 people or more (in large rooms 1 for each 500 comments) ask the same of the same product"
        " within 5 min, and host and staff write no answer in 90 s. An answer speaks of that product"
        " and not of another question, or of no product and of that question. What a host says aloud"
        " is not known"
    ),
    clears="Answered, or fewer than 2 people have asked it in the last 5 min",
    runbook=(
        ("主播回答", "The host answers"),
        (
            "场控发评论置顶答案，提醒就会停",
            "Staff write the answer as a comment: that ends the reminder",
        ),
        ("常见的加进商品详情和话术", "Add what is asked often to the product page and the script"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    look_ms=5_000,
)
