"""Rules over token classes: what a signature of classes means.

A signature is a string with one character per token: its class; ``GAP`` for text that no word covers.
Rules are a decision list: within a clause, the first that fits decides, unless it says ``go_on``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from streamproc.comments.lexicon import RuleText
from streamproc.errors import BadLexicon

GAP = "_"
SPLIT = "|"
_FIXED: Final = {"^": "^", "$": "$", "~": f"{GAP}?", "*": ".*?", ".": ".", "_": GAP}
"""What items of a pattern stand for that name no class."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule made ready: masks of classes, and a pattern over signatures.

    Shapes: ``seq_any`` are classes of which the pattern cannot do without all, or 0.
    """

    text: RuleText
    needs: int
    any: int
    none: int
    with_: int
    without: int
    seq: re.Pattern[str] | None
    seq_any: int
    only: re.Pattern[str] | None

    def fits(self, clause: str, classes: int, around: int) -> bool:
        """Whether the rule fires in a clause, given its classes and those of the whole comment.

        The clause holds none of those it forbids, and what it waits for.
        """
        if classes & self.needs != self.needs or around & self.without:
            return False
        if (self.any and not classes & self.any) or around & self.with_ != self.with_:
            return False
        return self.admits(clause) and (self.seq is None or self.seq.search(clause) is not None)

    def admits(self, clause: str) -> bool:
        """Whether the clause holds no class that the rule does not know of."""
        return self.only is None or self.only.fullmatch(clause) is not None

    @property
    def waits_for(self) -> int:
        """Classes without all of which it cannot fire, as few as there are; 0 if it has none.

        Of those that it needs the last, since the first classes are those that most clauses hold.
        """
        last = 1 << self.needs.bit_length() - 1 if self.needs else 0
        return min(filter(None, (last, self.any, self.seq_any)), key=int.bit_count, default=0)


class Compiler:
    """Makes rules ready, given the character and bit of each class."""

    def __init__(self, codes: Mapping[str, str], groups: Mapping[str, Sequence[str]]) -> None:
        self._codes = codes
        self._groups = groups
        self.bits = {code: 1 << at for at, code in enumerate(codes.values())}

    def mask_of(self, signature: str) -> int:
        """The classes of a signature, as bits."""
        mask = 0
        for code in set(signature):
            mask |= self.bits.get(code, 0)
        return mask

    def rule(self, text: RuleText) -> Rule:
        """One rule. Errors: ``BadLexicon`` for an unknown class or one that can never fire."""
        masks = {
            key: self._mask(text, getattr(text, key))
            for key in ("all", "any", "none", "with_", "without")
        }
        impossible = masks["all"] & masks["none"] or masks["with_"] & masks["without"]
        emptied = masks["any"] and not masks["any"] & ~masks["none"]
        if impossible or emptied:
            raise BadLexicon(
                f"rule {text.id!r} needs a class that it forbids, so it can never fire",
                where=str(text.place),
                hint="take the class out of one of the lists",
            )
        seqs = [self._seq(text, one) for one in text.seq if one.strip()]
        only = "".join(self._codes[name] for name in self._names(text, text.only))
        return Rule(
            text,
            needs=masks["all"],
            any=masks["any"],
            none=masks["none"],
            with_=masks["with_"],
            without=masks["without"],
            seq=re.compile("|".join(seqs)) if seqs else None,
            seq_any=self._seq_any(text) if seqs else 0,
            only=re.compile(f"[{only}]+") if only else None,
        )

    def _mask(self, text: RuleText, names: Iterable[str]) -> int:
        return self.mask_of("".join(self._codes[name] for name in self._names(text, names)))

    def _names(self, text: RuleText, names: Iterable[str]) -> list[str]:
        found: list[str] = []
        for name in names:
            members = self._groups.get(name[1:], ()) if name.startswith("@") else (name,)
            if not members or any(member not in self._codes for member in members):
                raise BadLexicon(
                    f"rule {text.id!r} names the unknown class {name!r}",
                    where=str(text.place),
                    hint="write the class, or add it to a lexicon file",
                )
            found += members
        return found

    def _seq(self, text: RuleText, items: str) -> str:
        return "".join(self._item(text, item) for item in items.split())

    def _seq_any(self, text: RuleText) -> int:
        """Of each pattern the classes of one item that it cannot do without, together."""
        found = 0
        for seq in text.seq:
            items = [one for one in seq.split() if one not in _FIXED and not one.endswith("?")]
            masks = [self._mask(text, one.removesuffix("+").split("/")) for one in items]
            if seq.strip() and not masks:
                return 0
            found |= min(masks, key=int.bit_count, default=0)
        return found

    def _item(self, text: RuleText, item: str) -> str:
        if item in _FIXED:
            return _FIXED[item]
        often = item[-1] if item[-1] in "?+" else ""
        names = self._names(text, item.removesuffix(often).split("/") if often else item.split("/"))
        return f"[{''.join(self._codes[name] for name in names)}]{often}"


class RuleList:
    """Rules in order, of which few are looked at: those that the classes of a clause can fire."""

    def __init__(self, rules: Sequence[Rule], compiler: Compiler) -> None:
        self._rules = rules
        self._needless = _places(not rule.waits_for for rule in rules)
        self._of_class = {
            code: (
                bit,
                _places(rule.waits_for & bit for rule in rules),
                _places(rule.none & bit or not rule.admits(code) for rule in rules),
            )
            for code, bit in compiler.bits.items()
        }
        self._of_gap = (0, 0, _places(rule.only is not None for rule in rules))

    def firing(self, clause: str, around: int) -> list[Rule]:
        """The rules that decide a clause, in order, given the classes of the whole comment."""
        classes, awake, barred = 0, self._needless, 0
        for code in clause:
            bit, wakes, bars = self._of_class.get(code, self._of_gap)
            classes |= bit
            awake |= wakes
            barred |= bars
        awake &= ~barred
        found: list[Rule] = []
        while awake:
            first = awake & -awake
            awake ^= first
            rule = self._rules[first.bit_length() - 1]
            if rule.fits(clause, classes, around):
                found.append(rule)
                if not rule.text.go_on:
                    break
        return found


def _places(held: Iterable[object]) -> int:
    """The places of what holds, as bits."""
    return sum(1 << at for at, holds in enumerate(held) if holds)
