"""What a lexicon must hold before it may be used: no rule that its examples refute."""

from __future__ import annotations

from collections.abc import Iterator

from streamproc.comments.classifier import Classifier
from streamproc.errors import BadLexicon


def check(classifier: Classifier) -> None:
    """Refuse a lexicon with mistakes. Errors: ``BadLexicon`` for the first one."""
    for mistake in mistakes(classifier):
        raise mistake


def mistakes(classifier: Classifier) -> Iterator[BadLexicon]:
    """Every mistake, in the files' order."""
    yield from _wrong_examples(classifier)


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
