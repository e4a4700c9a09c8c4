"""What a book of order lines says of them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from streamproc.simulate.book import Fact, LineBook

HERE = ("h-1", "s-1")
CREATED = Fact("created", "o-1", "1", 1200, "CNY")
PAID = Fact("paid", "o-1", "1", 1200, "CNY")
CANCELLED = Fact("cancelled", "o-1", "1")
PART = Fact("refunded", "o-1", "1", 300, "CNY", "r-1")
REST = Fact("refunded", "o-1", "1", 900, "CNY", "r-2")


def told(*facts: Fact) -> dict[str, Any]:
    book = LineBook()
    for fact in facts:
        book.add(HERE, fact)
    return dict(book.figures())[HERE]


@pytest.mark.parametrize(
    ("facts", "figures"),
    [
        (
            [CREATED],
            {"created_lines": 1, "created_minor": {"CNY": 1200}, "unpaid_minor": {"CNY": 1200}},
        ),
        ([CREATED, CANCELLED], {"created_lines": 1, "created_minor": {"CNY": 1200}}),
        ([CREATED, PAID], {"created_lines": 1, "created_minor": {"CNY": 1200}, "orders_main": 1}),
        ([PAID], {"created_lines": 1, "created_minor": {"CNY": 1200}, "orders_main": 1}),
        ([PART, REST], {"orphan_refunds": 2}),
        (
            [CREATED, PAID, PART, REST],
            {
                "created_lines": 1,
                "created_minor": {"CNY": 1200},
                "orders_main": 1,
                "refunded_lines": 1,
                "refunded_minor": {"CNY": 1200},
            },
        ),
    ],
)
def test_a_line_counts_by_what_was_told_in_any_order(
    facts: list[Fact], figures: dict[str, Any]
) -> None:
    for order in permutations(facts):
        assert told(*order) == figures


def test_an_order_of_two_lines_is_one_order() -> None:
    second = Fact("paid", "o-1", "2", 800, "CNY")

    figures = told(PAID, second)

    assert (figures["orders_main"], figures["created_lines"]) == (1, 2)
    assert figures["created_minor"] == {"CNY": 2000}


def test_money_of_two_currencies_is_kept_apart() -> None:
    assert told(CREATED, Fact("created", "o-2", "1", 5, "USD"))["created_minor"] == {
        "CNY": 1200,
        "USD": 5,
    }
