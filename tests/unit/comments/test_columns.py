"""A batch as columns of numbers: what becomes several characters, and what there is too much of."""

from __future__ import annotations

import sys
from unicodedata import normalize

import pytest

from streamproc.comments.alphabet import Alphabet
from streamproc.comments.automaton import CompiledFinder, PlainFinder
from streamproc.comments.columns import MOST_LONG, WORTH_CHARS, Columns
from tests.unit.comments.reading import classifier


def test_what_a_character_becomes_becomes_itself() -> None:
    chars = map(chr, range(sys.maxunicode + 1))
    normaliser = classifier().normaliser
    forms = {normaliser.plain(char) for char in chars if len(normalize("NFKC", char)) > 1}

    assert len(forms) > MOST_LONG
    assert [form for form in forms if normaliser.plain(form) != form] == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("aab", "aab"),
        ("aaab", "ab"),
        ("aaaa", "a"),
        ("aaabbb", "ab"),
        ("1111\n\n\n", "1111\n\n\n"),
        ("…a", "..a"),
        ("xaxaxa", "a"),
        ("…", ".."),
        ("", ""),
    ],
)
def test_what_stands_three_times_stands_once(text: str, form: str) -> None:
    forms = {ord(char): char for char in "ab.1\n"} | {ord("x"): "", ord("…"): ".."}
    columns = Columns(forms, Alphabet("ab."))

    dot = Alphabet("ab.").coded(".")
    assert columns.squeezed(text) == form.replace(".", dot)


def test_too_many_long_characters_are_left_to_others() -> None:
    known = "".join(chr(0x4E00 + each) for each in range(MOST_LONG))
    forms = {ord(char): "ab" for char in known + chr(0x4E00 + MOST_LONG)}
    columns = Columns(forms | {ord("a"): "a", ord("b"): "b"}, Alphabet("ab"))

    assert columns.squeezed(known) == "ab" * MOST_LONG
    assert columns.squeezed("丁" + chr(0x4E00 + MOST_LONG)) is None
    assert columns.squeezed("丁a") == "aba"


def test_a_batch_of_many_long_characters_is_read_all_the_same() -> None:
    columns, plain = (classifier(one).normaliser for one in (CompiledFinder, PlainFinder))
    long = [chr(point) for point in range(0x3200, 0x3400)]
    texts = [char + "没货了" for char in long] * (1 + WORTH_CHARS // len(long))

    assert columns.respelled(columns.unvaried(texts)) == plain.respelled(plain.unvaried(texts))
