from __future__ import annotations

from streamproc.program.live import LiveProgram
from streamproc.program.view import host_rows
from tests.builders import T0, comment, joined, paid, profiled, room_started, viewers_counted
from tests.folding import take_into, tell

SECOND = 1_000


def test_a_row_shows_the_latest_session() -> None:
    program = LiveProgram()
    tell(program, paid(5, T0, session_id="s-1"), profiled("张桂兰"))
    tell(program, paid(700, T0 + 9, order_id="o-2", session_id="s-2", quantity=4))
    tell(program, viewers_counted(80, T0 + 7, session_id="s-2", approximate=True))
    tell(program, viewers_counted(3, T0 - 7, session_id="s-1"))

    (row,) = host_rows([program])

    assert (row.host_id, row.name, row.session_id) == ("h-1", "张桂兰", "s-2")
    assert (row.orders, row.items, row.gmv_minor) == (1, 4, {"CNY": 700})
    assert (row.online, row.online_at_ms, row.online_approximate) == (80, T0 + 7, True)
    assert row.watermark_ms == T0 + 9


def test_comments_are_those_of_the_last_minute_of_event_time() -> None:
    program = LiveProgram()
    for at_s in (-30, 5, 15, 25, 64):
        tell(program, comment(at_ms=T0 + at_s * SECOND))
    tell(program, joined(at_ms=T0 + 65 * SECOND))

    assert host_rows([program])[0].comments_last_minute == 3


def test_comments_of_a_room_that_fell_silent_are_gone() -> None:
    program = LiveProgram()
    tell(program, comment(), room_started(T0 + 600 * SECOND))

    assert host_rows([program])[0].comments_last_minute == 0


def test_a_host_without_a_session_has_a_name_and_nothing_else() -> None:
    program = LiveProgram()
    tell(program, profiled("张桂兰"))

    (row,) = host_rows([program])

    assert (row.name, row.session_id, row.online, row.orders) == ("张桂兰", "", None, 0)
    assert row.watermark_ms == 0


def test_rows_come_with_most_money_first() -> None:
    first, second = LiveProgram(), LiveProgram()
    tell(first, paid(5, host_id="h-b"), paid(5, host_id="h-a"))
    tell(second, paid(9, host_id="h-c"), paid(99, host_id="h-d", currency="EUR"))

    assert [row.host_id for row in host_rows([first, second])] == ["h-c", "h-a", "h-b", "h-d"]


def test_of_two_sessions_at_the_same_time_the_greater_id_is_shown_also_after_a_restart() -> None:
    program, state = LiveProgram(), dict[bytes, bytes]()
    tell(program, joined(session_id="s-1"), joined(session_id="s-3"), joined(session_id="s-2"))
    take_into(state, program)
    restarted = LiveProgram()
    restarted.restore(reversed(state.items()))

    assert [host_rows([each])[0].session_id for each in (program, restarted)] == ["s-3", "s-3"]


def test_looking_changes_nothing_and_is_the_same_after_a_restart() -> None:
    program, state = LiveProgram(), dict[bytes, bytes]()
    tell(program, paid(5), comment(at_ms=T0 + 70 * SECOND), viewers_counted(4), profiled())
    tell(program, joined(at_ms=T0, session_id="s-0"), comment(at_ms=T0, session_id="s-0"))
    before = host_rows([program])
    take_into(state, program)
    restarted = LiveProgram()
    restarted.restore(state.items())

    assert before == host_rows([program]) == host_rows([restarted])
    assert program.take_dirty() == restarted.take_dirty() == []
