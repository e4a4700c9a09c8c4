"""A text in pieces that no word crosses, so that what was made of a piece need not be made again.

People write the same clauses again and again, so of a batch of different comments most pieces were there
before. Native code is as fast as looking up would be; plain Python is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from streamproc.comments.automaton import is_latin
from streamproc.comments.memo import MemoOfMany
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
        self._made = MemoOfMany(self._made_of)

    def made(self, text: str) -> str:
        """What is made of a text."""
        return "".join(self._made.of(self._cut(self._joint(_JOINT, text))))

    def _made_of(self, pieces: Sequence[str]) -> Iterator[str]:
        """Made all at once, but for the few that hold what parts them."""
        whole = END.join([piece for piece in pieces if END not in piece])
        made = iter(self._make(whole.replace(_JOINT, SEPARATOR)).split(END))
        return (self._make(piece) if END in piece else next(made) for piece in pieces)


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
