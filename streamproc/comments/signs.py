"""Comments as strings of signs: one for each word, so that equal strings are read alike.

A sign tells all that a reading needs of a word: its class, which product or link number it names, and
whether it begins and ends in a Latin letter, since a match that cuts a Latin word in two is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from streamproc.comments.alphabet import UNKNOWN
from streamproc.comments.automaton import Finder, Found, is_latin
from streamproc.comments.normalise import END, Normaliser
from streamproc.comments.pieces import Pieces
from streamproc.comments.rules import GAP
from streamproc.comments.vocabulary import Entry

Mentions = tuple[str | int, ...]
_BEGIN, _CLOSE = "<", ">"  # around a word that begins, and that closes, in a Latin letter
_FILLER = "."  # a word without a class
_APART = ":"  # the same where it must not vanish: it keeps Latin letters apart, or has some
_LETTER = f"{_BEGIN}{GAP}{_CLOSE}"
_FIRST_REF = 0x10000  # beyond every class
_REF = re.compile(f"([{chr(_FIRST_REF)}-{chr(0x10FFFF)}])")
_TOUCHING = re.compile(f"{_CLOSE}\\{_FILLER}+{_BEGIN}")
_WORD = f".{_REF.pattern}?"
_CUT = re.compile(f"(?<={_CLOSE}{_BEGIN}){_WORD}|{_WORD}(?={_CLOSE}{_BEGIN})")


class Signs:
    """Turns comments into signs, and signs into what rules are about."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        codes: Mapping[str, str],
        normaliser: Normaliser,
        finder: type[Finder],
    ) -> None:
        self._normaliser = normaliser
        self._refs = list(dict.fromkeys(one.ref for one in entries.values() if one.ref is not None))
        places = {ref: chr(_FIRST_REF + at) for at, ref in enumerate(self._refs)}
        self._alphabet = alphabet = normaliser.know(entries)
        self._sign_of = {
            code: _LETTER if is_latin(code) else GAP
            for code in (*alphabet.code_of.values(), UNKNOWN)
        }
        words = alphabet.coded(END.join(entries)).split(END)
        for word, (kind, ref, _) in zip(words, entries.values(), strict=True):
            sign = codes.get(kind, "")
            self._sign_of[word] = _edged(word, sign if ref is None else sign + places[ref])
        self._sign_of[" "] = _FILLER  # it parts Latin words, which are no gap between classes
        self._sign_of[END] = END
        self._finder = finder(list(self._sign_of))
        self._told: Callable[[str], str] = self._signs_in
        if finder.is_slow:
            self._told = Pieces(self._sign_of, normaliser.known_pairs, self._signs_in).made

    def find(self, form: str) -> Iterable[Found]:
        """Words and single characters of a text in form, with their places."""
        return self._finder.find(self._alphabet.coded_text(form))

    def of(self, texts: Sequence[str]) -> list[str]:
        """The signs of each comment, in order."""
        if not texts:
            return []
        signs = self._told(self._normaliser.unvaried(texts))
        signs = _TOUCHING.sub(_CLOSE + _APART + _BEGIN, signs).replace(_FILLER, "")
        return _once(_once(signs, GAP), _LETTER)[:-1].split(END)

    def _signs_in(self, form: str) -> str:
        """The signs of a text before variants, or of a piece of one."""
        # every character that can occur is a word, so none is left out
        words = self._finder.words(self._normaliser.respelled(form))
        return "".join(map(self._sign_of.__getitem__, words))

    def signature(self, signs: str) -> tuple[str, Mentions]:
        """The classes that a comment's signs tell, and what its mentions refer to, in order."""
        if _BEGIN in signs or _CLOSE in signs:
            signs = _CUT.sub(GAP, signs).replace(_BEGIN, "").replace(_CLOSE, "")
            signs = _once(signs.replace(_APART, ""), GAP)
        pieces = _REF.split(signs)  # classes, a reference, classes, and so on
        if len(pieces) == 1:
            return signs, ()
        refs = [self._refs[ord(ref) - _FIRST_REF] for ref in pieces[1::2]]
        return "".join(pieces[::2]), tuple(refs)


def _edged(word: str, sign: str) -> str:
    begins, closes = is_latin(word[0]), is_latin(word[-1])
    if not (begins or closes):
        return sign or _FILLER
    return f"{_BEGIN if begins else ''}{sign or _APART}{_CLOSE if closes else ''}"


def _once(signs: str, one: str) -> str:
    """Signs in which what stands several times in a row stands once."""
    while one * 2 in signs:
        signs = signs.replace(one * 2, one)
    return signs
