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


class CompiledFinder:
    """A ``Finder`` of native code: one automaton, flat in the number of words."""

    def __init__(self, words: Sequence[str]) -> None:
        self._automaton = ahocorasick_rs.AhoCorasick(
            list(words), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest. Errors: ``UnicodeError`` for a lone surrogate."""
        found: list[Found] = self._automaton.find_matches_as_indexes(text)
        return found


class PlainFinder:
    """A ``Finder`` of the standard library: ``re`` leaps to where a word can begin, a table decides.

    One alternation of all words would slow down with every alias; this does not.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._index = {word: at for at, word in enumerate(words)}
        lengths: dict[str, set[int]] = {}
        for word in words:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: sorted(all_of, reverse=True) for first, all_of in lengths.items()}
        firsts = "".join(re.escape(char) for char in sorted(lengths))
        self._begin = re.compile(f"[{firsts}]" if firsts else r"(?!)").finditer

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest."""
        index, lengths, until = self._index, self._lengths, 0
        found: list[Found] = []
        for match in self._begin(text):
            start = match.start()
            if start < until:
                continue
            for length in lengths[text[start]]:
                word = text[start : start + length]
                at = index.get(word)
                if at is not None:
                    until = start + len(word)  # at the end of the text the cut is shorter
                    found.append((at, start, until))
                    break
        return found


def latin_edges_fit(text: str, start: int, end: int) -> bool:
    r"""Whether a match does not cut a Latin word in two; ``\\b`` is blind beside Chinese."""
    if start and _latin(text[start]) and _latin(text[start - 1]):
        return False
    return not (end < len(text) and _latin(text[end - 1]) and _latin(text[end]))


def _latin(char: str) -> bool:
    return "a" <= char <= "z"
