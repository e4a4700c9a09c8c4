"""Questions of several people that nobody of the house answers in writing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from streamproc.alerts.model import Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.unanswered_questions import RULE
from streamproc.tally.session_sense import SessionSense, Spoken
from tests.builders import T0
from tests.rooms import product, room, row, shown
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, judged, told

USAGE = "usage_question"
CAKES = f"q:{USAGE}:p:p-1"


def asked(
    users: int | Iterable[int],
    *,
    label: str = USAGE,
    subject: str = "p:p-1",
    ago: int = 1,
    comments: int = 20,
    spoken: Iterable[Spoken] = (),
    title: str = "年糕",
) -> Room:
    people = range(users) if isinstance(users, int) else list(users)
    said = SessionSense(b"")
    said.spoken = sorted(spoken)
    told_by = {label: len(people)}
    minute = row(asked={(label, subject): people}, asked_users=told_by, comments=comments)
    floor = shown("p-1", T0 - 30 * MINUTE, "p-2", held=product(title=title))
    return room(minutes={ago: minute}, said=said, floor=floor)


def also(held: Room, ago: int, users: Iterable[int], *subjects: str) -> None:
    """Have others ask in another minute; each subject is asked of by all of them."""
    people = list(users)
    made = row(
        asked={(USAGE, subject): people for subject in subjects},
        asked_users={USAGE: len(people)},
        comments=len(people),
    )
    made.number = T0 // MINUTE - ago
    held.history.rows[made.number] = made


def spoke(ago_ms: int, *labels: str, subject: str = "") -> Spoken:
    return Spoken(T0 - ago_ms, 0, "staff", labels, subject)


def test_five_people_who_ask_the_same_wait_for_a_minute_and_a_half() -> None:
    found = alarm(RULE, asked(5))

    assert (found.subject, found.severity) == (CAKES, Severity.INFO)
    assert found.for_ms == 90 * S
    assert found.why == {"users": 5, "users_needed": 5}
    assert is_clear(RULE, asked(4))


def test_one_person_who_asks_each_minute_is_one() -> None:
    again = asked(4)
    for ago in (2, 3):
        also(again, ago, range(4), "p:p-1")

    assert is_clear(RULE, again)


def test_who_names_nothing_means_what_is_on_show_and_a_number_means_its_product() -> None:
    assert alarm(RULE, asked(5, subject="")).subject == CAKES
    assert alarm(RULE, asked(5, subject="l:2")).subject == f"q:{USAGE}:p:p-2"
    assert alarm(RULE, asked(5, subject="l:9")).subject == f"q:{USAGE}:l:9"


def test_people_who_name_a_product_differently_ask_the_same() -> None:
    mixed = asked(range(3))
    also(mixed, 2, range(2, 5), "l:1", "")

    assert alarm(RULE, mixed).why["users"] == 5


def test_shipping_and_coupons_are_of_the_room_where_no_product_is_named() -> None:
    for label in ("shipping_question", "coupon_question"):
        assert alarm(RULE, asked(5, label=label, subject="")).subject == f"q:{label}:"


def test_a_large_room_has_larger_questions() -> None:
    assert is_clear(RULE, asked(39, comments=20_000))
    assert alarm(RULE, asked(40, comments=20_000)).why["users_needed"] == 40


@pytest.mark.parametrize(
    "answer",
    [
        spoke(30 * S, USAGE, subject="p:p-1"),
        spoke(30 * S, subject="p:p-1"),
        spoke(30 * S, USAGE),
        spoke(30 * S, subject="l:1"),
        spoke(30 * S, "price_question", USAGE, subject="p:p-1"),
    ],
    ids=["the answer", "the product", "the question", "its number", "both questions"],
)
def test_an_answer_ends_it(answer: Spoken) -> None:
    answered = asked(9, spoken=[answer])

    (found,) = judged(RULE, answered, CAKES)

    assert (found.subject, found.level, found.over) == (CAKES, Level.CLEAR, "answered")
    assert judged(RULE, answered) == []


@pytest.mark.parametrize(
    "chat",
    [
        spoke(30 * S),
        spoke(30 * S, "price_question", subject="p:p-1"),
        spoke(30 * S, USAGE, subject="p:p-2"),
        spoke(30 * S, "shipping_question"),
        spoke(3 * MINUTE, USAGE, subject="p:p-1"),
    ],
    ids=["a greeting", "another question", "another product", "another label", "before"],
)
def test_what_is_no_answer_ends_nothing(chat: Spoken) -> None:
    assert alarm(RULE, asked(9, spoken=[chat])).subject == CAKES


def test_of_the_minute_of_the_answer_nobody_knows_who_came_after_it() -> None:
    answer = spoke(30 * S, USAGE, subject="p:p-1")
    again = asked(9, spoken=[answer])
    again.now_ms += MINUTE
    also(again, 0, range(20, 25), "p:p-1")

    assert alarm(RULE, again).why["users"] == 5


def test_a_question_that_is_open_goes_on_while_two_still_wait() -> None:
    assert is_held(RULE, asked(2), CAKES)
    assert is_clear(RULE, asked(1), CAKES)
    assert is_clear(RULE, asked(2))


def test_questions_of_five_minutes_ago_wait_no_more() -> None:
    assert alarm(RULE, asked(9, ago=4)).subject == CAKES
    assert is_clear(RULE, asked(9, ago=5), CAKES)


def test_what_had_no_place_of_its_own_is_no_question() -> None:
    assert is_clear(RULE, asked(99, subject="*"))


def test_other_labels_are_no_questions() -> None:
    assert is_clear(RULE, asked(99, label="praise"))
    assert is_clear(RULE, room())


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("年糕", "回答：年糕怎么做"),
        ("信宜山地年糕 500g 农家手工", "回答：信宜山地年糕怎么做"),
        ("高州正宗农家自晒陈年老树桂圆肉干无核", "回答：1号链接怎么做"),
    ],
)
def test_the_line_for_the_host_names_the_product_in_twenty_characters(
    title: str, said: str
) -> None:
    waiting = asked(5, title=title)
    _, advice = told(RULE, waiting, alarm(RULE, waiting))

    assert advice.teleprompter == said


def test_the_line_for_the_host_names_what_is_known() -> None:
    lines = {
        subject: told(RULE, waiting, alarm(RULE, waiting))[1].teleprompter
        for subject in ("l:9", "p:unlisted")
        for waiting in [asked(5, subject=subject)]
    }
    shipping = asked(5, label="shipping_question", subject="")

    assert lines == {"l:9": "回答：9号链接怎么做", "p:unlisted": "回答：unlisted怎么做"}
    assert told(RULE, shipping, alarm(RULE, shipping))[1].teleprompter == "回答：怎么发货"


def test_who_waits_is_shown_of_that_question_alone() -> None:
    waiting = asked(5)
    waiting.said.evidence[USAGE, "p:p-1"] = [(T0, 7, 2, 1, "年糕怎么做好吃")]
    waiting.said.evidence[USAGE, "p:p-2"] = [(T0, 8, 2, 1, "牛大力怎么吃")]
    evidence, _ = told(RULE, waiting, alarm(RULE, waiting))

    assert [each.text for each in evidence.comments] == ["年糕怎么做好吃"]
    assert evidence.users == 5
