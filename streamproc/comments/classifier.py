"""Comments in, their meaning out: one pass over a batch, decisions remembered by signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streamproc.comments.automaton import CompiledFinder, Finder, latin_edges_fit
from streamproc.comments.decisions import Decider, Decision
from streamproc.comments.labels import ABOUT_A_PRODUCT
from streamproc.comments.lexicon import Lexicon, read_lexicon
from streamproc.comments.normalise import END, Normaliser
from streamproc.comments.products import Catalog, Room
from streamproc.comments.rules import GAP
from streamproc.comments.vocabulary import LINK, PRODUCT, WEAK_PRODUCT, Vocabulary

MOST_TOKENS = 200  # of one comment; what follows adds no meaning
MOST_REMEMBERED = 1 << 16
NOWHERE = Room()


class Reading(NamedTuple):
    """What one comment means.

    Shapes: ``product_via`` is alias, link_no or context, or None with no product.
    """

    decision: Decision
    product: str | None
    product_via: str | None


class Classifier:
    """Reads comments by one lexicon and one catalogue.

    Shapes: the same text gives the same reading, whatever came before. Errors: ``BadLexicon`` when
    it is built; none afterwards, whatever a comment holds.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        simplified: Mapping[str, str],
        catalog: Catalog,
        finder: type[Finder] = CompiledFinder,
    ) -> None:
        self.version = version_of(files, catalog)
        self.lexicon: Lexicon = read_lexicon(files)
        self.normaliser = Normaliser(simplified)
        self.normaliser.with_variants(self.lexicon.variants, finder)
        self.vocabulary = Vocabulary(self.lexicon, catalog, self.normaliser)
        self.decider = Decider(self.lexicon, self.vocabulary.codes)
        self._links = catalog.links()
        words = list(self.vocabulary.entries)
        self.entries = list(self.vocabulary.entries.values())
        self.finder = finder(words)
        ignored = {name for name, one in self.lexicon.classes.items() if one.ignored}
        self._codes = [
            "" if one.kind in ignored else self.vocabulary.codes.get(one.kind, END)
            for one in self.entries
        ]
        self._latin = [_edges_latin(word) for word in words]
        mentions = {PRODUCT, WEAK_PRODUCT, LINK}
        self._refs = [one.ref if one.kind in mentions else None for one in self.entries]
        self._memo: dict[str, Reading] = {}

    def read(self, texts: Sequence[str], rooms: Sequence[Room] | None = None) -> list[Reading]:
        """The meaning of each comment, in order."""
        form = self.normaliser.batch(texts) if texts else ""
        codes, latin, refs, memo = self._codes, self._latin, self._refs, self._memo
        readings: list[Reading] = []
        signature: list[str] = []
        mentions: list[str | int] = []
        last = 0
        for which, start, end in self.finder.find(form):
            code = codes[which]
            if latin[which] and not latin_edges_fit(form, start, end):
                continue
            if start > last:
                signature.append(GAP)
            last = end
            if code != END:
                signature.append(code)
                ref = refs[which]
                if ref is not None:
                    mentions.append(ref)
                continue
            key = "".join(signature)
            reading = memo.get(key) or self._remember(key)
            if mentions or rooms is not None:
                room = rooms[len(readings)] if rooms is not None else NOWHERE
                reading = self._linked(reading, mentions, room)
                mentions = []
            readings.append(reading)
            signature = []
        return readings

    def _remember(self, key: str) -> Reading:
        if len(key) > MOST_TOKENS:
            return Reading(self.decider.decide(key[:MOST_TOKENS]), None, None)
        if len(self._memo) >= MOST_REMEMBERED:
            self._memo.clear()
        found = self._memo[key] = Reading(self.decider.decide(key), None, None)
        return found

    def _linked(self, unlinked: Reading, mentions: Sequence[str | int], room: Room) -> Reading:
        decision = unlinked.decision
        for at in decision.mentions:
            ref = mentions[at]
            if isinstance(ref, str):
                return Reading(decision, ref, "alias")
            links = self._links if room.links is None else room.links
            product = links.get(ref)
            if product is not None:
                return Reading(decision, product, "link_no")
        if room.on_show and not mentions and not ABOUT_A_PRODUCT.isdisjoint(decision.labels):
            return Reading(decision, room.on_show, "context")
        return unlinked


def version_of(files: Mapping[str, str], catalog: Catalog) -> str:
    """A short name for what a reading was made with: it changes with any word or rule."""
    digest = hashlib.blake2b(digest_size=6)
    for name in sorted(files):
        digest.update(f"{name}\0{files[name]}\0".encode())
    digest.update(repr(catalog).encode())
    return digest.hexdigest()


def _edges_latin(word: str) -> bool:
    return "a" <= word[0] <= "z" or "a" <= word[-1] <= "z"
