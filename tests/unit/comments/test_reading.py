"""What comments mean: labels, products, offsets, and the shipped lexicon without mistakes."""

from __future__ import annotations

import pytest

from streamproc.comments.check import mistakes
from streamproc.comments.explain import explain, matches_of
from streamproc.comments.products import LinkTable, Room
from tests.unit.comments.reading import classifier, labels

LEAST_EXAMPLES = 600


def test_the_shipped_lexicon_has_no_mistakes() -> None:
    assert [str(one) for one in mistakes(classifier())] == []


def test_the_rules_carry_their_examples() -> None:
    rules = classifier().lexicon.rules
    texts = [text for rule in rules for text in (*rule.examples, *rule.counter_examples) if text]

    assert len(texts) >= LEAST_EXAMPLES


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("牛大力没货了,给补下货!", {"restock_request", "stockout_report"}),
        ("年糕怎么做吃好?口味如何?", {"usage_question"}),
        ("优惠券还有吗?", {"coupon_question"}),
    ],
)
def test_the_three_sentences_mean_what_a_person_says(text: str, wanted: set[str]) -> None:
    assert labels(text) == wanted


@pytest.mark.parametrize("product", ["荔枝", "年糕", "虾米"])
def test_another_product_changes_the_product_only(product: str) -> None:
    first = classifier().read([f"{product}没货了"])[0]
    second = classifier().read(["黄皮没货了"])[0]

    assert first.decision == second.decision
    assert first.product != second.product


@pytest.mark.parametrize("text", ["荔枝卖完了", "补货了吗什么时候补货", "优惠券抢光了", "有货吗"])
@pytest.mark.parametrize("noise", ["{}啊", "{}😂", " {} ", "{}~~~", "\u200b{}"])
def test_noise_does_not_change_the_labels(text: str, noise: str) -> None:
    assert labels(noise.format(text)) == labels(text)


@pytest.mark.parametrize("text", ["荔枝卖完了", "没货了", "杨梅抢光了"])
def test_a_question_mark_word_turns_a_stock_out_into_a_question(text: str) -> None:
    assert labels(text) == {"stockout_report"}
    assert labels(text + "吗") == {"availability_question"}


@pytest.mark.parametrize("text", ["没货了", "抢光了", "补货"])
def test_a_coupon_is_never_stock(text: str) -> None:
    assert labels("优惠券" + text) == {"coupon_question"}


def test_a_match_stands_where_it_stood_in_the_original() -> None:
    text = "😂 5️⃣號鏈接 沒 貨 了"

    found = {one.kind: one.text for one in matches_of(classifier(), text)}

    assert found["LINK"].endswith("號鏈接")
    assert found["OUT"] == "沒 貨 了"


def test_an_idiom_hides_a_stock_out_and_the_explanation_says_so() -> None:
    told = explain(classifier(), "卖断货的好东西", Room())

    assert [one.kind for one in told.masks] == ["IDIOM"]
    assert "stockout_report" in told.unmasked.labels


def test_a_link_number_is_the_rooms_own() -> None:
    here = Room(links={3: "lizhi"})

    reading = classifier().read(["3号没货了"], [here])[0]

    assert (reading.product, reading.product_via) == ("lizhi", "link_no")


def test_a_comment_that_names_nothing_means_the_product_on_show() -> None:
    reading = classifier().read(["没货了"], [Room(on_show="lizhi")])[0]

    assert (reading.product, reading.product_via) == ("lizhi", "context")


def test_a_date_is_no_link_number() -> None:
    assert classifier().read(["28号发货吗", "3号发货吗"])[1].product is None


def test_a_link_number_may_change_hands_while_live() -> None:
    table = LinkTable()
    table.assign(3, "lizhi", 1_000)
    table.assign(3, "niangao", 5_000)

    assert [table.at(3, at) for at in (999, 1_000, 4_999, 5_000)] == [
        None,
        "lizhi",
        "lizhi",
        "niangao",
    ]


@pytest.mark.parametrize(
    ("cantonese", "mandarin"),
    [
        ("冇货咗", "没货了"),
        ("唔係賣晒", "不是卖晒"),
        ("睇下,畀我啲", "看下,给我点"),
        ("佢喺度飲", "他在度喝"),
    ],
)
def test_cantonese_characters_become_those_of_mandarin_that_say_the_same(
    cantonese: str, mandarin: str
) -> None:
    normaliser = classifier().normaliser

    assert normaliser.one(cantonese) == normaliser.one(mandarin)


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("多少钱 新疆能发不", "多少钱,新疆能发不"),
        ("多少钱   新疆能发不", "多少钱,新疆能发不"),
        ("没 货 了", "没货了"),
        ("哈哈哈 没货了", "哈,没货了"),
        ("荔枝 没货了", "荔枝没货了"),
        ("xl 没货了 再上点", "xl没货了,再上点"),
        ("no stock 没货了", "no stock没货了"),
    ],
)
def test_a_space_between_two_clauses_parts_them(typed: str, form: str) -> None:
    assert classifier().normaliser.plain(typed) == form


def test_clauses_that_a_space_parts_have_a_meaning_each() -> None:
    assert labels("老公不给买 我偷偷买了") == {"purchase_intent"}
    assert labels("荔枝没货了 多少钱一斤") == {"stockout_report", "price_question"}
