"""What a signature means: its clauses, the rules that fire in them, and which mention counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from streamproc.comments.labels import AVAILABILITY, LABELS, OTHER, RESTOCK, STOCKOUT
from streamproc.comments.lexicon import Lexicon
from streamproc.comments.rules import SPLIT, Compiler, Rule, RuleList
from streamproc.comments.vocabulary import LINK, NUM, PRODUCT, SEP, WEAK_PRODUCT, Q

_ORDER = {label: at for at, label in enumerate(LABELS)}
WHOLE = -1


class Decision(NamedTuple):
    """The meaning of a signature.

    Shapes: ``fired`` pairs a clause (``WHOLE`` for the comment) with a rule id; ``mentions`` are
    the ordinals of the mentions that may name the product, the best first; ``unexplained`` is a
    stock word that no rule took.
    """

    labels: tuple[str, ...]
    polarity: str | None
    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    fired: tuple[tuple[int, str], ...]
    mentions: tuple[int, ...]
    unexplained: bool


class Decider:
    """Decides signatures by the rules of a lexicon. Errors: ``BadLexicon`` when it is built."""

    def __init__(self, lexicon: Lexicon, codes: Mapping[str, str]) -> None:
        self._codes = codes
        self._compiler = Compiler(codes, lexicon.groups)
        rules = [self._compiler.rule(text) for text in lexicon.rules]
        self.whole = [rule for rule in rules if rule.text.whole]
        self.by_clause = [rule for rule in rules if not rule.text.whole]
        self._whole = RuleList(self.whole, self._compiler)
        self._by_clause = RuleList(self.by_clause, self._compiler)
        self._polarity = {rule.text.id: rule.text.polarity for rule in rules}
        kinds = lexicon.classes
        self._at_end = {codes[n]: codes[k.otherwise] for n, k in kinds.items() if k.at_end_only}
        self._splits = frozenset(codes[n] for n, k in kinds.items() if k.splits)
        self._stock = frozenset(codes[n] for n, k in kinds.items() if k.stock)
        self._mentions = frozenset({codes[PRODUCT], codes[WEAK_PRODUCT], codes[LINK]})
        self._weak, self._link = codes[WEAK_PRODUCT], codes[LINK]
        no_link = [codes[n] for n in ("DATE", "SIZE_WORD", "SHIP") if n in codes]
        after = "".join(no_link)
        self._dated = (
            re.compile(f"(?:(?<=[{codes['DATE']}]){self._link}|{self._link}(?=[{after}]))")
            if "DATE" in codes
            else None
        )

    def decide(self, signature: str) -> Decision:
        """What the signature means."""
        undated = self._undated(signature)
        clauses = self._clauses(undated)
        whole = SPLIT.join(clauses)
        around = self._compiler.mask_of(whole)
        fired = [(WHOLE, rule) for rule in self._whole.firing(whole, around)]
        if not fired or fired[-1][1].text.go_on:
            for at, clause in enumerate(clauses):
                fired += [(at, rule) for rule in self._by_clause.firing(clause, around)]
        labels = {label for _, rule in fired for label in rule.text.emit} - {OTHER}
        ordered = tuple(sorted(labels or {OTHER}, key=_ORDER.__getitem__))
        return Decision(
            labels=ordered,
            polarity=self._polarity_of(ordered, fired),
            rules=tuple(dict.fromkeys([rule.text.id for _, rule in fired])),
            clauses=tuple(clauses),
            fired=tuple([(at, rule.text.id) for at, rule in fired]),
            mentions=self._ranked(undated, signature, bool(labels)),
            unexplained=not fired and not self._stock.isdisjoint(whole),
        )

    def without(self, signature: str, kinds: frozenset[str]) -> Decision:
        """What the signature would mean if the words of these classes were not there."""
        gone = {self._codes[kind] for kind in kinds if kind in self._codes}
        return self.decide("".join(code for code in signature if code not in gone))

    def _undated(self, signature: str) -> str:
        """A number beside a date, a size or dispatch is no link number."""
        if self._dated is None:
            return signature
        return self._dated.sub(self._codes[NUM], signature)

    def _clauses(self, signature: str) -> list[str]:
        clauses = [""]
        sep, question = self._codes[SEP], self._codes[Q]
        for code in signature:
            if code == sep:
                clauses.append("")
            elif code == question:
                if not clauses[-1] and len(clauses) > 1:
                    clauses.pop()
                clauses[-1] += code
                clauses.append("")
            elif code in self._splits and clauses[-1]:
                clauses.append(code)
            elif not clauses[-1].endswith(code):
                clauses[-1] += code
        return [self._ended(clause) for clause in clauses if clause]

    def _ended(self, clause: str) -> str:
        body = clause.rstrip(self._codes[Q])
        if not body or self._at_end.keys().isdisjoint(body):
            return clause
        middle, last, tail = body[:-1], body[-1], clause[len(body) :]
        return "".join(self._at_end.get(code, code) for code in middle) + last + tail

    def _polarity_of(self, labels: tuple[str, ...], fired: list[tuple[int, Rule]]) -> str | None:
        said = [rule.text.polarity for _, rule in fired if rule.text.polarity]
        return said[0] if said and STOCKOUT not in labels else polarity_of(labels)

    def _ranked(self, undated: str, signature: str, labelled: bool) -> tuple[int, ...]:
        """Mentions, best first: the nearest before the first stock word, then the nearest after it."""
        places = [place for place, code in enumerate(signature) if code in self._mentions]
        if not places:
            return ()
        strong, weak = [], []
        for ordinal, place in enumerate(places):
            code = undated[place]
            if code == self._weak:
                if labelled:
                    weak.append((ordinal, place))
            elif code in self._mentions:
                strong.append((ordinal, place))
        chosen = strong or weak
        focus = next((at for at, code in enumerate(undated) if code in self._stock), None)
        if focus is not None and len(chosen) > 1:
            sep = self._codes[SEP]
            chosen.sort(key=lambda one: _distance(undated, one[1], focus, sep))
        return tuple(ordinal for ordinal, _ in chosen)


def polarity_of(labels: tuple[str, ...]) -> str | None:
    """Which way labels alone speak of stock."""
    if STOCKOUT in labels:
        return "out"
    return "unknown" if RESTOCK in labels or AVAILABILITY in labels else None


def _distance(signature: str, place: int, focus: int, sep: str) -> tuple[bool, bool, int]:
    """How far a mention is from the stock word: its own clause first, before it rather than after."""
    low, high = sorted((place, focus))
    return sep in signature[low:high], place > focus, high - low
