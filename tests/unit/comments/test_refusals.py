"""A lexicon that contradicts itself is refused, with file and line."""

from __future__ import annotations

import pytest

from streamproc.comments.check import check
from streamproc.comments.classifier import Classifier
from streamproc.comments.products import read_catalog
from streamproc.errors import BadLexicon
from tests.unit.comments.reading import with_own

RULE = '[[rule]]\nid = "own.rule"\nemit = "praise"\n'
RUNNING_INTO = """
[class.OWN]
words = "没货啦哈"
[class.GREETING]
words = "啦哈喽"
"""
REFUSED = {
    "no TOML": "[class",
    "unknown class": RULE + 'all = "NOWHERE"\nexamples = "好"',
    "never fire": RULE + 'all = "OUT"\nnone = "OUT"\nexamples = "没货"',
    "no label": '[[rule]]\nid = "own.rule"\nemit = "joy"\nall = "OUT"',
    "should fire": RULE + 'all = "COUPON"\nrank = 1\nexamples = "没货"',
    "should not fire": RULE
    + 'all = "OUT"\nrank = 1\nexamples = "没货"\ncounter_examples = "卖完了"',
    "no example": RULE + 'all = "OUT"\nrank = 1',
    "is in class": '[class.COUPON]\nwords = "没货"',
    "a brace": '[class.COUPON]\nwords = "{券"',
    "'words' of [class.COUPON] must be a text": "[class.COUPON]\nwords = 3",
    "'stock' of [class.OUT] must be true or false": '[class.OUT]\nstock = "yes"',
    "'rank' of \"own.rule\" must be a whole number": RULE + 'rank = "first"',
    "'没货' of [variants] must be a text": '[variants]\n"没货" = ["没或"]',
    "'class' is no table": 'class = "OUT"',
    "[class.OUT] is no table": '[class]\nOUT = "没货"',
    "written as [[rule]]": '[rule]\nid = "own.rule"',
    "has no id": "rule = [3]",
    "stands for '没货' and for '有货'": '[variants]\n"没货" = "冇哂影"\n"有货" = "冇哂影"',
    "'没货啦哈喽' shows only the first": RUNNING_INTO.replace("OWN", "OUT"),
    "otherwise": '[class.OWN]\nwords = "冇哂影"\nat_end_only = true',
    "is empty": '[class.COUPON]\nwords = "😂"',
}


@pytest.mark.parametrize(("what", "text"), REFUSED.items(), ids=REFUSED)
def test_a_mistake_is_refused_by_file_and_line(what: str, text: str) -> None:
    with pytest.raises(BadLexicon, match=r"own\.toml") as refused:
        check(with_own(text))

    assert what in str(refused.value)


def test_an_alias_of_two_products_is_refused() -> None:
    products = [{"id": "a", "name": "荔枝"}, {"id": "b", "name": "b", "aliases": ["荔枝"]}]

    with pytest.raises(BadLexicon, match="alias of 'a' and of 'b'"):
        Classifier({}, {}, read_catalog({"products": products}, "test"))


def test_own_words_take_effect() -> None:
    own = with_own('[class.OUT]\nwords = "冇哂影"')

    assert own.read(["荔枝冇哂影"])[0].decision.labels == ("stockout_report",)


def test_words_that_run_into_each_other_are_taken_when_the_file_says_which_is_meant() -> None:
    own = RUNNING_INTO.replace("OWN", "OUT")

    with pytest.raises(BadLexicon, match="runs into '啦哈喽' of class GREETING"):
        check(with_own(own))
    check(with_own(own + '[overlaps]\nOUT = "GREETING"'))


def test_words_that_run_into_each_other_are_taken_if_no_alarm_depends_on_it() -> None:
    check(with_own(RUNNING_INTO.replace("OWN", "PRAISE")))
