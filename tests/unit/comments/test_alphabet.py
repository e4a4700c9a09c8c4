"""An alphabet writes words with few bytes, and no two of them alike."""

from __future__ import annotations

from streamproc.comments.alphabet import KEPT, UNKNOWN, Alphabet

IDEOGRAPHS = "".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))


def test_each_character_has_its_own() -> None:
    written = Alphabet([IDEOGRAPHS, "没货", "sold out"]).coded(KEPT + IDEOGRAPHS)

    assert len(set(written)) == len(KEPT) + len(IDEOGRAPHS)
    assert UNKNOWN not in written


def test_what_tells_words_and_numbers_stays_and_nothing_becomes_a_digit() -> None:
    alphabet = Alphabet([IDEOGRAPHS])

    assert alphabet.coded(KEPT) == KEPT
    assert not any(char.isdecimal() for char in alphabet.coded(IDEOGRAPHS))


def test_frequent_characters_take_one_byte_and_the_others_two() -> None:
    alphabet = Alphabet(["没" * 1_000, IDEOGRAPHS[:1_500]])

    assert len(alphabet.coded("没").encode()) == 1
    assert len(alphabet.coded(IDEOGRAPHS[:1_500]).encode()) <= 2 * 1_500


def test_what_is_in_no_word_is_unknown() -> None:
    assert Alphabet(["没货"]).coded_text("没鱻货") == Alphabet(["没货"]).coded("没") + (
        UNKNOWN + Alphabet(["没货"]).coded("货")
    )
