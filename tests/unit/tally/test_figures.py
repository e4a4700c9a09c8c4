from __future__ import annotations

from streamproc.events.registry import EVENTS, HOSTS_TOPIC
from streamproc.tally.figures import ADD, FIGURES, CommentFigures, ViewerFigures
from streamproc.tally.panes import Minute
from streamproc.tally.sessions import Online, Session
from tests.builders import T0, comment, joined, liked


def test_likes_count_by_their_increment_and_joins_by_one() -> None:
    figures = ViewerFigures()
    for event in (liked(3), joined(), liked(2)):
        ADD[type(event)](figures, event)

    assert figures.row() == (1, 5)


def test_a_comment_copied_from_another_room_is_not_counted() -> None:
    figures = CommentFigures()
    for mirrored in (None, True, False):
        ADD[type(comment())](figures, comment(mirrored=mirrored))

    assert figures.comments == 2


def test_every_topic_of_broadcasts_has_figures_that_come_back_from_their_row() -> None:
    assert set(FIGURES) == set(EVENTS) - {HOSTS_TOPIC}
    for figures in FIGURES.values():
        row = tuple(range(len(figures.__slots__)))
        assert figures.of(row).row() == row


def test_a_minute_has_a_pane_for_each_ten_seconds() -> None:
    minute = Minute(b"key", T0 // 60_000)
    first, last = T0 // 10_000, T0 // 10_000 + 5

    assert minute.pane(first, ViewerFigures) is minute.pane(first, ViewerFigures)
    assert minute.pane(last, ViewerFigures) is minute.panes[5]
    assert minute.panes[1:5] == [None] * 4


def test_the_latest_count_of_viewers_stands_the_greater_one_among_equals() -> None:
    session = Session(b"key", "s-1", ViewerFigures())
    readings = [
        Online(5, 10, False),
        Online(4, 99, False),
        Online(5, 11, False),
        Online(5, 11, True),
    ]
    held = []
    for reading in (*readings, readings[0]):
        session.count_online(reading)
        held.append(session.online)

    assert held == [readings[0], readings[0], readings[2], readings[3], readings[3]]
