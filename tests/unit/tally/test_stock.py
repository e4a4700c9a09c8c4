from __future__ import annotations

from streamproc.events.rooms import StockCause, StockReleasePlanned
from streamproc.tally.stock import CYCLES, Cycle, Plan, Stock, planned, reported
from tests.builders import T0, made, stock_reported


def after(*reports: tuple[int, int], **fields: object) -> Stock:
    """The stock after reports of what is left, each so long after ``T0``."""
    held = None
    for after_ms, available in reports:
        held = reported(held, stock_reported(available, T0 + after_ms, **fields))
    assert held is not None
    return held


def test_a_report_older_than_the_one_held_is_ignored() -> None:
    held = after((9, 5))

    assert reported(held, stock_reported(0, T0 + 8)) is held


def test_of_two_reports_as_old_the_one_that_came_last_stands() -> None:
    assert after((9, 5), (9, 7)).available == 7


def test_a_report_of_a_time_after_its_own_event_is_as_of_its_event() -> None:
    ahead = reported(None, stock_reported(0, T0, as_of_ms=T0 + 3_600_000))

    assert (ahead.as_of_ms, ahead.out_since_ms) == (T0, T0)
    assert reported(ahead, stock_reported(4, T0 + 1)).available == 4


def test_it_is_out_since_the_first_report_of_nothing() -> None:
    stock = after((0, 3), (10, 0), (20, 0))

    assert stock.is_out
    assert stock.out_since_ms == T0 + 10
    assert stock.cycles == [Cycle(T0 + 10)]


def test_what_comes_back_ends_its_cycle() -> None:
    stock = after((0, 0), (10, 5), (20, 0), (30, 1))

    assert not stock.is_out
    assert stock.out_since_ms == 0
    assert stock.cycles == [Cycle(T0, T0 + 10), Cycle(T0 + 20, T0 + 30)]


def test_the_newest_cycles_are_kept() -> None:
    stock = after(*[(n * 10 + back, back) for n in range(CYCLES + 3) for back in (0, 1)])

    assert len(stock.cycles) == CYCLES
    assert stock.cycles[0] == Cycle(T0 + 30, T0 + 31)


def test_a_report_marked_sold_out_is_out_whatever_is_left() -> None:
    marked = reported(None, stock_reported(12, sold_out=True))

    assert marked.out_since_ms == T0
    assert not reported(marked, stock_reported(12, T0 + 1)).is_out


def test_a_correction_at_the_same_time_is_no_cycle() -> None:
    assert after((0, 5), (10, 0), (10, 5)).cycles == []
    assert after((0, 0), (10, 5), (10, 0)).cycles == [Cycle(T0)]
    assert after((0, 0), (10, 5), (10, 0)).out_since_ms == T0


def test_what_nobody_told_is_not_zero() -> None:
    assert after((0, 5)).reserved == -1
    assert after((0, 5)).cause == ""
    assert after((0, 5), reserved=0, cause=StockCause.MANUAL).reserved == 0
    assert after((0, 5), cause=StockCause.BATCH_RELEASE).cause == "batch_release"


def test_the_plan_told_last_stands() -> None:
    def plan(at_ms: int, quantity: int | None) -> StockReleasePlanned:
        fields = {"product_id": "p-1", "release_at_ms": T0 + 99, "quantity": quantity}
        return made(StockReleasePlanned, at_ms, **fields)

    held = planned(None, plan(T0 + 5, 20))
    assert held == Plan(T0 + 5, T0 + 99, 20)
    assert planned(held, plan(T0 + 4, 9)) is held
    assert planned(held, plan(T0 + 5, None)).quantity == -1
