"""Texts cut where no word goes across: made piece by piece they are what they are made whole."""

from __future__ import annotations

import pytest

from streamproc.comments.automaton import PlainFinder
from streamproc.comments.memo import MOST_CHARS, MOST_REMEMBERED
from streamproc.comments.pieces import Pieces
from tests.typed import typed
from tests.unit.comments.reading import classifier

WORDS = ("ab", "b,c", "无", "!", ",", "\n", "a", "b", "c", "z", "q")
RESPELLED = {"q": "b", "z": ""}


class Maker:
    """Marks words and what they stand for, and notes what it was asked to make."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> str:
        self.asked.append(text)
        for spelling, other in RESPELLED.items():
            text = text.replace(spelling, other)
        return text.replace("b,c", "2").replace("ab", "1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "ab!ab\n",
        "b,c\n",
        "ab,ab\n",
        "q,c\n",  # a spelling of what a word goes on with behind the comma
        "bz,c\n",  # a spelling of nothing
        "b,zc\n",
        "a,b,c,a!b,c\n\n无\n",
        "!!,,\n",
    ],
)
def test_a_text_is_made_of_its_pieces(text: str) -> None:
    pieces = Pieces(WORDS, RESPELLED, Maker())

    assert pieces.made(text) == Maker()(text)
    assert pieces.made(text) == Maker()(text), "the second time it is remembered"


def test_a_piece_is_made_once_and_all_new_ones_at_once() -> None:
    make = Maker()
    pieces = Pieces(WORDS, RESPELLED, make)

    pieces.made("ab,无!a!ab!")
    asked = list(make.asked)
    pieces.made("a,无!ab!ab!")

    assert [sorted(text.split("\n")) for text in asked] == [["", "!", ",无!", "a", "ab"]]
    assert make.asked == asked


def test_no_comma_is_cut_at_when_a_word_begins_or_ends_with_one() -> None:
    make = Maker()

    Pieces((*WORDS, ",无"), {}, make).made("a,无,a!b")

    assert "a,无,a" in make.asked[0].split("\n")


def test_a_latin_letter_is_no_place_to_cut_at() -> None:
    make = Maker()

    Pieces((*WORDS, "x"), {}, make).made("abx!a")

    assert "abx" in make.asked[0].split("\n")


def test_what_is_remembered_is_bounded() -> None:
    pieces = Pieces(WORDS, {}, Maker())
    long = "a" * (MOST_CHARS + 1)
    assert pieces.made(long) == long
    assert long not in pieces._made

    for begin in range(0, MOST_REMEMBERED + 2_000, 1_000):
        text = "!".join(f"{'a' * (number % 7)}{number}" for number in range(begin, begin + 1_000))
        assert pieces.made(text) == text

    assert len(pieces._made) <= MOST_REMEMBERED


def test_words_are_found_in_pieces_as_in_whole_texts() -> None:
    signs = classifier(PlainFinder)._signs
    texts = [one.text for one in typed(5_000)]

    form = signs._normaliser.unvaried(texts)

    assert signs._told(form) == signs._signs_in(form)
    assert signs._told != signs._signs_in
