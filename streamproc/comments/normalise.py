"""The one form in which comments and lexicon words meet: one script, width, case and spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from streamproc.comments.alphabet import KEPT, Alphabet
from streamproc.comments.automaton import CompiledFinder, Finder, latin_edges_fit
from streamproc.comments.columns import WORTH_CHARS, Columns

END = "\n"  # closes every comment of a batch; nothing else becomes one
SEPARATOR = ","
_MEANINGFUL = {
    "🈚": "无",
    "🈶": "有",
    "❓": "?",
    "❔": "?",
    "❗": "!",
    "＃": "#",
    "➕": "+",
    "@": "艾特",
    "＠": "艾特",
    "\u200d": "",
}
_KEPT = frozenset("?!#+ ")
_QUOTES = frozenset("'\"`´‘’“”「」『』《》<>〈〉【】[]()（）｢｣*_^")
_RUN = re.compile(r"([^\d\n])\1{2,}")
_STILL = re.compile(rb"\0\0\0\0+")  # at least two steps from a character to its like, or nearly
_LOOSE_SPACE = re.compile(" (?:(?<![a-z0-9] ) *| *(?![a-z0-9 ]))")  # begins literally: fast to find
_WRITTEN = f"[^{re.escape(KEPT)}]{{3}}"  # three characters of a script without spaces
_PARTING_SPACE = re.compile(f" (?<={_WRITTEN} )(?= *{_WRITTEN})")
"""What stands for a comma: who puts spaces between single characters writes none of these. It is asked
before runs shrink, or characters that an alphabet writes as one would be fewer than they are."""
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


class _KnownTable:
    """As ``_Table``, each character written as an alphabet does.

    A subclass of ``dict`` would take a third longer to look up in, so this fills a plain one, to which
    characters come that it does not know yet; whatever text brought some is then translated again.
    """

    def __init__(self, table: _Table, alphabet: Alphabet) -> None:
        self._table = table
        self._alphabet = alphabet
        self._filled: defaultdict[int, int | str | None] = defaultdict(int)
        self._settled = 0

    def translate(self, text: str) -> str:
        """The text, each of its characters brought into form."""
        form = text.translate(self._filled)
        if len(self._filled) == self._settled:
            return form
        for code in islice(self._filled, self._settled, None):
            piece = self._alphabet.coded_text(self._table[code])
            # a code point where there is one character: translating likes it best
            self._filled[code] = ord(piece) if len(piece) == 1 else piece or None
        self._settled = len(self._filled)
        return text.translate(self._filled)


class _Variants:
    """Spellings that stand for others, both in form."""

    def __init__(self, pairs: Mapping[str, str], finder: type[Finder]) -> None:
        self.replacements = list(pairs.values())
        self.finder = finder(list(pairs)) if pairs else None

    def replaced(self, form: str) -> str:
        """The text with what they stand for."""
        if self.finder is None:
            return form
        parts: list[str] = []
        at = 0
        for which, start, end in self.finder.find(form):
            if latin_edges_fit(form, start, end):
                parts += (form[at:start], self.replacements[which])
                at = end
        return "".join((*parts, form[at:])) if parts else form


class Normaliser:
    """Brings text into its form, a batch at a time.

    Shapes: every comment of a batch ends with one ``END``; ``known_pairs`` are variants and what they stand
        for, written by the alphabet. Errors: none, whatever the text holds.
    """

    def __init__(self, simplified: Mapping[str, str], finder: type[Finder]) -> None:
        self._table = _Table(simplified)
        self._finder = finder
        self._pairs: dict[str, str] = {}
        self._variants = _Variants({}, finder)
        self.know(())

    def with_variants(self, variants: Mapping[str, str]) -> None:
        """Take on spellings that stand for others; both sides are brought into form first."""
        self._pairs = {self.plain(a): self.plain(b) for a, b in variants.items()}
        self._variants = _Variants(self._pairs, self._finder)

    def plain(self, text: str) -> str:
        """One text in form, before variants."""
        form = text.replace(END, SEPARATOR).translate(self._table)
        return _LOOSE_SPACE.sub("", _RUN.sub(r"\1", _parted(form)))

    def one(self, text: str) -> str:
        """One text in form."""
        return self.batch([text])[:-1]

    def batch(self, texts: Sequence[str]) -> str:
        """All texts in form, each closed by ``END``."""
        form = _squeezed(_parted(_joined(texts).translate(self._table)))
        return self._variants.replaced(_LOOSE_SPACE.sub("", form))

    def know(self, words: Iterable[str]) -> Alphabet:
        """From now on ``unvaried`` writes by the alphabet of these words and of variants; returns it."""
        alphabet = Alphabet((*words, *self._pairs, *self._pairs.values()))
        self._known = _KnownTable(self._table, alphabet)
        self._columns = None
        if issubclass(self._finder, CompiledFinder):  # the other one needs no native code
            self._columns = Columns(self._table, alphabet)
        self.known_pairs = {alphabet.coded(a): alphabet.coded(b) for a, b in self._pairs.items()}
        self._known_variants = _Variants(self.known_pairs, self._finder)
        return alphabet

    def respelled(self, form: str) -> str:
        """A text that is written by the alphabet with what its variants stand for."""
        return self._known_variants.replaced(form)

    def unvaried(self, texts: Sequence[str]) -> str:
        """As ``batch`` before variants, written by the alphabet: many times as fast."""
        joined = _joined(texts)
        form = None
        if self._columns is not None and len(joined) >= WORTH_CHARS:
            form = self._columns.squeezed(joined)
        if form is None:
            form = _squeezed(_parted(self._known.translate(joined)))
        return _LOOSE_SPACE.sub("", form)

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
        form, origins = _cut(_RUN, _parted("".join(chars)), origins, keep=1)
        form, origins = _cut(_LOOSE_SPACE, form, origins, keep=0)
        if self._variants.finder is not None:
            form, origins = self._replaced_with_origins(self._variants.finder, form, origins)
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
            other = self._variants.replacements[which]
            parts += (form[at:start], other)
            kept += origins[at:start]
            last = end - start - 1
            kept += [origins[start + min(i, last)] for i in range(len(other))]
            at = end
        return "".join((*parts, form[at:])), kept + origins[at:]


def _joined(texts: Sequence[str]) -> str:
    joined = END.join(texts) + END
    if joined.count(END) == len(texts):
        return joined
    return END.join(text.replace(END, SEPARATOR) for text in texts) + END


def _parted(form: str) -> str:
    """As long as it was, with a comma for each space that parts clauses."""
    return _PARTING_SPACE.sub(SEPARATOR, form)


def _squeezed(form: str) -> str:
    """The same as ``_RUN.sub``, which would take longer than everything else together.

    A text is one large number; what it and itself, one character on, differ by is zero where a
    character repeats.
    """
    units = form.encode("utf-16-le")
    if len(units) != 2 * len(form):
        return _RUN.sub(r"\1", form)
    number = int.from_bytes(units, "little")
    steps = (number ^ number >> 16).to_bytes(len(units), "little")
    parts: list[str] = []
    done = 0
    for still in _STILL.finditer(steps):
        first, last = (still.start() + 1) // 2, still.end() // 2
        if last - first > 1 and form[first] != END and not form[first].isdecimal():
            parts.append(form[done : first + 1])
            done = last + 1
    return "".join((*parts, form[done:])) if parts else form


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
