"""Why a comment was read as it was: its tokens in the original text, clauses, rules and masks."""

from __future__ import annotations

from typing import NamedTuple

from streamproc.comments.automaton import CompiledFinder, latin_edges_fit
from streamproc.comments.classifier import Classifier, Reading
from streamproc.comments.decisions import Decision
from streamproc.comments.guess import GUESS
from streamproc.comments.normalise import END
from streamproc.comments.products import Room
from streamproc.comments.rules import GAP
from streamproc.comments.vocabulary import SEP, Q


class Match(NamedTuple):
    """A word that was found.

    Shapes: ``start`` and ``end`` are offsets in the original text, which ``text`` is cut from.
    """

    start: int
    end: int
    text: str
    kind: str


class Explanation(NamedTuple):
    """How a reading came about.

    Shapes: ``unmasked`` is what the comment would mean without the words named in ``masks``;
        ``guessed`` names for each label that was guessed the runs of characters that spoke most for it.
    """

    form: str
    matches: tuple[Match, ...]
    clauses: tuple[tuple[str, ...], ...]
    fired: tuple[tuple[str, str], ...]
    masks: tuple[Match, ...]
    unmasked: Decision
    guessed: tuple[tuple[str, tuple[str, ...]], ...]
    reading: Reading


def matches_of(classifier: Classifier, text: str) -> tuple[Match, ...]:
    """Every word of the lexicon in a text, separators left out."""
    form, origins = classifier.normaliser.with_origins(text)
    found = []
    for entry, start, end in classifier.find(form):
        if entry.kind not in {SEP, Q}:
            first, after = origins[start], _after(origins, end)
            found.append(Match(first, after, text[first:after], entry.kind))
    return tuple(found)


def explain(classifier: Classifier, text: str, room: Room) -> Explanation:
    """The whole story of one comment."""
    reading = classifier.read([text], [room])[0]
    names = {code: name for name, code in classifier.vocabulary.codes.items()} | {GAP: "~"}
    matches = matches_of(classifier, text)
    kinds = classifier.lexicon.classes
    masking = frozenset(name for name, kind in kinds.items() if kind.mask)
    decision = reading.decision
    return Explanation(
        form=classifier.normaliser.one(text),
        matches=matches,
        clauses=tuple(tuple(names[code] for code in clause) for clause in decision.clauses),
        fired=tuple(
            ("whole comment" if at < 0 else f"clause {at + 1}", rule) for at, rule in decision.fired
        ),
        masks=tuple(one for one in matches if one.kind in masking),
        unmasked=_unmasked(classifier, text, masking),
        guessed=_guessed(classifier, text, decision),
        reading=reading,
    )


def _guessed(
    classifier: Classifier, text: str, decision: Decision
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if classifier.guesser is None or decision.rules != (GUESS,):
        return ()
    (form,) = classifier.alike([text])
    reasons = classifier.guesser.reasons
    return tuple([(label, tuple(reasons(form, label))) for label in decision.labels])


def _unmasked(classifier: Classifier, text: str, masking: frozenset[str]) -> Decision:
    """What would fire if masks were no words, so that the shorter words inside them were seen."""
    form = classifier.normaliser.one(text) + END
    words = {
        word: entry.kind
        for word, entry in classifier.vocabulary.entries.items()
        if word in form and entry.kind not in masking
    }
    ignored = {name for name, kind in classifier.lexicon.classes.items() if kind.ignored}
    finder = CompiledFinder(list(words))
    kinds = list(words.values())
    signature, last = [], 0
    for which, start, end in finder.find(form):
        if not latin_edges_fit(form, start, end):
            continue
        signature.append(GAP if start > last else "")
        if kinds[which] not in ignored:
            signature.append(classifier.vocabulary.codes[kinds[which]])
        last = end
    if last < len(form) - 1:
        signature.append(GAP)
    return classifier.decider.decide("".join(signature))


def _after(origins: list[int], end: int) -> int:
    """Where a match ends in the original: after the last character it took."""
    last = origins[end - 1]
    following = next((at for at in origins[end:] if at > last), last + 1)
    return min(following, last + 1)
