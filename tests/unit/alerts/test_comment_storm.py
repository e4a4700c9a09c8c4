"""Comments by the hundred, of many people, where there were few."""

from __future__ import annotations

from streamproc.alerts.comment_storm import RULE
from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def stormed(comments: int, usual: int = 20, users: int = 60, **fields: object) -> Room:
    """A room that had so many comments in the last full minute, and so many in those before."""
    minutes = {ago: row(comments=usual) for ago in range(2, 31)}
    minutes[1] = row(comments=comments, commenters=range(users), asked_users={"spam": 4})
    made = room(minutes=minutes, **fields)  # type: ignore[arg-type]
    made.now_ms -= 1  # at the end of a pane
    return made


def test_more_than_five_times_the_median_of_many_people_is_a_storm() -> None:
    found = alarm(RULE, stormed(comments=121))

    assert (found.severity, found.for_ms) == (Severity.INFO, 30 * S)
    assert found.why == {"comments_per_min": 121, "comments_per_min_median": 20, "users": 60}
    assert is_clear(RULE, stormed(comments=121, usual=25))


def test_fewer_than_two_a_second_are_no_storm() -> None:
    assert is_clear(RULE, stormed(comments=119, usual=0))
    assert alarm(RULE, stormed(comments=120, usual=0)).severity is Severity.INFO


def test_what_a_few_people_type_is_no_storm() -> None:
    assert is_clear(RULE, stormed(comments=500, users=29))
    assert alarm(RULE, stormed(comments=500, users=30)).why["users"] == 30


def test_one_loud_minute_before_does_not_hide_a_storm() -> None:
    twice = stormed(comments=300)
    twice.history.rows[twice.now_ms // MINUTE - 4].comments = (50,) * 6

    assert alarm(RULE, twice).why["comments_per_min_median"] == 20


def test_a_room_that_just_began_has_no_usual_pace() -> None:
    assert is_clear(RULE, stormed(comments=500, live_for_ms=3 * MINUTE))
    assert alarm(RULE, stormed(comments=500, live_for_ms=5 * MINUTE)).severity is Severity.INFO


def test_between_the_two_thresholds_an_open_alert_goes_on_and_below_them_it_does_not() -> None:
    assert is_held(RULE, stormed(comments=60))
    assert is_clear(RULE, stormed(comments=60))
    assert is_clear(RULE, stormed(comments=39), "")
    assert is_clear(RULE, stormed(comments=47, usual=0), "")


def test_a_room_without_comments_has_no_storm() -> None:
    assert is_clear(RULE, room())
    assert is_clear(RULE, room(), "")


def test_it_says_what_is_asked_most() -> None:
    loud = stormed(comments=500)
    evidence, _ = told(RULE, loud, alarm(RULE, loud))

    assert evidence.users == 60
    assert evidence.inputs["users_by_label"] == {"spam": 4}
