"""All words of a lexicon and a catalogue, each with its class: what the automaton is built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamproc.comments.lexicon import RESERVED, Lexicon
from streamproc.comments.normalise import END, Normaliser
from streamproc.comments.products import Catalog
from streamproc.errors import BadLexicon

PRODUCT, WEAK_PRODUCT, LINK, SEP, Q, NUM = RESERVED
SPEC = "SPEC"
NOT_PRODUCT = "NOT_PRODUCT"
PLURAL = "PLURAL"  # of a Latin alias: a product, unless anything else claims the word
_FIRST_CODE = 0xE000  # private use: never in a word, so signatures cannot be mistaken for text
END_CODE = "\n"


class Entry(NamedTuple):
    """A word: its class, and what it stands for if it is a product or a link number."""

    word: str
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
        for entry in self._of_lexicon(lexicon):
            self._take(entry)
        for entry in self._of_catalog(catalog):
            self._take_from_catalog(entry)
        for char, kind in ((",", SEP), ("!", SEP), ("?", Q)):
            self.entries[char] = Entry(char, kind, None, "")
        self.entries[END] = Entry(END, "", None, "")

    def _of_lexicon(self, lexicon: Lexicon) -> Iterator[Entry]:
        # A hundred thousand words stand in a few hundred lines, and most are in form as written: one
        # text each saves a worker 15 MiB.
        places = {place for kind in lexicon.classes.values() for place in kind.words.values()}
        named = {place: str(place) for place in places}
        for kind in lexicon.classes.values():
            for word, place in kind.words.items():
                yield Entry(word, kind.name, None, named[place])

    def _of_catalog(self, catalog: Catalog) -> Iterator[Entry]:
        where = f"catalogue {catalog.version}"
        for one in catalog.products:
            yield from (Entry(word, PRODUCT, one.id, where) for word in one.aliases)
        for one in catalog.products:
            yield from (Entry(word, WEAK_PRODUCT, one.id, where) for word in one.weak_aliases)
            yield from (Entry(word, NOT_PRODUCT, None, where) for word in one.not_aliases)
            yield from (Entry(word, SPEC, None, where) for word in one.specs)
        for one in catalog.products:
            yield from (Entry(more, PLURAL, one.id, where) for more in _plurals(one.aliases))
        for word, number in catalog.link_words().items():
            yield Entry(word, LINK, number, where)

    def _take(self, entry: Entry) -> None:
        form = self._form(entry)
        known = self.entries.get(form)
        if known is not None and known.kind != entry.kind:
            raise BadLexicon(
                f"{entry.word!r} is in class {known.kind} and in class {entry.kind}",
                where=f"{known.place} and {entry.place}",
                hint="keep it in one of them",
            )
        self.entries[form] = entry

    def _take_from_catalog(self, entry: Entry) -> None:
        """What a lexicon says of a word wins over the catalogue's weaker claims on it."""
        form = self._form(entry)
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
                f"{entry.word!r} is an alias of {known.ref!r} and of {entry.ref!r}",
                where=entry.place,
                hint="an alias must name one product",
            )
        if known is not None and known.kind not in {PRODUCT, SPEC}:
            raise BadLexicon(
                f"{entry.word!r}, an alias of {entry.ref!r}, is a word of class {known.kind}",
                where=f"{entry.place} and {known.place}",
                hint="use a longer alias",
            )
        self.entries[form] = entry

    def _form(self, entry: Entry) -> str:
        form = self._normaliser.one(entry.word)
        if not form.strip(",!? "):
            raise BadLexicon(
                f"{entry.word!r} is empty once it is in normal form",
                where=entry.place,
                hint="leave it out",
            )
        if form.strip(",!?") != form:
            raise BadLexicon(
                f"{entry.word!r} begins or ends with punctuation, so it would hide a clause's end",
                where=entry.place,
                hint="write it without",
            )
        return entry.word if form == entry.word else form


def _plurals(aliases: Iterable[str]) -> Iterator[str]:
    for one in aliases:
        if "a" <= one[-1].lower() <= "z" and not one.lower().endswith("s"):
            yield f"{one}s"
