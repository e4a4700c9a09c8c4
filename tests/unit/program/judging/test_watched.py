from __future__ import annotations

from typing import Any

from streamproc.alerts.history import PEOPLE_MINUTES, Row
from streamproc.alerts.room import Room
from streamproc.events.comments import Role
from streamproc.events.orders import FailReason
from streamproc.program.judging.rows import TAKES
from streamproc.program.judging.watched import Watched
from streamproc.program.live import LiveProgram
from streamproc.tally.uniques import Uniques
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    order_failed,
    paid,
    room_started,
    stock_reported,
    viewer_key,
    viewers_counted,
)
from tests.folding import tell
from tests.spelled_reader import SpelledReader

IDS = b"h-1\0s-1"
MINUTE_MS = 60_000


def busy() -> LiveProgram:
    """A program of a room in which everything happens that rules look at."""
    program = LiveProgram(SpelledReader())
    tell(
        program,
        room_started(T0),
        created(1999, T0 + 1_000),
        paid(1999, T0 + 11_000),
        order_failed(FailReason.OUT_OF_STOCK, T0 + 21_000, product_id="p-1"),
        comment("s L", T0 + 2_000, user_key=viewer_key(1)),
        comment("s L", T0 + 3_000, user_key=viewer_key(2)),
        comment("s L", T0 + 4_000, role=Role.HOST),
        joined(3, T0 + 5_000),
        viewers_counted(50, T0 + 6_000),
        stock_reported(0, T0 + 30_000),
    )
    return program


def seen(program: LiveProgram, now_ms: int) -> Room:
    """The room as somebody sees it who looks for the first time."""
    return Watched(IDS, program.records, program.streams).room(now_ms)


def content(row: Row) -> dict[str, Any]:
    """What a row tells, to compare."""
    held = {name: getattr(row, name) for name in Row.__slots__ if not name.startswith("_")}
    held["asked"] = {pair: each.people()[1].count() for pair, each in row.asked.items()}
    held["commenters"] = row.commenters.count() if isinstance(row.commenters, Uniques) else None
    held["readings"] = list(row.readings)
    held["sold"] = repr(row.sold)
    return held


def test_a_minute_looks_the_same_while_it_is_open_and_once_it_is_written() -> None:
    program = busy()

    while_open = seen(program, T0 + 40_000)
    program.take_dirty()
    written = seen(program, T0 + 40_000)

    number = T0 // MINUTE_MS
    assert list(while_open.history.rows) == list(written.history.rows) == [number]
    assert content(while_open.history.rows[number]) == content(written.history.rows[number])
    assert written.floor == while_open.floor
    assert written.seen_ms == while_open.seen_ms
    assert written.said.spoken == while_open.said.spoken


def test_a_room_tells_what_happened_in_it() -> None:
    room = seen(busy(), T0 + 40_000)
    row = room.history.rows[T0 // MINUTE_MS]

    assert (list(row.created), list(row.paid)) == ([1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0])
    assert {name: list(each) for name, each in row.paid_minor.items()} == {
        "CNY": [0, 1999, 0, 0, 0, 0]
    }
    assert (list(row.failed), dict(row.failed_by)) == ([0, 0, 1, 0, 0, 0], {"out_of_stock": 1})
    assert room.history.count("comments", T0, T0 + MINUTE_MS) == 3  # one of the host
    assert room.history.commenters(T0, T0 + MINUTE_MS) == 2
    asked = room.history.asked("stockout_report", T0, T0 + MINUTE_MS)
    assert {subject: each.count() for subject, each in asked.items()} == {"p:p-1": 2}
    assert room.history.most_online(T0 // MINUTE_MS, T0 // MINUTE_MS) == 50
    assert row.sold is not None
    assert next(row.sold.packs[each].created for each in row.sold.packs)[0] == 1
    assert room.floor.products["p-1"].stock[""].out_since_ms == T0 + 30_000
    assert room.acted_ms == T0 + 4_000
    assert room.room_id == "r-1"
    assert room.online is not None
    assert room.online.viewers == 50


def test_what_is_written_later_is_seen_when_its_key_is_told() -> None:
    program = busy()
    watched = Watched(IDS, program.records, program.streams)
    watched.room(T0 + 40_000)
    tell(program, paid(500, T0 + 45_000, order_id="o-2"))
    watched.written.update(key for key in program.records.changed if key[:2] in TAKES)

    room = watched.room(T0 + 50_000)

    assert room.history.count("paid", T0, T0 + MINUTE_MS) == 2


def test_who_asked_is_forgotten_before_how_many_asked() -> None:
    program = busy()
    program.take_dirty()
    watched = Watched(IDS, program.records, program.streams)
    watched.room(T0 + 40_000)

    later = watched.room(T0 + PEOPLE_MINUTES * MINUTE_MS)

    row = later.history.rows[T0 // MINUTE_MS]
    assert (row.asked, row.commenters) == ({}, None)
    assert row.asked_users["stockout_report"] == 2


def test_minutes_of_more_than_half_an_hour_ago_are_forgotten() -> None:
    program = busy()
    watched = Watched(IDS, program.records, program.streams)
    watched.room(T0 + 40_000)

    assert watched.room(T0 + 31 * MINUTE_MS).history.rows == {}
