"""The one form in which comments and lexicon words meet: one script, width, case and spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from streamproc.comments.automaton import Finder, latin_edges_fit

END = "\n"  # closes every comment of a batch; nothing else becomes one
SEPARATOR = ","
_MEANINGFUL = {"🈚": "无", "🈶": "有", "❓": "?", "❔": "?", "❗": "!", "＃": "#", "\u200d": ""}
_KEPT = frozenset("?!#+ ")
_QUOTES = frozenset("'\"`´‘’“”「」『』《》<>〈〉【】[]()（）｢｣*_^")
_RUN = re.compile(r"([^\d\n])\1{2,}")
_LOOSE_SPACE = re.compile(r"(?<![a-z0-9]) +| +(?![a-z0-9])")
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn", "So", "Sk"})


class _Table(dict[int, str]):
    """What each code point becomes; it fills itself, so it never holds more than Unicode does."""

    def __init__(self, simplified: Mapping[str, str]) -> None:
        super().__init__()
        self._simplified = simplified

    def __missing__(self, code: int) -> str:
        found = self[code] = self._form(chr(code))
        return found

    def _form(self, char: str) -> str:
        if char == END:
            return END
        if char in _MEANINGFUL:
            return _MEANINGFUL[char]
        folded = unicodedata.normalize("NFKC", char).lower()
        return "".join(self._piece(one) for one in folded)

    def _piece(self, char: str) -> str:
        category = unicodedata.category(char)
        if char.isspace() or category in {"Zs", "Zl", "Zp"}:
            return " "
        if category in _DROPPED or char in _QUOTES:
            return ""
        if char.isalnum():
            return self._simplified.get(char, char)
        return char if char in _KEPT else SEPARATOR


class Normaliser:
    """Brings text into its form, a batch at a time.

    Shapes: every comment of a batch ends with one ``END``. Errors: none, whatever the text holds.
    """

    def __init__(self, simplified: Mapping[str, str]) -> None:
        self._table = _Table(simplified)
        self._finder: Finder | None = None
        self._replacements: list[str] = []

    def with_variants(self, variants: Mapping[str, str], finder: type[Finder]) -> None:
        """Take on spellings that stand for others; both sides are brought into form first."""
        pairs = {self.plain(a): self.plain(b) for a, b in variants.items()}
        self._replacements = list(pairs.values())
        self._finder = finder(list(pairs)) if pairs else None

    def plain(self, text: str) -> str:
        """One text in form, before variants."""
        form = text.replace(END, SEPARATOR).translate(self._table)
        return _LOOSE_SPACE.sub("", _RUN.sub(r"\1", form))

    def one(self, text: str) -> str:
        """One text in form."""
        return self.batch([text])[:-1]

    def batch(self, texts: Sequence[str]) -> str:
        """All texts in form, each closed by ``END``."""
        joined = END.join(texts) + END
        if joined.count(END) != len(texts):
            joined = END.join(text.replace(END, SEPARATOR) for text in texts) + END
        form = joined.translate(self._table)
        form = _RUN.sub(r"\1", form)
        if " " in form:
            form = _LOOSE_SPACE.sub("", form)
        return self._replaced(form)

    def _replaced(self, form: str) -> str:
        if self._finder is None:
            return form
        parts: list[str] = []
        at = 0
        for which, start, end in self._finder.find(form):
            if latin_edges_fit(form, start, end):
                parts += (form[at:start], self._replacements[which])
                at = end
        return "".join((*parts, form[at:])) if parts else form

    def with_origins(self, text: str) -> tuple[str, list[int]]:
        """A text in form, and for each of its characters the offset it came from; one more for the end.

        Slow: for explanations only.
        """
        chars: list[str] = []
        origins: list[int] = []
        for at, char in enumerate(text):
            piece = SEPARATOR if char == END else self._table[ord(char)]
            chars += piece
            origins += [at] * len(piece)
        form, origins = _cut(_RUN, "".join(chars), origins, keep=1)
        form, origins = _cut(_LOOSE_SPACE, form, origins, keep=0)
        if self._finder is not None:
            form, origins = self._replaced_with_origins(self._finder, form, origins)
        return form, [*origins, len(text)]

    def _replaced_with_origins(
        self, finder: Finder, form: str, origins: list[int]
    ) -> tuple[str, list[int]]:
        parts: list[str] = []
        kept: list[int] = []
        at = 0
        for which, start, end in finder.find(form):
            if not latin_edges_fit(form, start, end):
                continue
            other = self._replacements[which]
            parts += (form[at:start], other)
            kept += origins[at:start]
            last = end - start - 1
            kept += [origins[start + min(i, last)] for i in range(len(other))]
            at = end
        return "".join((*parts, form[at:])), kept + origins[at:]


def _cut(
    pattern: re.Pattern[str], text: str, origins: list[int], *, keep: int
) -> tuple[str, list[int]]:
    parts: list[str] = []
    kept: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        until = match.start() + keep
        parts.append(text[at:until])
        kept += origins[at:until]
        at = match.end()
    return "".join((*parts, text[at:])), kept + origins[at:]
