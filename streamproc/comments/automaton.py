"""Finding all words of a list in one pass: the leftmost first, and of those the longest.

Two backends behind one interface: ``CompiledFinder`` on ahocorasick_rs, ``PlainFinder`` on the
standard library's ``re`` alone. A law in ``tests/laws/test_comments.py`` holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import ahocorasick_rs

Found = tuple[int, int, int]


class Finder(Protocol):
    """Finds words.

    Shapes: ``find`` gives (index of the word, start, end), in order, without overlaps. Words are
    distinct and not empty.
    """

    def __init__(self, words: Sequence[str]) -> None: ...

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest."""
        ...

    def words(self, text: str) -> Sequence[str]:
        """The words that ``find`` finds, without their places: several times as fast."""
        ...


class CompiledFinder:
    """A ``Finder`` of native code: one automaton, flat in the number of words."""

    def __init__(self, words: Sequence[str]) -> None:
        self._automaton = ahocorasick_rs.AhoCorasick(
            list(words),
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
            store_patterns=True,  # so that a word found is no new string
        )

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest. Errors: ``UnicodeError`` for a lone surrogate."""
        found: list[Found] = self._automaton.find_matches_as_indexes(text)
        return found

    def words(self, text: str) -> Sequence[str]:
        """The words that ``find`` finds, without their places. Errors: as ``find``."""
        found: list[str] = self._automaton.find_matches_as_strings(text)
        return found


class PlainFinder:
    """A ``Finder`` of the standard library alone: two characters tell how long a word can be.

    One alternation of all words would slow down with every alias; this does not.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._index = {word: at for at, word in enumerate(words)}
        lengths: dict[str, set[int]] = {}
        for word in words:
            lengths.setdefault(word[:2], set()).add(len(word))
        self._lengths = {two: sorted(all_of, reverse=True) for two, all_of in lengths.items()}
        self._begin = re.compile(_beginning(lengths)).finditer

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest."""
        index, lengths, until = self._index, self._lengths, 0
        found: list[Found] = []
        for match in self._begin(text):
            start = match.start()
            if start < until:
                continue
            two = text[start : start + 2]
            for length in (*lengths.get(two, ()), 1):
                word = text[start : start + length]
                at = index.get(word)
                if at is not None:
                    until = start + len(word)  # at the end of the text the cut is shorter
                    found.append((at, start, until))
                    break
        return found

    def words(self, text: str) -> Sequence[str]:
        """The words that ``find`` finds, without their places."""
        index, lengths = self._index, self._lengths.get
        found: list[str] = []
        take = found.append
        start, end = 0, len(text)
        while start < end:
            two = text[start : start + 2]
            for length in lengths(two, ()):
                word = text[start : start + length]
                if word in index:
                    take(word)
                    start += len(word)
                    break
            else:
                if two[0] in index:
                    take(two[0])
                start += 1
        return found


def _beginning(pairs: Iterable[str]) -> str:
    """A pattern for the places where a word can begin: its first character and its second."""
    firsts = "".join(re.escape(two[0]) for two in pairs)
    alone = "".join(re.escape(two) for two in pairs if len(two) == 1)
    seconds = "".join(re.escape(two[1]) for two in pairs if len(two) > 1)
    each = [f"[{alone}]"] if alone else []
    each += [f"[{firsts}](?=[{seconds}])"] if seconds else []
    return "|".join(each) or "(?!)"


def latin_edges_fit(text: str, start: int, end: int) -> bool:
    r"""Whether a match does not cut a Latin word in two; ``\\b`` is blind beside Chinese."""
    if start and is_latin(text[start]) and is_latin(text[start - 1]):
        return False
    return not (end < len(text) and is_latin(text[end - 1]) and is_latin(text[end]))


def is_latin(char: str) -> bool:
    """Whether a character in form is a letter of Latin words."""
    return "a" <= char <= "z"
