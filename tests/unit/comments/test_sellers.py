"""Host and staff tell of stock; they ask for nothing."""

from __future__ import annotations

import pytest

from streamproc.comments.classifier import Reading
from streamproc.comments.products import Room
from tests.unit.comments.reading import classifier


def said(text: str, role: str, on_show: str | None = None) -> Reading:
    return classifier().read([text], [Room(on_show=on_show, role=role)])[0]


@pytest.mark.parametrize("role", ["host", "staff"])
@pytest.mark.parametrize(
    ("text", "labels", "polarity"),
    [
        ("二号刚刚清空了哈", ("stockout_report",), "out"),
        ("荔枝没货了,等补货", ("stockout_report",), "out"),
        ("各位2号已经补上", ("other",), "in"),
        ("补货啦大家快拍", ("other",), "in"),
        ("马上给大家补货", ("other",), None),
        ("荔枝今晚八点上架", ("other",), None),
        ("还有货吗", ("other",), None),
        ("没货了吗", ("other",), None),
        ("我家荔枝真好吃", ("other",), None),
    ],
)
def test_what_they_say_is_a_fact_of_stock_or_nothing(
    role: str, text: str, labels: tuple[str, ...], polarity: str | None
) -> None:
    decision = said(text, role).decision

    assert (decision.labels, decision.polarity) == (labels, polarity)


@pytest.mark.parametrize("role", ["viewer", "other", "moderator of the platform", ""])
def test_everybody_else_is_read_as_a_viewer(role: str) -> None:
    for text in ("荔枝没货了,等补货", "还有货吗", "补货啦大家快拍"):
        assert said(text, role) == classifier().read([text])[0]


def test_a_fact_that_names_nothing_is_of_the_product_on_show() -> None:
    assert said("补上了", "host", on_show="lizhi").product == "lizhi"
    assert said("大家好", "host", on_show="lizhi").product is None
