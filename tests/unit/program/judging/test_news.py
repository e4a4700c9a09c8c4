"""What was written, by broadcast: learned at first sight of a key, and true at each later one."""

from __future__ import annotations

from streamproc.events.registry import AnyEvent
from streamproc.program.judging.news import News
from streamproc.program.judging.watched import Watched
from streamproc.program.live import LiveProgram
from streamproc.tally.retention import DAY_MS
from streamproc.tally.timing import MINUTE_MS
from tests.builders import T0, joined, paid, stock_reported
from tests.folding import tell
from tests.judged import live

IDS = b"h-1\0s-1"
NOBODY: dict[bytes, Watched] = {}


def heard(program: LiveProgram, news: News, event: AnyEvent) -> set[bytes]:
    """The broadcasts that were told of by one more event, which is written."""
    news.told.clear()
    tell(program, event)
    program.take_dirty()
    news.note(NOBODY)
    return set(news.told)


def listening() -> tuple[LiveProgram, News, set[bytes]]:
    """A program, and the news of it."""
    program = live()
    evident: set[bytes] = set()
    return program, News(program.records, program.streams, evident), evident


def test_a_broadcast_is_told_of_each_time_and_moves_the_newest_time() -> None:
    program, news, _ = listening()

    for second in (0, 1, 59, 61, 62):
        assert heard(program, news, joined(second, T0 + second * 1_000)) == {IDS}
        assert news.newest_ms == T0 + second * 1_000


def test_a_minute_that_is_written_again_and_again_is_told_to_who_watches_it() -> None:
    program, news, _ = listening()
    watched = Watched(IDS, program.records, program.streams)
    program.take_dirty()
    news.note(NOBODY)

    for second in (0, 1, 2):
        tell(program, joined(second, T0 + second * 1_000))
        program.take_dirty()
        news.note({IDS: watched})
        (key,) = watched.written
        assert int.from_bytes(key[-8:], "big") == T0 // MINUTE_MS
        watched.written.clear()


def test_what_is_open_is_told_of_before_it_is_written() -> None:
    program, news, evident = listening()
    tell(program, stock_reported(0, T0))

    news.note(NOBODY)

    assert news.told == {IDS}
    assert len(evident) == 1


def test_sold_lines_of_a_day_count_again_when_an_old_broadcast_sells_again() -> None:
    program, news, _ = listening()
    heard(program, news, paid(100, T0, order_id="o-1"))
    assert news.paid.lines("h-1", T0) == 1
    assert news.paid.lines("h-1", T0 + DAY_MS) == 0

    heard(program, news, paid(100, T0 + DAY_MS, order_id="o-2"))

    assert news.paid.lines("h-1", T0 + DAY_MS) == 2
