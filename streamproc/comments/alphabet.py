"""The characters that words are made of, each written with as few bytes as there are left.

Automata walk bytes: a Chinese character has three of them, and hardly two thousand occur in words. With
one or two bytes for each, an automaton is half as large, and built and walked in half the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

UNKNOWN: Final = (
    "\x7f"  # stands for every character of no word; in no form, since its like are dropped
)
KEPT: Final = "abcdefghijklmnopqrstuvwxyz0123456789 ,!?#+\n"
"""What is written as it is: it tells loose spaces, cut words, numbers and the ends of comments."""


_SAMPLED: Final = 7  # one character of so many tells well enough which are frequent


class Alphabet:
    """The characters of some words.

    Shapes: every character has one of its own, digits and Latin letters themselves; what is in no word
    has ``UNKNOWN``. No other becomes a digit, so that runs stay what they are.
    """

    def __init__(self, words: Iterable[str]) -> None:
        chars = "".join(words)
        often = (char for char, _ in Counter(chars[::_SAMPLED]).most_common())
        self.code_of = {char: char for char in KEPT}
        short = _codes()
        for char in (*often, *sorted(set(chars))):
            if char not in self.code_of:
                self.code_of[char] = next(short)
        self._table = {ord(char): code for char, code in self.code_of.items()}

    def coded(self, word: str) -> str:
        """A word of known characters, written briefly."""
        return word.translate(self._table)

    def coded_text(self, form: str) -> str:
        """Any text in form, written briefly: character by character, so places stay the same."""
        return "".join([self.code_of.get(char, UNKNOWN) for char in form])


def _codes() -> Iterator[str]:
    """Characters to write with, the shortest first."""
    for point in range(1, 0xD800):
        char = chr(point)
        if char not in KEPT and char != UNKNOWN and not char.isdecimal():
            yield char
