"""Laws of comment sense: both backends agree, any text is read, a batch is its comments."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.comments.automaton import CompiledFinder, PlainFinder
from streamproc.comments.explain import matches_of
from tests.unit.comments.reading import classifier

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
    ]
)
TYPED = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)
ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too


@given(WORDS, st.text("ab没货了补x", max_size=40))
def test_both_backends_find_the_same(words: list[str], text: str) -> None:
    assert list(CompiledFinder(words).find(text)) == list(PlainFinder(words).find(text))


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


def test_very_long_comments_are_read() -> None:
    texts = ["没货" * 50_000, "😂" * 100_000, "\u202e没货" * 30_000, " " * 100_000 + "a"]

    assert len(classifier().read(texts)) == len(texts)
