"""Many who complain: different people, and a large part of those who write."""

from __future__ import annotations

from streamproc.alerts.model import Severity
from streamproc.alerts.negative_burst import RULE
from streamproc.alerts.room import Room
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, alarm, is_clear, is_held, told

LABEL = "complaint"


def complained(users: int, wrote: int, ago: int = 1, subject: str = "p:p-1") -> Room:
    asked = {(LABEL, subject): range(users)}
    return room(
        minutes={ago: row(asked=asked, asked_users={LABEL: users}, commenters=range(wrote))}
    )


def test_a_quarter_of_those_who_write_is_a_page() -> None:
    found = alarm(RULE, complained(users=16, wrote=60))

    assert (found.severity, found.for_ms) == (Severity.PAGE, MINUTE)
    assert found.why == {"users": 16, "commenters": 60, "complaint_share": 0.267}
    assert is_clear(RULE, complained(users=15, wrote=60))


def test_fewer_than_fifteen_people_are_left_alone() -> None:
    assert is_clear(RULE, complained(users=14, wrote=14))
    assert alarm(RULE, complained(users=15, wrote=15)).why["complaint_share"] == 1.0


def test_who_complains_each_minute_and_of_everything_is_one_person() -> None:
    of_all = {(LABEL, "p:p-1"): range(8), (LABEL, ""): range(8)}
    again = room(
        minutes={
            ago: row(asked=of_all, asked_users={LABEL: 16}, commenters=range(9)) for ago in range(3)
        }
    )

    assert is_clear(RULE, again)


def test_complaints_of_more_than_three_minutes_ago_do_not_count() -> None:
    assert alarm(RULE, complained(30, 40, ago=3)).severity is Severity.PAGE
    assert is_clear(RULE, complained(30, 40, ago=4))


def test_between_the_two_thresholds_an_open_alert_goes_on_and_below_them_it_does_not() -> None:
    assert is_held(RULE, complained(users=6, wrote=60))
    assert is_clear(RULE, complained(users=5, wrote=60), "")
    assert is_clear(RULE, complained(users=4, wrote=4), "")
    assert is_clear(RULE, complained(users=6, wrote=60))


def test_a_room_in_which_nobody_complains_is_left_alone() -> None:
    assert is_clear(RULE, room())
    assert is_clear(RULE, room(), "")


def test_the_newest_complaints_are_shown_with_their_place_in_the_log() -> None:
    angry = complained(users=20, wrote=40)
    for number in range(7):
        comment = (T0 - number, 100 + number, 3, number, f"坏果{number}")
        angry.said.evidence.setdefault((LABEL, f"p:p-{number % 2}"), []).append(comment)
    angry.said.evidence["praise", ""] = [(T0, 1, 3, 1, "好吃")]
    evidence, advice = told(RULE, angry, alarm(RULE, angry))

    assert [each.text for each in evidence.comments] == [f"坏果{at}" for at in (4, 3, 2, 1, 0)]
    assert evidence.comments[-1].id == "live.comments.v1-3-100"
    assert evidence.users == 20
    assert advice.teleprompter
