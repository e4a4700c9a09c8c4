"""How well comments are read: never below the floors, and alike however they are typed.

The floors of ``comments_floors.toml`` are measured on the simulator's phrases under noise, whose meaning
is known, and on lines as people type them in such rooms, which were labelled before they were read; whoever
moves one does so by a commit of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from streamproc.comments.classifier import Classifier
from streamproc.comments.score import Score, score
from streamproc.simulate.world import phrases, products
from tests.quality.held import FLOORS, typed_lines
from tests.typed import catalog, noisy
from tests.unit.comments.reading import classifier, fresh, traditional

TIMES = 20  # that each phrase is typed, each time about another product and with other noise
SEED = 11
TRUTH: Final = {
    "{n}号没货了?": "availability_question",
    "{p}拍不了": "stockout_report",
    "{p}没货了,给补下货!": "restock_request stockout_report",
    "{p}没货了": "stockout_report",
    "{n}号没货了": "stockout_report",
    "{n}号链接拍不了": "stockout_report",
    "{p}抢不到啊": "stockout_report",
    "{p}断货了吗": "availability_question",
    "补货补货": "restock_request",
    "{p}补一下货": "restock_request",
    "{p}加点库存": "restock_request",
    "{n}号加库存": "restock_request",
    "{p}秒没": "stockout_report",
    "能再追加一批{p}吗": "restock_request",
    "{n}号上点货": "restock_request",
    "怎么又没货了": "stockout_report",
    "显示已售罄": "stockout_report",
    "{p}再来一批": "restock_request",
    "点进去是灰的": "stockout_report",
    "还会补{p}吗": "restock_request",
    "抢到了": "purchase_intent",
    "拍到了拍到了": "purchase_intent",
    "{p}有货了": "other",
    "{n}号可以拍了": "other",
    "{p}怎么发,带冰袋吗": "shipping_question",
}
"""What phrases mean of which the simulator says only when they are typed, or that are read wrong."""


def templates() -> list[tuple[str, tuple[str, ...]]]:
    """Every phrase of viewers and its labels."""
    known = phrases()
    plain = {text: one.id for one in known.intents for text in one.texts}
    loose = dict.fromkeys((*known.stockout.texts, *known.restocked.texts), "")
    told = loose | plain | TRUTH
    return [(template, tuple(labels.split())) for template, labels in told.items()]


def lines() -> list[dict[str, Any]]:
    """Labelled lines, as ``score`` takes them."""
    rng = Random(SEED)
    known = list(enumerate(products(), start=1))
    found = []
    for template, labels in templates():
        for _ in range(TIMES):
            number, product = rng.choice(known)
            text = template.format(p=rng.choice(product.aliases), n=number)
            named = product.id if text != template else None
            found.append({"text": noisy(text, rng), "labels": labels, "product": named})
    return found


@cache
def simulated() -> Classifier:
    """Reads comments about what the simulator sells."""
    return fresh(catalog())


@cache
def measured() -> Score:
    return score(simulated(), lines())


def test_every_phrase_has_a_meaning() -> None:
    assert [template for template, labels in templates() if not labels] == []


@pytest.mark.parametrize("label", FLOORS["f1"])
def test_a_label_is_read_as_well_as_before(label: str) -> None:
    assert measured().labels[label].f1 >= FLOORS["f1"][label]


def test_every_label_has_its_floor() -> None:
    assert set(FLOORS["f1"]) == set(measured().labels)


def test_alarms_are_as_good_as_before() -> None:
    assert measured().alarm.f1 >= FLOORS["alarm"]["f1"]
    assert measured().false_alarms <= FLOORS["alarm"]["most_false"]


def test_products_are_found_as_often_as_before() -> None:
    assert measured().product.f1 >= FLOORS["product"]["f1"]


@cache
def typed() -> Score:
    """On lines as people type them."""
    return score(classifier(), typed_lines())


def test_typed_lines_are_read_as_well_as_before() -> None:
    floors = FLOORS["typed"]

    assert typed().alarm.f1 >= floors["alarm_f1"], typed().misread
    assert typed().false_alarms <= floors["most_false"], typed().misread
    assert typed().macro_f1 >= floors["macro_f1"], typed().misread
    assert typed().labels["availability_question"].f1 >= floors["availability_f1"]
    assert typed().labels["coupon_question"].f1 >= floors["coupon_f1"]
    assert typed().stock_products_right >= floors["products"] * typed().stock_lines


def respelt(text: str) -> str:
    """With a traditional character for each that has one."""
    return text.translate(traditional())


def spaced(text: str) -> str:
    """With spaces between its characters, unless it has words or numbers that they would cut."""
    return text if any(char.isascii() and char.isalnum() for char in text) else " ".join(text)


def drawn_out(text: str) -> str:
    """With its last character three times, unless that is a digit."""
    return text if text[-1].isdecimal() else text + 2 * text[-1]


WAYS: Final[dict[str, Callable[[str], str]]] = {
    "full width": lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "traditional": respelt,
    "capitals": str.upper,
    "an emoji after": lambda text: f"{text}😂",
    "emoji around": lambda text: f"👍🏻{text}❤️",
    "exclamation": lambda text: f"{text}!!!",
    "dots": lambda text: f"{text}……",
    "tilde": lambda text: f"{text}~~~",
    "spaces around": lambda text: f"  {text}   ",
    "two spaces for one": lambda text: text.replace(" ", "  "),
    "spaced": spaced,
    "drawn out": drawn_out,
    "啊": lambda text: f"{text}啊",
    "呀": lambda text: f"{text}呀",
    "zero width between": "\u200b".join,
    "right to left": lambda text: f"\u202e{text}\u202c",
    "a byte order mark": lambda text: f"\ufeff{text}",
}


@pytest.mark.parametrize("way", WAYS)
def test_how_an_example_is_typed_does_not_change_its_labels(way: str) -> None:
    rules = classifier().lexicon.rules
    texts = [text for rule in rules for text in (*rule.examples, *rule.counter_examples)]

    assert changed(classifier(), [text for text in texts if text.strip()], WAYS[way]) == []


@pytest.mark.parametrize("way", WAYS)
def test_how_a_phrase_is_typed_does_not_change_its_labels(way: str) -> None:
    texts = [
        template.format(p=product.aliases[0], n=number)
        for template, _ in templates()
        for number, product in enumerate(products()[:3], start=1)
    ]

    assert changed(simulated(), texts, WAYS[way]) == []


def changed(
    read: Classifier, texts: list[str], way: Callable[[str], str]
) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """What reads otherwise: as it is typed, its labels before and then."""
    typed = [way(text) for text in texts]
    pairs = zip(typed, read.read(texts), read.read(typed), strict=True)
    return [
        (text, one.decision.labels, other.decision.labels)
        for text, one, other in pairs
        if one.decision.labels != other.decision.labels
    ]


def test_a_coupon_before_a_stock_phrase_makes_it_none() -> None:
    stock = [
        template
        for template, labels in templates()
        if set(labels) & {"restock_request", "stockout_report"} and "{" not in template
    ]

    for text, reading in zip(
        stock, simulated().read([f"优惠券{text}" for text in stock]), strict=True
    ):
        assert not {"restock_request", "stockout_report"} & set(reading.decision.labels), text


def test_another_product_changes_only_the_product() -> None:
    """But for a few whose name makes another word together with what stands beside it."""
    kept, all_of = 0, 0
    for template, _ in templates():
        if "{p}" in template:
            texts = [template.format(p=one.aliases[0], n=1) for one in products()]
            readings = simulated().read(texts)
            usual, _ = Counter(reading.decision.labels for reading in readings).most_common(1)[0]
            all_of += len(readings)
            kept += sum(
                reading.product == one.id and reading.decision.labels == usual
                for reading, one in zip(readings, products(), strict=True)
            )

    assert kept / all_of >= FLOORS["product"]["swapped"]
