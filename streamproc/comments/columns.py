"""A batch brought into form as columns of numbers, all its characters at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from streamproc.comments.alphabet import KEPT, Alphabet

WORTH_CHARS: Final = 512
"""A shorter text is brought into form one character after the other in less time."""
MOST_LONG: Final = 64
"""So many characters that become several are replaced beforehand; each has every batch looked through."""

_UNKNOWN, _DROPPED, _LONG = 0, 0xFFFF, 0xFFFE  # beyond what an alphabet writes with
_ZERO, _NINE, _END = ord("0"), ord("9"), ord("\n")
_SPACE, _SEPARATOR = ord(" "), ord(",")

_Codes = npt.NDArray[np.uint16]
_WRITTEN = np.ones(0x10000, np.bool_)
_WRITTEN[[ord(char) for char in KEPT]] = False


class Columns:
    """Writes texts by an alphabet, and of what stands three times or more in a row the first only.

    Between three characters each of a script without spaces, a space becomes a comma.

    Shapes: ``forms`` holds what each code point becomes; what it gives becomes itself.
    """

    def __init__(self, forms: Mapping[int, str], alphabet: Alphabet) -> None:
        self._forms = forms
        self._alphabet = alphabet
        self._codes: _Codes = np.zeros(0x110000, "<u2")  # what no text holds takes no memory
        self._long: dict[str, str] = {}

    def squeezed(self, text: str) -> str | None:
        """The text in form, or None if it holds characters that this cannot write.

        Shapes: a line end closes the text. Digits and line ends stand as often as they do.
        """
        for char, form in self._long.items():
            text = text.replace(char, form)
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        codes = self._codes[points]
        if not codes.all():
            self._learn(np.unique(points[codes == _UNKNOWN]))
            return self.squeezed(text)
        if (codes == _LONG).any():
            return None
        return _once(_parted(codes[codes != _DROPPED])).tobytes().decode("utf-16-le")

    def _learn(self, points: npt.NDArray[np.uint32]) -> None:
        for point in points.tolist():
            form = self._forms[point]
            code = self._alphabet.coded_text(form)
            if len(code) > 1:
                if len(self._long) < MOST_LONG:
                    self._long[chr(point)] = form
                self._codes[point] = _LONG
            else:
                self._codes[point] = ord(code) if code else _DROPPED


def _parted(codes: _Codes) -> _Codes:
    spaces = np.flatnonzero(codes == _SPACE)
    # a line end closes the text, and so also stands before what is first
    first = spaces[codes[spaces - 1] != _SPACE]
    last = spaces[codes[spaces + 1] != _SPACE]
    parts = np.ones(len(first), np.bool_)
    for away in (1, 2, 3):
        parts &= _WRITTEN[codes[first - away]]
        parts &= _WRITTEN[codes[np.minimum(last + away, len(codes) - 1)]]
    codes[first[parts]] = _SEPARATOR
    return codes


def _once(codes: _Codes) -> _Codes:
    same = codes[1:] == codes[:-1]
    thrice = same[1:] & same[:-1]
    if not thrice.any():
        return codes
    again = np.zeros(len(codes), np.bool_)
    again[1:-1] |= thrice
    again[2:] |= thrice
    kept = (codes >= _ZERO) & (codes <= _NINE) | (codes == _END)
    once: _Codes = codes[~again | kept]
    return once
