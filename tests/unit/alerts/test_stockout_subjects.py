"""Which product or pack is out: by name, link number, what is on show, or nobody knows."""

from __future__ import annotations

from streamproc.tally.floor import Floor
from tests.unit.alerts.shop import ago, asked, floor_with, found, in_stock, out_of_stock, shop, told

OUT = "stockout_report"


def test_a_comment_is_about_what_was_on_show_when_it_was_made() -> None:
    pins = [(ago(4000), "p-1"), (ago(5), "p-2")]
    made = shop(
        pace=0, said=asked(OUT, 8, "", from_s=12), refused=[8, 7, 6], floor=floor_with(pins=pins)
    )

    assert set(found(made)) == {"p:p-1"}


def test_a_link_number_is_what_it_was_when_it_was_said() -> None:
    links = [(ago(4000), 1, "p-1"), (ago(5), 1, "p-2")]
    made = shop(stopped_s=20, said=asked(OUT, 4, "l:1", from_s=12), floor=floor_with(links=links))

    assert set(found(made)) == {"p:p-1"}


def test_what_nobody_knows_the_product_of_is_the_rooms() -> None:
    made = shop(stopped_s=20, said=asked(OUT, 4, "l:9"), floor=floor_with(pins=[]))

    finding = found(made)[""]

    assert (finding.state, finding.severity) == ("suspected", "ticket")


def test_a_room_that_sells_something_else_does_not_stop() -> None:
    made = shop(stopped_s=20, also=4, said=asked(OUT, 4, "l:9"), floor=floor_with(pins=[]))

    assert found(made)[""].state == "info"


def test_a_product_that_is_not_sold_here_cannot_run_out() -> None:
    assert found(shop(stopped_s=20, said=asked(OUT, 6, "p:p-9"))) == {}


def test_a_product_that_may_be_one_of_many_that_are_sold_here_can_run_out() -> None:
    made = shop(pace=0, said=asked(OUT, 6, "p:p-9"), floor=floor_with(dropped=True))

    assert set(found(made)) == {"p:p-9"}


def test_where_nothing_is_listed_every_product_may_run_out() -> None:
    made = shop(stopped_s=20, said=asked(OUT, 4), floor=Floor())

    assert told(made) == "suspected ticket"


def test_a_pack_that_is_out_while_others_sell_is_a_ticket() -> None:
    stock = {"s": out_of_stock(100, told_s=5), "m": in_stock()}
    made = shop(packs=("m",), stock=stock, said=asked(OUT, 1))

    assert set(found(made)) == {"p:p-1/s"}
    assert found(made)["p:p-1/s"].severity == "ticket"


def test_a_pack_that_viewers_miss_is_a_page_when_it_lasts() -> None:
    stock = {"s": out_of_stock(100, told_s=5), "m": in_stock()}
    made = shop(packs=("m",), stock=stock, said=asked(OUT, 5))

    assert found(made)["p:p-1/s"].severity == "page"


def test_packs_that_are_all_out_are_the_product() -> None:
    stock = {"s": out_of_stock(100, told_s=50), "m": out_of_stock(12)}

    assert set(found(shop(stopped_s=14, packs=("s", "m"), stock=stock))) == {"p:p-1"}
