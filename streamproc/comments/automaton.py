"""Finding all words of a list in one pass: the leftmost first, and of those the longest.

Two backends behind one interface: ``CompiledFinder`` on ahocorasick_rs, ``PlainFinder`` on the
standard library's ``re`` alone. A law in ``tests/laws/test_comments.py`` holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

import ahocorasick_rs

Found = tuple[int, int, int]
_Node = dict[str, Any]


class Finder(Protocol):
    """Finds words.

    Shapes: ``find`` gives (index of the word, start, end), in order, without overlaps. Words are
    distinct and not empty. ``is_slow``: it takes longer to find words than to look up which were found.
    """

    is_slow: ClassVar[bool]

    def __init__(self, words: Sequence[str]) -> None: ...

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest."""
        ...

    def words(self, text: str) -> Sequence[str]:
        """The words that ``find`` finds, without their places: several times as fast."""
        ...


class CompiledFinder:
    """A ``Finder`` of native code: one automaton, flat in the number of words."""

    is_slow: ClassVar[bool] = False

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
    """A ``Finder`` of the standard library alone: words as a tree, entered by two characters.

    One alternation of all words would slow down with every alias; this does not.
    """

    is_slow: ClassVar[bool] = True

    def __init__(self, words: Sequence[str]) -> None:
        self._index = {word: at for at, word in enumerate(words)}
        self._tree = _tree(words)
        self._reach = max(map(len, words), default=0)
        self._begin = re.compile(_beginning({word[:2] for word in words})).finditer

    def find(self, text: str) -> Iterable[Found]:
        """Every word found, leftmost-longest."""
        until = 0
        found: list[Found] = []
        for match in self._begin(text):
            start = match.start()
            if start < until:
                continue
            longest = self._longest(text, start)
            if longest:
                until = start + len(longest)
                found.append((self._index[longest], start, until))
        return found

    def words(self, text: str) -> Sequence[str]:
        """The words that ``find`` finds, without their places."""
        index, enter, reach = self._index, self._tree.get, self._reach
        found: list[str] = []
        take = found.append
        start, end = 0, len(text)
        while start < end:
            two = text[start : start + 2]
            node = enter(two)
            if node is None:
                if two[0] in index:
                    take(two[0])
                start += 1
                continue
            longest = (
                node if node.__class__ is str else _along(node, text[start + 2 : start + reach])
            )
            if longest or two[0] in index:
                take(longest or two[0])
            start += len(longest) or 1
        return found

    def _longest(self, text: str, start: int) -> str:
        """The longest word that begins here, or nothing."""
        node = self._tree.get(text[start : start + 2], "")
        longest = (
            node if isinstance(node, str) else _along(node, text[start + 2 : start + self._reach])
        )
        return longest or (text[start] if text[start] in self._index else "")


def _along(node: _Node, text: str) -> str:
    """The longest word that ends along the text, or nothing."""
    longest: str = node.get("", "")
    for char in text:
        following: _Node | str | None = node.get(char)
        if following is None:
            return longest
        if isinstance(following, str):
            return following
        node = following
        longest = node.get("", longest)
    return longest


def _tree(words: Iterable[str]) -> _Node:
    """Words by their first two characters, then by one after the other.

    Shapes: a node holds the nodes that follow it, and at "" the word that ends there; where no node
    follows, there is the word instead.
    """
    tree: _Node = {}
    for word in words:
        if len(word) > 1:
            node = tree
            for step in (word[:2], *word[2:]):
                node = node.setdefault(step, {})
            node[""] = word
    left = [tree]
    while left:
        node = left.pop()
        for step, following in node.items():
            if step and following.keys() == {""}:
                node[step] = following[""]
            elif step:
                left.append(following)
    return tree


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
