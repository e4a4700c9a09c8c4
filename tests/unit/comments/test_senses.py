from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.comments.memo import MOST_REMEMBERED
from streamproc.comments.senses import Sense, SenseReader, masked
from streamproc.oracle.senses import masked as as_the_oracle_masks
from tests.canaries import PHONES, leaks
from tests.unit.comments.reading import classifier


def read(*texts: str) -> list[Sense]:
    return SenseReader(classifier()).read(texts)


def one(text: str) -> Sense:
    (sense,) = read(text)
    return sense


def test_a_comment_counts_under_its_labels_and_what_it_mentions() -> None:
    asks = one("牛大力没货了,给补下货!").asks
    assert asks is not None
    assert set(asks.labels) == {"restock_request", "stockout_report"}
    assert asks.subject.startswith("p:")


def test_a_link_number_stays_a_number_whatever_it_stands_for() -> None:
    assert [one(text).subject for text in ("3号没货了", "77号没货了", "没货了")] == [
        "l:3",
        "l:77",
        "",
    ]


def test_a_comment_without_a_meaning_counts_under_nothing() -> None:
    sense = one("哈哈哈哈")
    assert (sense.labels, sense.asks, sense.burst, sense.shown) == (("other",), None, "", "")


def test_goods_that_are_back_are_told_unless_they_are_asked_for() -> None:
    back = Sense("", ("other",), "in", None, unexplained=False)
    asked = Sense("", ("restock_request",), "in", None, unexplained=False)
    assert back.told() == ("recovered",)
    assert asked.told() == ("restock_request",)


def test_copies_that_differ_in_noise_or_in_the_name_of_a_product_are_one_burst() -> None:
    same = one("荔枝没货了")
    assert one("妃子笑没货了").burst == same.burst
    assert one("荔枝 没货了").burst == same.burst
    assert one("龙眼没货了").burst != same.burst
    assert one("荔枝卖光了").burst != same.burst


def test_what_many_type_alike_is_short_and_names_something() -> None:
    assert [one(text).typed for text in ("荔枝没货了", "没货了", "荔枝已经没货了吗亲")] == [
        True,
        False,
        False,
    ]


def test_a_text_is_read_once_and_equal_ones_count_at_the_same_place() -> None:
    reader = SenseReader(classifier())
    first, again, other = reader.read(["没货了", "没货了", "没货啦"])
    assert first is again
    assert reader.read(["没货了"]) == [first]
    assert first.asks is other.asks


def test_memory_is_bounded_and_long_texts_are_not_kept() -> None:
    reader = SenseReader(classifier())
    long = "没货了" * 100
    assert reader.read([long, "没货了"])[0].asks is not None
    assert list(reader._known) == ["没货了"]
    texts = [f"没货了{number}" for number in range(MOST_REMEMBERED)]
    reader.read(texts)
    assert len(reader._known) <= MOST_REMEMBERED
    assert reader.read(["没货了"])[0].subject == ""


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES)
def test_a_telephone_number_is_hidden_however_it_is_written(phone: str) -> None:
    assert leaks(phone)
    assert masked(f"加我{phone}谢谢") in {"加我***谢谢", "加我***\ufe0f\u20e3谢谢"}
    assert as_the_oracle_masks(f"加我{phone}谢谢") == masked(f"加我{phone}谢谢")


@given(st.text("0１⑨零 -.·_\ufe0f号a", max_size=60))
def test_the_oracle_hides_the_same_numbers(text: str) -> None:
    assert as_the_oracle_masks(text) == masked(text)


def test_long_numbers_are_hidden_and_long_texts_cut() -> None:
    assert masked("打 138 0013-8000 给我") == "打 *** 给我"
    assert masked("一共123456个") == "一共123456个"
    assert masked("微信1234567") == "微信***"
    assert masked("1、2、3号都要, 各10个, 99元") == "1、2、3号都要, 各10个, 99元"
    assert masked("货" * 80) == "货" * 80
    assert masked("货" * 81) == "货" * 79 + "…"
