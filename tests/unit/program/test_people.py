"""Who was there: the open minute of a session, and what joins the session when."""

from __future__ import annotations

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.codecs import unpack_people
from streamproc.program.keys import Kind, head
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from streamproc.tally.model import SessionTally
from tests.builders import T0, comment, joined, left, liked, paid, viewer_key, viewers_counted
from tests.folding import State, take_into, tell

SECOND = 1_000
MINUTE = 60_000


def people_of(program: LiveProgram, topic: str = VIEWERS_TOPIC) -> list[int | None]:
    """What the session's own record of people counts, without its open minute."""
    key = head(Kind.PEOPLE, topic) + b"h-1\0s-1"
    value = program.value(key)
    if value is None:
        return []
    counts = unpack_people(key, value).members.counts()
    return [None if each is None else each.count() for each in counts]


def tally_of(program: LiveProgram, session_id: str = "s-1") -> SessionTally:
    (found,) = (each for each in host_tallies(program) if each.session_id == session_id)
    return found


def counted(program: LiveProgram) -> dict[str, int]:
    return {name: each.count() for name, each in tally_of(program).uniques.items()}


def counted_in(program: LiveProgram, at_ms: int) -> dict[str, int]:
    minute = tally_of(program).minutes[at_ms // MINUTE]
    return {name: each.count() for name, each in minute.uniques.items()}


def test_people_of_the_open_minute_are_in_its_record_alone() -> None:
    program = LiveProgram()
    tell(program, joined(1), liked(viewer_key=viewer_key(2)), joined(1), left(3, watched_ms=5))

    assert people_of(program) == []
    assert counted(program) == counted_in(program, T0) == {"viewers": 1, "active": 1, "leavers": 1}


def test_people_join_the_session_when_a_later_minute_opens() -> None:
    program = LiveProgram()
    tell(program, joined(1), joined(2), joined(2, T0 + MINUTE), joined(3, T0 + MINUTE))

    assert people_of(program) == [2, None, None]
    assert counted(program) == {"viewers": 3}
    assert counted_in(program, T0) == counted_in(program, T0 + MINUTE) == {"viewers": 2}


def test_a_record_of_people_is_written_once_a_minute_and_not_at_every_flush() -> None:
    program, written = LiveProgram(), 0
    for at_s in range(0, 180, 10):
        tell(program, joined(at_s, T0 + at_s * SECOND))
        written += sum(key[0] == Kind.PEOPLE for key, _ in program.take_dirty())

    assert written == 2


def test_somebody_who_comes_too_late_for_the_open_minute_joins_both_at_once() -> None:
    program = LiveProgram()
    tell(program, joined(1, T0 + MINUTE), joined(2, T0))

    assert people_of(program) == [1, None, None]
    assert counted(program) == {"viewers": 2}
    assert counted_in(program, T0) == {"viewers": 1}


def test_somebody_late_is_in_the_session_and_in_no_minute() -> None:
    program = LiveProgram()
    tell(program, joined(1, T0 + 10 * MINUTE), joined(2, T0))

    assert counted(program) == {"viewers": 2}
    assert list(tally_of(program).minutes) == [T0 // MINUTE + 10]


def test_a_session_that_is_late_from_the_beginning_counts_its_people() -> None:
    program = LiveProgram()
    tell(program, joined(1, T0 + 10 * MINUTE, session_id="s-2"), joined(2, T0), joined(3, T0))

    assert counted(program) == {"viewers": 2}
    assert tally_of(program).minutes == {}


def test_an_event_that_tells_of_nobody_opens_a_minute_all_the_same() -> None:
    program = LiveProgram()
    tell(program, joined(1), viewers_counted(5, T0 + MINUTE))

    assert people_of(program) == [1, None, None]
    assert counted(program) == {"viewers": 1}


def test_what_is_open_follows_from_the_records_after_a_restart() -> None:
    events = [
        joined(each % 7, T0 + at_s * SECOND)
        for each, at_s in enumerate([0, 50, 61, 40, 130, 125, 59, 200, 0, 400, 190])
    ]
    for cut in range(len(events)):
        program, restarted, state = LiveProgram(), LiveProgram(), State()
        tell(program, *events[:cut])
        take_into(state, program)
        restarted.restore(reversed(state.items()))
        after = State(state)
        tell(program, *events[cut:])
        tell(restarted, *events[cut:])
        take_into(state, program)
        take_into(after, restarted)
        assert state == after


def test_a_buyer_counts_also_by_a_payment_that_loses() -> None:
    program = LiveProgram()
    tell(program, paid(9, T0 + MINUTE, buyer_key=viewer_key(1)))
    report = tell(program, paid(9, T0, buyer_key=viewer_key(2)))

    assert report.duplicate == 1
    assert counted(program) == {"buyers": 2}
    assert counted_in(program, T0) == {"buyers": 1}


def test_a_losing_payment_of_a_session_that_nothing_else_is_known_of_counts_its_buyer() -> None:
    program = LiveProgram()
    tell(program, paid(9, T0 + 9, session_id="s-2"))
    tell(program, paid(9, T0, buyer_key=viewer_key(2)))

    assert counted(program) == {"buyers": 1}


def test_people_of_one_topic_are_apart_from_those_of_another() -> None:
    program = LiveProgram()
    tell(program, joined(1), comment(), comment(at_ms=T0 + MINUTE), paid(buyer_key=viewer_key(8)))

    assert people_of(program, COMMENTS_TOPIC) == [1]
    assert people_of(program) == people_of(program, ORDERS_TOPIC) == []
    assert counted(program) == {"viewers": 1, "commenters": 1, "buyers": 1}
