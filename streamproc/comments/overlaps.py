"""Words that run into each other: of AB and BCD the text ABCD shows only AB, since it begins first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from streamproc.comments.automaton import is_latin
from streamproc.comments.classifier import Classifier
from streamproc.comments.labels import ALARMS
from streamproc.comments.rules import GAP
from streamproc.errors import BadLexicon

SHARED: Final = range(2, 5)
"""Characters that two words share; one alone is shared by nearly all, and the first word is meant."""


class _Pair(NamedTuple):
    """Two classes whose words run into each other, and the first word that does, with what is shared."""

    first: str
    second: str
    word: str
    shared: str


def mistakes_of_overlaps(classifier: Classifier) -> Iterator[BadLexicon]:
    """Every pair of classes whose overlap can change an alarm and of which nobody says that it may.

    Shapes: one mistake for a pair of classes, naming two words of theirs.
    """
    entries = classifier.vocabulary.entries
    lexicon = classifier.lexicon
    for pair in _pairs(classifier):
        if pair.second in lexicon.overlaps.get(pair.first, ()) or not _matters(classifier, pair):
            continue
        other = next(
            word
            for word, entry in entries.items()
            if entry.kind == pair.second and word.startswith(pair.shared) and word != pair.shared
        )
        text = pair.word + other.removeprefix(pair.shared)
        yield BadLexicon(
            f"{pair.word!r} of class {pair.first} runs into {other!r} of class {pair.second}:"
            f" {text!r} shows only the first, and an alarm depends on it",
            where=f"{entries[pair.word].place} and {entries[other].place}",
            hint=f"make one word of both, or say [overlaps] {pair.first} = {pair.second!r}",
        )


def _pairs(classifier: Classifier) -> Iterator[_Pair]:
    """Pairs of classes of which one speaks of stock, in the words' order."""
    kinds = classifier.lexicon.classes
    bits = {name: 1 << at for at, name in enumerate(kinds)}
    stock = sum(bits[name] for name, kind in kinds.items() if kind.stock)
    words = [
        (word, entry.kind)
        for word, entry in classifier.vocabulary.entries.items()
        if entry.kind in bits
    ]
    begun = _beginnings(words, bits)
    seen = dict(bits)  # of each class those that its words were seen to run into, and itself
    for word, kind in words:
        for shared in _endings(word):
            met = begun.get(shared, 0) & ~seen[kind]
            if not bits[kind] & stock:
                met &= stock
            if met:
                seen[kind] |= met
                yield from (_Pair(kind, name, word, shared) for name in bits if bits[name] & met)


def _beginnings(words: list[tuple[str, str]], bits: Mapping[str, int]) -> Mapping[str, int]:
    """The classes, as bits, of words that begin with each few characters and go on."""
    begun: defaultdict[str, int] = defaultdict(int)
    for word, kind in words:
        for size in SHARED:
            if size < len(word):
                begun[word[:size]] |= bits[kind]
    return begun


def _endings(word: str) -> Iterator[str]:
    """What a word may share with the next: no part of a Latin word."""
    for size in SHARED:
        if size < len(word) and not (is_latin(word[-size]) and is_latin(word[-size - 1])):
            yield word[-size:]


def _matters(classifier: Classifier, pair: _Pair) -> bool:
    """Whether the second word alone would tell of another alarm than the first."""
    ignored = {name for name, kind in classifier.lexicon.classes.items() if kind.ignored}
    codes, decide = classifier.vocabulary.codes, classifier.decider.decide
    first = "" if pair.first in ignored else codes[pair.first]
    second = "" if pair.second in ignored else codes[pair.second]
    told, lost = decide(first + GAP), decide(GAP + second)
    return ALARMS.intersection(told.labels) != ALARMS.intersection(lost.labels)
