"""Where no rule fires, a comment's characters are asked; where one does, they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.comments.classifier import Classifier
from streamproc.comments.explain import explain
from streamproc.comments.guess import (
    BUCKETS,
    GUESS,
    LONGEST,
    NO_RUN,
    Guesser,
    Weights,
    bucket_of,
    runs_of,
)
from streamproc.comments.labels import LABELS, OTHER, RESTOCK, STOCKOUT
from streamproc.comments.products import Room
from streamproc.comments.senses import SenseReader
from tests.unit.comments.reading import catalog, fresh

UNHEARD_OF = "咕噜咕噜"
VIEWER = Room()


def guesser(*spoken: tuple[str, str], of: str = "test") -> Guesser:
    """One that knows these runs of characters, each as sure of its label."""
    table = np.zeros((BUCKETS, len(LABELS)), np.int8)
    for run, label in spoken:
        table[bucket_of(run), LABELS.index(label)] = 100
    return Guesser(Weights(table, 1.0, np.full(len(LABELS), -5, np.float32), of))


def reader(*spoken: tuple[str, str], of: str = "test") -> Classifier:
    return fresh(catalog(), guesser=guesser(*spoken, of=of))


@pytest.fixture(scope="module")
def restock() -> Classifier:
    """Takes what nobody understands for a wish."""
    return reader(("咕噜", RESTOCK))


@given(st.lists(st.text(st.characters(blacklist_characters="\2\3"), max_size=12), min_size=1))
def test_runs_of_a_batch_are_those_of_each_text(texts: list[str]) -> None:
    runs = runs_of(texts)

    of_each = np.split(runs.buckets, runs.firsts[1:], axis=1)
    for text, found, count in zip(texts, of_each, runs.counts, strict=True):
        whole = f"\2{text}\3"
        expected = sorted(
            bucket_of(whole[at : at + size])
            for size in range(1, LONGEST + 1)
            for at in range(len(whole) - size + 1)
        )
        assert sorted(found[found != NO_RUN].tolist()) == expected
        assert count == len(expected)


@given(st.lists(st.text(max_size=8), max_size=4))
def test_whatever_a_comment_holds_is_guessed_about(restock: Classifier, texts: list[str]) -> None:
    assert len(restock.read(texts)) == len(texts)


def test_no_character_in_form_is_one_that_bounds_texts(restock: Classifier) -> None:
    signs = [chr(point) for point in range(0x110000)]

    assert not {"\2", "\3"}.intersection("".join(restock.alike(["".join(signs)])))


def test_no_texts_have_no_labels() -> None:
    assert guesser().labels([]) == []


def test_labels_stand_in_their_order_and_other_stands_alone() -> None:
    told = guesser(("a", STOCKOUT), ("a", RESTOCK), ("b", OTHER), ("b", "praise"))

    assert told.labels(["a", "b", "c", ""]) == [
        (RESTOCK, STOCKOUT),
        ("praise",),
        (OTHER,),
        (OTHER,),
    ]


def test_where_no_rule_fires_the_guess_stands_and_says_what_it_is(restock: Classifier) -> None:
    (reading,) = restock.read([UNHEARD_OF])

    assert reading.decision.labels == (RESTOCK,)
    assert reading.decision.rules == (GUESS,)
    assert reading.decision.polarity == "unknown"


def test_a_guessed_stock_out_is_about_the_product_that_is_named() -> None:
    (reading,) = reader(("咕噜", STOCKOUT)).read([f"荔枝{UNHEARD_OF}"])

    assert (reading.product, reading.decision.polarity) == ("lizhi", "out")


def test_a_rule_that_fires_is_not_asked_about(restock: Classifier) -> None:
    (reading,) = restock.read([f"没货了,{UNHEARD_OF}"])

    assert reading.decision.labels == (STOCKOUT,)
    assert GUESS not in reading.decision.rules


def test_host_and_staff_ask_for_nothing_also_where_it_is_guessed(restock: Classifier) -> None:
    (reading,) = restock.read([UNHEARD_OF], [Room(role="host")])

    assert reading.decision.labels == (OTHER,)


def test_names_of_products_are_alike(restock: Classifier) -> None:
    one, other = restock.alike(["荔枝咕噜", "年糕咕噜"])

    assert one == other != restock.alike(["咕噜"])[0]


def test_why_names_the_runs_that_spoke_for_it(restock: Classifier) -> None:
    told = explain(restock, UNHEARD_OF, VIEWER)

    assert told.guessed == ((RESTOCK, ("咕噜",)),)
    assert explain(restock, "没货了", VIEWER).guessed == ()


def test_what_guesses_otherwise_is_another_version() -> None:
    versions = {reader().version, reader(of="two").version, reader(("咕噜", RESTOCK)).version}

    assert len(versions) == 3


def test_the_tallies_count_what_is_guessed(restock: Classifier) -> None:
    (sense,) = SenseReader(restock).read([UNHEARD_OF])

    assert sense.asks is not None
    assert sense.asks.labels == (RESTOCK,)
