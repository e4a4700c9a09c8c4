"""Laws of comment sense: both backends agree, any text is read, a batch is its comments."""

from __future__ import annotations

import re
from functools import cache
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamproc.comments.automaton import CompiledFinder, Finder, PlainFinder, latin_edges_fit
from streamproc.comments.classifier import Reading
from streamproc.comments.columns import WORTH_CHARS
from streamproc.comments.explain import matches_of
from streamproc.comments.normalise import Normaliser
from streamproc.comments.rules import GAP
from tests.unit.comments.reading import catalog, classifier

WORDS = st.lists(
    st.text("ab没货了补", min_size=1, max_size=5), min_size=1, max_size=12, unique=True
)
PIECES = st.sampled_from(
    [
        "荔枝",
        "3号",
        "没货",
        "了",
        "补",
        "吗",
        "優惠券",
        "sold out",
        " ",
        "?",
        ",",
        "😂",
        "\u200b",
        "\n",
        "哈哈哈",
        "的",
        "it",
        "no",
        "b",
        "鱻",
        "666",
        "  ",
        "luobogan",
    ]
)
TYPED = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)
ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too


@given(WORDS, st.text("ab没货了补x", max_size=40))
def test_both_backends_find_the_same(words: list[str], text: str) -> None:
    assert list(CompiledFinder(words).find(text)) == list(PlainFinder(words).find(text))


@given(WORDS, st.text("ab没货了补x", max_size=40))
def test_words_are_those_that_are_found(words: list[str], text: str) -> None:
    for finder in (CompiledFinder(words), PlainFinder(words)):
        assert list(finder.words(text)) == [words[which] for which, _, _ in finder.find(text)]


def test_a_word_may_be_very_long() -> None:
    words = ["货", "没货" * 1_000]

    for finder in (CompiledFinder(words), PlainFinder(words)):
        assert list(finder.words("没货" * 1_999)) == [words[1], *["货"] * 999]


@cache
def all_words() -> Finder:
    """Finds the words as they are, not as the classifier writes them."""
    return PlainFinder(list(classifier().vocabulary.entries))


def read_plainly(text: str) -> Reading:
    """What a comment means, one word after the other: no batch, no signs, nothing remembered."""
    one = classifier()
    entries = list(one.vocabulary.entries.values())
    form = one.normaliser.one(text)
    signature, refs, last = "", [], 0
    for which, start, end in all_words().find(form):
        if not latin_edges_fit(form, start, end):
            continue
        entry = entries[which]
        kind = one.lexicon.classes.get(entry.kind)
        signature += GAP if form[last:start].strip(" ") else ""  # a space only parts Latin words
        signature += "" if kind is not None and kind.ignored else one.vocabulary.codes[entry.kind]
        refs += [] if entry.ref is None else [entry.ref]
        last = end
    signature += GAP if form[last:].strip(" ") else ""
    decision = one.decider.decide(re.sub(f"{GAP}+", GAP, signature))
    links = catalog().links()
    for ref in (refs[at] for at in decision.mentions):
        if isinstance(ref, str):
            return Reading(decision, ref, "alias")
        if ref in links:
            return Reading(decision, links[ref], "link_no")
    return Reading(decision, None, None)


@settings(deadline=None, max_examples=200)
@given(st.lists(TYPED | ANY_TEXT, max_size=6))
@example(["ÀŁŁ ŁŁŃ", "鱻鱻鱻 没货了"])  # three of no word are three, though they are written alike
def test_a_batch_is_read_as_it_is_plainly(texts: list[str]) -> None:
    assert classifier().read(texts) == [read_plainly(text) for text in texts]


@given(st.lists(TYPED | st.text("哈6 a,…𠀀\n", max_size=12), min_size=1, max_size=4))
def test_the_fast_form_is_the_form_where_all_characters_are_known(texts: list[str]) -> None:
    normaliser = Normaliser({"優": "优"}, PlainFinder)
    normaliser.with_variants({"没或": "没货"})
    form = normaliser.batch(texts)

    assert normaliser.know(form).coded(form) == normaliser.respelled(normaliser.unvaried(texts))


@settings(deadline=None)
@given(st.lists(TYPED | st.text("哈6 a,…@٣𠀀\ud800\n") | ANY_TEXT, min_size=1, max_size=6))
def test_a_large_batch_has_the_form_of_a_small_one(texts: list[str]) -> None:
    columns, plain = (classifier(one).normaliser for one in (CompiledFinder, PlainFinder))
    many = texts * (1 + WORTH_CHARS // (len(texts) + sum(map(len, texts))))

    assert columns.respelled(columns.unvaried(many)) == plain.respelled(plain.unvaried(many))


@settings(deadline=None)
@given(st.lists(TYPED | ANY_TEXT, max_size=6))
def test_both_backends_read_the_same(texts: list[str]) -> None:
    assert classifier().read(texts) == classifier(PlainFinder).read(texts)


@settings(deadline=None)
@given(st.lists(TYPED | ANY_TEXT, max_size=6))
def test_a_batch_is_its_comments_one_by_one(texts: list[str]) -> None:
    one_by_one = [classifier().read([text])[0] for text in texts]

    assert classifier().read(texts) == one_by_one


@settings(deadline=None)
@given(TYPED | ANY_TEXT)
def test_origins_belong_to_the_form(text: str) -> None:
    form, origins = classifier().normaliser.with_origins(text)

    assert form == classifier().normaliser.one(text)
    assert len(origins) == len(form) + 1
    assert origins == sorted(origins)


@settings(deadline=None)
@given(TYPED | ANY_TEXT)
def test_every_match_is_cut_from_the_original(text: str) -> None:
    for one in matches_of(classifier(), text):
        assert text[one.start : one.end] == one.text
        assert one.start < one.end


HOSTILE = (
    "没货", "没", "哈", "6", "a", "a ", "no", "的a", "鱻", " ", ",", "?", "\n", "\0", "😂", "\u200b",
    "\u202e没货", "a\u0300", "ﷺ", "𠀀", "\ud800", "3号", "但",
)  # fmt: skip
LONG = 100_000
ROUNDS = 3


@pytest.mark.parametrize("finder", [CompiledFinder, PlainFinder])
def test_very_long_comments_are_read(finder: type[Finder]) -> None:
    texts = [(piece * LONG)[:LONG] for piece in HOSTILE]

    assert len(classifier(finder).read(texts)) == len(texts)
    assert classifier(finder).read(texts[:1])[0].decision.labels == ("stockout_report",)


@pytest.mark.parametrize("finder", [CompiledFinder, PlainFinder])
@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_a_longer_comment_takes_as_much_longer(piece: str, finder: type[Finder]) -> None:
    few, many = (best_s(piece * times, finder) for times in (LONG // 8, LONG))

    assert many < 24 * few + 0.01, "eight times the text: 64 times the time would be its square"


def best_s(text: str, finder: type[Finder]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begin = process_time()
        classifier(finder).read([text])
        taken.append(process_time() - begin)
    return min(taken)
