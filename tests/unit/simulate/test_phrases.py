"""What is typed in incidents means what the incident needs, whatever product it is about."""

from __future__ import annotations

import pytest

from streamproc.comments.labels import ALARMS
from streamproc.simulate.world import phrases, products
from tests.alerts.watched import reader

ALIASES = [alias for product in products() for alias in product.aliases]


def labels(templates: tuple[str, ...]) -> list[set[str]]:
    """How each template is read, about each product."""
    texts = [text.format(p=alias, n=3) for text in templates for alias in ALIASES]
    return [set(each.decision.labels) for each in reader().read(texts)]


@pytest.mark.parametrize("name", ["dead_link", "bait", "planted", "storm_stock"])
def test_words_about_stock_are_read_as_that(name: str) -> None:
    assert all(each & ALARMS for each in labels(getattr(phrases().incidents, name)))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("complaint", "complaint"),
        ("no_coupon", "coupon_question"),
        ("unlisted", "availability_question"),
    ],
)
def test_words_are_read_as_their_incident_needs(name: str, label: str) -> None:
    read = labels(getattr(phrases().incidents, name))

    assert sum(1 for each in read if label in each) >= 0.98 * len(read)


@pytest.mark.parametrize("name", ["storm", "still"])
def test_other_words_are_neither_about_stock_nor_questions(name: str) -> None:
    for each in labels(getattr(phrases().incidents, name)):
        assert not each & ALARMS
        assert not any(label.endswith("_question") for label in each)


def test_an_answer_is_read_as_being_about_its_question() -> None:
    for intent, templates in phrases().host.answers.items():
        label = "availability_question" if intent == "stockout_report" else intent
        assert all(label in each for each in labels(templates)), intent


def test_a_host_who_says_that_there_is_plenty_does_not_say_that_there_is_none() -> None:
    texts = [text.format(p=alias, n=3) for text in phrases().host.plenty for alias in ALIASES]

    assert {each.decision.polarity for each in reader().read(texts)} <= {"in", None}
