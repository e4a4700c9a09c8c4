"""How the lexicon writes many words briefly: ``{再,}补{点,些}货`` stands for four words."""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = re.compile(r"([{},])")


def expanded(pattern: str) -> list[str]:
    """Every word that a pattern stands for; braces nest, ``_`` is a space.

    Errors: ``ValueError`` for a brace without its partner.
    """
    words = [""]  # of the choice that is being read
    choices: list[str] = []  # read before it, between the same braces
    around: list[tuple[list[str], list[str]]] = []
    for piece in _MARKS.split(pattern.replace("_", " ")):
        if piece == "{":
            around.append((choices, words))
            choices, words = [], [""]
        elif piece == "}" and around:
            either = choices + words
            choices, before = around.pop()
            words = [one + other for one in before for other in either]
        elif piece == "," and around:
            choices += words
            words = [""]
        elif piece == "}":
            raise _unpaired(pattern)
        elif piece:
            words = [one + piece for one in words]
    if around:
        raise _unpaired(pattern)
    return words


def _unpaired(pattern: str) -> ValueError:
    return ValueError(f"a brace without its partner in {pattern!r}")
