"""Comments in, their meaning out: one pass over a batch, decisions remembered by signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from streamproc.comments.automaton import CompiledFinder, Finder, latin_edges_fit
from streamproc.comments.decisions import WHOLE, Decider, Decision, polarity_of
from streamproc.comments.guess import GUESS, Guesser
from streamproc.comments.labels import ABOUT_A_PRODUCT, OTHER
from streamproc.comments.lexicon import Lexicon, read_lexicon
from streamproc.comments.memo import Memo
from streamproc.comments.names import Names
from streamproc.comments.normalise import END, Normaliser
from streamproc.comments.products import Catalog, Room
from streamproc.comments.sellers import SELLERS, said_by_seller
from streamproc.comments.signs import Mentions, Signs
from streamproc.comments.vocabulary import Entry, Vocabulary

MOST_TOKENS = 200  # of one comment; what follows adds no meaning
NOWHERE = Room()


class Reading(NamedTuple):
    """What one comment means.

    Shapes: ``product_via`` is alias, link_no or context, or None with no product.
    """

    decision: Decision
    product: str | None
    product_via: str | None


_Known = tuple[Reading, Mentions]
"""What a comment means in no room, and what it mentions."""


class Classifier:
    """Reads comments by one lexicon and one catalogue.

    Shapes: the same text gives the same reading, whatever came before. Where no rule fires ``guesser``
    is asked, if there is one. Errors: ``BadLexicon`` when it is built; none afterwards, whatever a
    comment holds.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        simplified: Mapping[str, str],
        catalog: Catalog,
        finder: type[Finder] = CompiledFinder,
        guesser: Guesser | None = None,
    ) -> None:
        self.guesser = guesser
        self.version = version_of(files, catalog, guesser)
        self.lexicon: Lexicon = read_lexicon(files)
        self.normaliser = Normaliser(simplified, finder)
        self.normaliser.with_variants(self.lexicon.variants)
        self.vocabulary = Vocabulary(self.lexicon, catalog, self.normaliser)
        self.decider = Decider(self.lexicon, self.vocabulary.codes)
        self._links = catalog.links()
        self._finder = finder
        kinds = self.lexicon.classes
        codes = {
            kind: code
            for kind, code in self.vocabulary.codes.items()
            if kind not in kinds or not kinds[kind].ignored
        }
        self._signs = Signs(self.vocabulary.entries, codes, self.normaliser, finder)
        self._decisions = Memo(self._decide)
        self._known = Memo(self._know)

    def find(self, form: str) -> Iterator[tuple[Entry, int, int]]:
        """Each word of a text in form, and where it begins and ends."""
        entries = self.vocabulary.entries
        for _, start, end in self._signs.find(form):
            entry = entries.get(form[start:end])
            if entry is not None and latin_edges_fit(form, start, end):
                yield entry, start, end

    def lean(self) -> Classifier:
        """This classifier, from now on without what only explanations need: half of its memory."""
        _ = self._names
        del self.lexicon, self.vocabulary
        return self

    def read(self, texts: Sequence[str], rooms: Sequence[Room] | None = None) -> list[Reading]:
        """The meaning of each comment, in order, as said by viewers unless its room says by whom."""
        known = self._known_of(texts)
        if rooms is None:
            return [reading for reading, _ in known]
        return [
            self._linked(
                said_by_seller(reading.decision) if room.role in SELLERS else reading.decision,
                mentions,
                room,
            )
            for (reading, mentions), room in zip(known, rooms, strict=True)
        ]

    def mentioned(self, texts: Sequence[str]) -> list[tuple[Reading, str | int | None]]:
        """As ``read``, each with what names the product: an id, or a link number, known or not."""
        return [
            (reading, self._named(reading.decision, mentions))
            for reading, mentions in self._known_of(texts)
        ]

    def _known_of(self, texts: Sequence[str]) -> list[_Known]:
        known = list(map(self._known.__getitem__, self._signs.of(texts)))
        if self.guesser is None:
            return known
        unknown = [at for at, (reading, _) in enumerate(known) if not reading.decision.rules]
        guesses = self.guesser.labels(self.alike([texts[at] for at in unknown]))
        for at, labels in zip(unknown, guesses, strict=True):
            if labels != (OTHER,):
                reading, mentions = known[at]
                guessed = _guessed(reading.decision, labels)
                known[at] = self._linked(guessed, mentions, NOWHERE), mentions
        return known

    def without_names(self, texts: Sequence[str]) -> list[str]:
        """Each text in form, with an id where a product's name stood.

        Shapes: equal for texts that differ only in spelling, noise and which name of a product they use.
        """
        return _parts(self._names.without(self._form(texts)))

    def alike(self, texts: Sequence[str]) -> list[str]:
        """Each text in form, with one sign where any product's name stood."""
        return _parts(self._names.alike(self._form(texts)))

    def _form(self, texts: Sequence[str]) -> str:
        return self.normaliser.batch(texts) if texts else ""

    @cached_property
    def _names(self) -> Names:
        return Names(self.vocabulary.entries, self._finder)

    def _named(self, decision: Decision, mentions: Mentions) -> str | int | None:
        refs = [mentions[at] for at in decision.mentions]
        sure = (ref for ref in refs if isinstance(ref, str) or ref in self._links)
        return next(sure, refs[0] if refs else None)

    def _decide(self, signature: str) -> Reading:
        """What a signature means, if none of its mentions is known."""
        return Reading(self.decider.decide(signature), None, None)

    def _know(self, signs: str) -> _Known:
        signature, mentions = self._signs.signature(signs)
        reading = self._decisions[signature[:MOST_TOKENS]]
        if reading.decision.mentions:
            reading = self._linked(reading.decision, mentions, NOWHERE)
        return reading, mentions

    def _linked(self, decision: Decision, mentions: Mentions, room: Room) -> Reading:
        for at in decision.mentions:
            ref = mentions[at]
            if isinstance(ref, str):
                return Reading(decision, ref, "alias")
            links = self._links if room.links is None else room.links
            product = links.get(ref)
            if product is not None:
                return Reading(decision, product, "link_no")
        if room.on_show and not mentions and _about_a_product(decision, room):
            return Reading(decision, room.on_show, "context")
        return Reading(decision, None, None)


def _about_a_product(decision: Decision, room: Room) -> bool:
    if room.role in SELLERS:
        return decision.polarity is not None
    return not ABOUT_A_PRODUCT.isdisjoint(decision.labels)


def _parts(form: str) -> list[str]:
    return form.split(END)[:-1]


def _guessed(decision: Decision, labels: tuple[str, ...]) -> Decision:
    return decision._replace(
        labels=labels, polarity=polarity_of(labels), rules=(GUESS,), fired=((WHOLE, GUESS),)
    )


def version_of(files: Mapping[str, str], catalog: Catalog, guesser: Guesser | None = None) -> str:
    """A short name for what a reading was made with: it changes with any word or rule."""
    digest = hashlib.blake2b(digest_size=6)
    for name in sorted(files):
        digest.update(f"{name}\0{files[name]}\0".encode())
    digest.update(repr(catalog).encode())
    if guesser is not None:
        digest.update(guesser.version.encode())
    return digest.hexdigest()
