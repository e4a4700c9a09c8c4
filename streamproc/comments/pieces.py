"""A text in pieces that no word crosses, so that what was made of a piece need not be made again.

People write the same clauses again and again, so of a batch of different comments most pieces were there
before. Native code is as fast as looking up would be; plain Python is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from streamproc.comments.automaton import is_latin
from streamproc.comments.memo import MOST_CHARS, MOST_REMEMBERED
from streamproc.comments.normalise import END, SEPARATOR

_JOINT: Final = "\0"  # a comma that words may cross; in no form, and no character is written so


class Pieces:
    """Cuts texts where no word goes across, and remembers what was made of each piece.

    Shapes: ``words`` and ``respelled``, spellings with what they stand for, are all that is looked for.
        What ``make`` gives of pieces is, joined, what it gives of the text, and ``END`` stays what it is.
    """

    def __init__(
        self, words: Iterable[str], respelled: Mapping[str, str], make: Callable[[str], str]
    ) -> None:
        words = list(words)
        longer = [word for word in words if len(word) > 1]
        within = set("".join(longer)).union(*respelled) - {SEPARATOR}
        # a Latin letter is none, even in no word: whether it touches one matters
        alone = {word for word in words if len(word) == 1 and not is_latin(word)}
        cuts = (alone | {SEPARATOR, END}) - within
        self._cut = re.compile(f"([{_escaped(cuts)}]+)").split
        self._joint = re.compile(_crossed((*longer, *respelled), respelled)).sub
        self._make = make
        self._made: dict[str, str] = {}

    def made(self, text: str) -> str:
        """What is made of a text."""
        pieces = self._cut(self._joint(_JOINT, text))
        made = self._made
        missing = list(set(pieces).difference(made))
        if len(made) + len(missing) > MOST_REMEMBERED:
            made.clear()
            missing = list(set(pieces))
        if missing:
            self._learn(missing)
        found = "".join(map(made.__getitem__, pieces))
        for piece in missing:
            if len(piece) > MOST_CHARS:
                del made[piece]
        return found

    def _learn(self, missing: list[str]) -> None:
        """Make all at once, but for the few that hold what parts them."""
        whole = [piece for piece in missing if END not in piece]
        if whole:
            made = self._make(END.join(whole).replace(_JOINT, SEPARATOR)).split(END)
            self._made.update(zip(whole, made, strict=True))
        for piece in missing:
            if END in piece:
                self._made[piece] = self._make(piece)


def _crossed(words: Iterable[str], respelled: Mapping[str, str]) -> str:
    """A pattern for each comma that a word may go across, and for others that are seldom there."""
    before, after = {SEPARATOR}, {SEPARATOR}
    for word in words:
        if SEPARATOR in (word[0], word[-1]):
            return SEPARATOR
        for at, char in enumerate(word):
            if char == SEPARATOR:
                before.add(word[at - 1])
                after.add(word[at + 1])
    for spelling, other in respelled.items():
        if not other or other[-1] in before:
            before.add(spelling[-1])
        if not other or other[0] in after:
            after.add(spelling[0])
    # it begins with what is seldom there, so it is found fast
    return f"{SEPARATOR}(?<=[{_escaped(before)}]{SEPARATOR})(?=[{_escaped(after)}])"


def _escaped(chars: Iterable[str]) -> str:
    return re.escape("".join(sorted(chars)))
