"""All words of a lexicon and a catalogue, each with its class: what the automaton is built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamproc.comments.lexicon import RESERVED, Lexicon, WordClass
from streamproc.comments.normalise import END, Normaliser
from streamproc.comments.products import Catalog
from streamproc.errors import BadLexicon

PRODUCT, WEAK_PRODUCT, LINK, SEP, Q, NUM = RESERVED
SPEC = "SPEC"
NOT_PRODUCT = "NOT_PRODUCT"
PLURAL = "PLURAL"  # of a Latin alias: a product, unless anything else claims the word
_FIRST_CODE = 0xE000  # private use: never in a word, so signatures cannot be mistaken for text
_EDGES = frozenset({"", ",", "!", "?", " "})


class Entry(NamedTuple):
    """What a word is: its class, and what it stands for if it is a product or a link number."""

    kind: str
    ref: str | int | None
    place: str


class Vocabulary:
    """Entries by their normal form.

    Errors: ``BadLexicon`` for one word in two classes, one alias of two products, or a word that
    normalises to nothing.
    """

    def __init__(self, lexicon: Lexicon, catalog: Catalog, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self.entries: dict[str, Entry] = {}
        names = (*RESERVED, SPEC, NOT_PRODUCT, *lexicon.classes)
        self.codes = {name: chr(_FIRST_CODE + at) for at, name in enumerate(dict.fromkeys(names))}
        for kind in lexicon.classes.values():
            self._take_class(kind)
        self._take_catalog(catalog)
        for char, name in ((",", SEP), ("!", SEP), ("?", Q)):
            self.entries[char] = Entry(name, None, "")

    def _take_class(self, kind: WordClass) -> None:
        # A hundred thousand words stand in a few hundred lines, and most are in form as written: one
        # object for equal ones saves a worker much memory and time.
        of_place = {place: Entry(kind.name, None, str(place)) for place in set(kind.words.values())}
        entries, name = self.entries, kind.name
        for (word, place), form in zip(kind.words.items(), self._forms(kind.words), strict=True):
            entry = of_place[place]
            if form[:1] in _EDGES or form[-1:] in _EDGES:
                _refuse_edges(word, entry, form)
            known = entries.setdefault(word if form == word else form, entry)
            if known.kind != name:
                raise BadLexicon(
                    f"{word!r} is in class {known.kind} and in class {name}",
                    where=f"{known.place} and {entry.place}",
                    hint="keep it in one of them",
                )

    def _take_catalog(self, catalog: Catalog) -> None:
        claims = list(self._of_catalog(catalog))
        forms = self._forms(word for word, _ in claims)
        for (word, entry), form in zip(claims, forms, strict=True):
            _refuse_edges(word, entry, form)
            self._claim(word, entry, form)

    def _forms(self, words: Iterable[str]) -> list[str]:
        """Each word in form."""
        texts = list(words)
        return self._normaliser.batch(texts).split(END)[:-1] if texts else []

    def _of_catalog(self, catalog: Catalog) -> Iterator[tuple[str, Entry]]:
        where = f"catalogue {catalog.version}"
        for one in catalog.products:
            yield from ((word, Entry(PRODUCT, one.id, where)) for word in one.aliases)
        for one in catalog.products:
            yield from ((word, Entry(WEAK_PRODUCT, one.id, where)) for word in one.weak_aliases)
            yield from ((word, Entry(NOT_PRODUCT, None, where)) for word in one.not_aliases)
            yield from ((word, Entry(SPEC, None, where)) for word in one.specs)
        for one in catalog.products:
            yield from ((more, Entry(PLURAL, one.id, where)) for more in _plurals(one.aliases))
        for word, number in catalog.link_words().items():
            yield word, Entry(LINK, number, where)

    def _claim(self, word: str, entry: Entry, form: str) -> None:
        """What a lexicon says of a word wins over the catalogue's weaker claims on it."""
        known = self.entries.get(form)
        if entry.kind == PLURAL:
            if known is None:
                self.entries[form] = entry._replace(kind=PRODUCT)
            return
        if entry.kind != PRODUCT:
            if known is None:
                self.entries[form] = entry
            return
        if known is not None and known.kind == PRODUCT and known.ref != entry.ref:
            raise BadLexicon(
                f"{word!r} is an alias of {known.ref!r} and of {entry.ref!r}",
                where=entry.place,
                hint="an alias must name one product",
            )
        if known is not None and known.kind not in {PRODUCT, SPEC}:
            raise BadLexicon(
                f"{word!r}, an alias of {entry.ref!r}, is a word of class {known.kind}",
                where=f"{entry.place} and {known.place}",
                hint="use a longer alias",
            )
        self.entries[form] = entry


def _refuse_edges(word: str, entry: Entry, form: str) -> None:
    """Refuse a word of which nothing is left in form, or punctuation stands at an end."""
    if not form.strip(",!? "):
        raise BadLexicon(
            f"{word!r} is empty once it is in normal form",
            where=entry.place,
            hint="leave it out",
        )
    if form.strip(",!?") != form:
        raise BadLexicon(
            f"{word!r} begins or ends with punctuation, so it would hide a clause's end",
            where=entry.place,
            hint="write it without",
        )


def _plurals(aliases: Iterable[str]) -> Iterator[str]:
    for one in aliases:
        if "a" <= one[-1].lower() <= "z" and not one.lower().endswith("s"):
            yield f"{one}s"
