"""What a lexicon must hold before it may be used: no rule that its examples refute."""

from __future__ import annotations

from collections.abc import Iterator

from streamproc.comments.classifier import Classifier
from streamproc.comments.normalise import END
from streamproc.comments.overlaps import mistakes_of_overlaps
from streamproc.errors import BadLexicon


def check(classifier: Classifier) -> None:
    """Refuse a lexicon with mistakes. Errors: ``BadLexicon`` for the first one."""
    for mistake in mistakes(classifier):
        raise mistake


def mistakes(classifier: Classifier) -> Iterator[BadLexicon]:
    """Every mistake, in the files' order."""
    yield from _wrong_examples(classifier)
    yield from _unreachable(classifier)
    yield from mistakes_of_overlaps(classifier)


def _unreachable(classifier: Classifier) -> Iterator[BadLexicon]:
    """Words that are not found where they are typed and nothing else."""
    entries = classifier.vocabulary.entries
    for kind in classifier.lexicon.classes.values():
        words = list(kind.words)
        forms = classifier.normaliser.batch(words).split(END)
        for word, form in zip(words, forms, strict=False):
            found = entries.get(form)
            if found is None or found.kind != kind.name:
                read_as = "nothing" if found is None else f"a word of class {found.kind}"
                yield BadLexicon(
                    f"{word!r} of class {kind.name} can never be found: typed, it is read as {read_as}",
                    where=str(kind.words[word]),
                    hint="leave it out, or correct what rewrites it",
                )


def _wrong_examples(classifier: Classifier) -> Iterator[BadLexicon]:
    for rule in classifier.lexicon.rules:
        examples = [text for text in rule.examples if text.strip()]
        if not examples:
            yield BadLexicon(
                f"rule {rule.id!r} has no example, so nothing shows that it can fire",
                where=str(rule.place),
                hint="write what people type when it should fire",
            )
        counter_examples = [text for text in rule.counter_examples if text.strip()]
        for texts, wanted in ((examples, True), (counter_examples, False)):
            for text, reading in zip(texts, classifier.read(texts), strict=True):
                if (rule.id in reading.decision.rules) is not wanted:
                    fired = ", ".join(reading.decision.rules) or "nothing"
                    yield BadLexicon(
                        f"{text!r} should {'' if wanted else 'not '}fire rule {rule.id!r};"
                        f" it fires {fired}",
                        where=str(rule.place),
                        hint="correct the rule, its words or the example",
                    )
