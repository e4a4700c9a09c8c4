from __future__ import annotations

from streamproc.tally.sold import PRODUCTS_OF_MINUTE, REST, MinuteSold, Sold
from tests.builders import T0


def test_lines_pieces_and_refusals_are_counted_by_pack_and_pane() -> None:
    sold = MinuteSold()
    sold.create("p-1", "", 2, T0)
    sold.create("p-1", "k-1", 1, T0 + 59_999)
    sold.create("p-1", "", 3, T0 + 10_000)
    sold.refuse("p-1", T0 + 20_000)

    assert sold.packs == {
        ("p-1", ""): Sold([1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], 5, {0: 1, 10: 1}, 1),
        ("p-1", "k-1"): Sold([0, 0, 0, 0, 0, 1], [0] * 6, 1, {59: 1}, 2),
    }


def test_a_pack_for_which_there_is_no_room_counts_with_the_rest() -> None:
    sold = MinuteSold()
    for n in range(PRODUCTS_OF_MINUTE + 3):
        sold.create(f"p-{n}", "", 1, T0)
    place = sold.create("another", "", 4, T0 + 1)

    assert len(sold.packs) == PRODUCTS_OF_MINUTE + 1
    assert sold.packs[REST, ""] == Sold([4, 0, 0, 0, 0, 0], [0] * 6, 7, {0: 4}, place)
    assert sold.create("p-0", "", 1, T0) == 1


def test_a_line_taken_back_leaves_its_pack_where_it_is() -> None:
    sold = MinuteSold()
    places = [sold.create(f"p-{n % 2}", "", 2, T0 + n * 1_000) for n in range(3)]
    assert sold.packs["p-0", ""].last_s == 2
    sold.take_back(places[2], 2, T0 + 2_999)
    assert sold.packs["p-0", ""] == Sold([1, 0, 0, 0, 0, 0], [0] * 6, 2, {0: 1}, 1)
    assert sold.packs["p-0", ""].last_s == 0
    sold.take_back(places[0], 2, T0)

    assert sold.packs["p-0", ""] == Sold(place=1)
    assert sold.packs["p-0", ""].last_s is None
    assert sold.create("p-3", "", 1, T0) == 3


def test_lines_asked_back_are_counted_by_reason() -> None:
    sold = MinuteSold()
    for reason in ("quality", "quality", ""):
        sold.ask_back(reason)

    assert sold.requested == {"quality": 2, "": 1}
    sold.ask_no_more("")
    assert sold.requested == {"quality": 2}
