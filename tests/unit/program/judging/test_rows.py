"""A minute looks the same to rules while it is open, when it is written, and to a fresh worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproc.alerts.history import Row
from streamproc.comments.senses import SenseReader
from streamproc.program.judging.watched import Watched
from streamproc.program.keys import SEPARATOR
from streamproc.program.live import LiveProgram
from streamproc.tally.timing import MINUTE_MS
from tests.builders import T0, order_failed, paid
from tests.folding import State, take_into, tell
from tests.judged import judging
from tests.spoken import crowd, said
from tests.unit.comments.reading import classifier

IDS = SEPARATOR.join((b"h-1", b"s-1"))


def evening() -> LiveProgram:
    """A minute in which two lines were paid, in two panes and currencies, one failed, and people asked."""
    program = judging(SenseReader(classifier()))
    copies = crowd(["年糕怎么做才好吃呀"], T0 + 5_000, 6)  # three of them weigh
    asking = [said("年糕怎么做", who, T0 + 1_000 + who) for who in range(10, 14)]
    tell(program, *asking, *copies, said("差评 坏了", 20, T0 + 9_000))
    tell(
        program,
        paid(1_999, at_ms=T0 + 1_000, order_id="o-1"),
        paid(500, at_ms=T0 + 12_000, order_id="o-2", currency="HKD"),
        order_failed(at_ms=T0 + 13_000),
    )
    return program


def row_of(program: LiveProgram) -> Row:
    watched = Watched(IDS, program.records, program.streams)
    return watched.room(T0 + 20_000).history.rows[T0 // MINUTE_MS]


def written() -> LiveProgram:
    program = evening()
    program.take_dirty()
    return program


def restored() -> LiveProgram:
    state: State = {}
    take_into(state, evening())
    program = judging(SenseReader(classifier()))
    program.restore(state.items())
    return program


@pytest.mark.parametrize("make", [evening, written, restored], ids=["open", "written", "restored"])
def test_a_minute_tells_of_lines_money_failures_and_who_asked(
    make: Callable[[], LiveProgram],
) -> None:
    row = row_of(make())

    assert tuple(row.paid) == (1, 1, 0, 0, 0, 0)
    assert {currency: tuple(panes) for currency, panes in row.paid_minor.items()} == {
        "CNY": (1_999, 0, 0, 0, 0, 0),
        "HKD": (0, 500, 0, 0, 0, 0),
    }
    assert (sum(row.failed), row.failed_by) == (1, {"out_of_stock": 1})
    assert row.asked_users == {"usage_question": 7, "complaint": 1}
    asked = row.asked["usage_question", "p:niangao"]
    assert (asked.comments, asked.people()[1].count()) == (16, 7)
