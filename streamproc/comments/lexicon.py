"""Lexicon files read into words, classes and rules; every mistake names its file and line.

A file is TOML: ``[class.NAME]`` with ``words``, ``[variants]``, ``[groups]``, ``[overlaps]`` and
``[[rule]]``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamproc.comments.labels import LABELS, POLARITIES
from streamproc.comments.words import expanded
from streamproc.errors import BadLexicon

_CLASS_KEYS = frozenset(
    {"words", "except", "at_end_only", "otherwise", "stock", "ignored", "splits", "mask"}
)
_RULE_KEYS = frozenset(
    {"id", "rank", "emit", "all", "any", "none", "with", "without", "seq", "only", "whole"}
    | {"go_on", "polarity", "examples", "counter_examples"}
)
_FLAGS = ("at_end_only", "stock", "ignored", "splits", "mask", "whole", "go_on")
_TYPES: dict[str, type] = {"rank": int, **dict.fromkeys(_FLAGS, bool)}
"""Key -> what its value is; of all others a text."""
_TYPE_NAMES = {int: "a whole number", bool: "true or false", str: "a text"}
RESERVED = ("PRODUCT", "WEAK_PRODUCT", "LINK", "SEP", "Q", "NUM")


class Place(NamedTuple):
    """Where something stands: file and line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class WordClass:
    """Words of one kind.

    Shapes: ``at_end_only`` words that are not last in their clause become class ``otherwise``;
    ``ignored`` ones leave no trace, ``splits`` ones begin a clause, ``stock`` ones speak of stock,
    ``mask`` ones swallow shorter hits.
    """

    name: str
    place: Place
    words: dict[str, Place] = field(default_factory=dict)
    at_end_only: bool = False
    otherwise: str = ""
    stock: bool = False
    ignored: bool = False
    splits: bool = False
    mask: bool = False


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as it is written."""

    id: str
    place: Place
    rank: int
    emit: tuple[str, ...]
    all: tuple[str, ...]
    any: tuple[str, ...]
    none: tuple[str, ...]
    with_: tuple[str, ...]
    without: tuple[str, ...]
    only: tuple[str, ...]
    seq: tuple[str, ...]
    whole: bool
    go_on: bool
    polarity: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


@dataclass(slots=True)
class Lexicon:
    """Everything the files say, before it is compiled.

    Shapes: ``overlaps`` maps a class to those whose words its own may run into: the first is meant.
    """

    classes: dict[str, WordClass] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=dict)
    overlaps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rules: list[RuleText] = field(default_factory=list)


def read_lexicon(files: Mapping[str, str]) -> Lexicon:
    """The lexicon of these files (name to text). Errors: ``BadLexicon``."""
    lexicon = Lexicon()
    for name, text in files.items():
        _File(name, text, lexicon).read()
    if len({rule.id for rule in lexicon.rules}) < len(lexicon.rules):
        seen: set[str] = set()
        for rule in lexicon.rules:
            if rule.id in seen:
                raise BadLexicon(f"two rules are called {rule.id!r}", where=str(rule.place))
            seen.add(rule.id)
    for kind in lexicon.classes.values():
        if kind.at_end_only and kind.otherwise not in lexicon.classes:
            raise BadLexicon(
                f"class {kind.name!r} is at_end_only, and its 'otherwise' is no class",
                where=str(kind.place),
                hint="say otherwise = the class that its words are of inside a clause",
            )
    lexicon.rules.sort(key=lambda rule: rule.rank)
    return lexicon


def read_traditional(text: str) -> dict[str, str]:
    """The table of traditional characters: pairs, lines that begin with # left out."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {pair[0]: pair[1] for line in lines for pair in line.split()}


class _File:
    def __init__(self, name: str, text: str, into: Lexicon) -> None:
        self._name, self._lines, self._into = name, text.splitlines(), into
        self._written: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, start=1):
            for piece in line.replace('"', " ").split():
                self._written.setdefault(piece, []).append(number)
        try:
            self._document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadLexicon(
                f"the file is no TOML: {error}", where=name, hint="correct the line named"
            ) from error

    def read(self) -> None:
        unknown = set(self._document) - {"class", "groups", "variants", "overlaps", "rule"}
        if unknown:
            raise self._bad(f"unknown table {min(unknown)!r}", min(unknown))
        for name, body in self._table("class").items():
            self._class(name, self._typed(body, f"[class.{name}]"))
        for name, members in self._typed(self._table("groups"), "[groups]").items():
            self._into.groups[name] = tuple(members.split())
        for right, wrong in self._typed(self._table("variants"), "[variants]").items():
            self._variant(right, wrong)
        for first, met in self._typed(self._table("overlaps"), "[overlaps]").items():
            self._into.overlaps[first] = (*self._into.overlaps.get(first, ()), *met.split())
        rules = self._document.get("rule", [])
        if not isinstance(rules, list):
            raise self._bad("rules are written as [[rule]]", "rule")
        for body in rules:
            self._into.rules.append(self._rule(body))

    def _variant(self, right: str, wrong: str) -> None:
        for words, place in self._words(wrong):
            for one in words:
                known = self._into.variants.setdefault(one, right)
                if known != right:
                    raise BadLexicon(
                        f"{one!r} stands for {known!r} and for {right!r}",
                        where=str(place),
                        hint="keep one of them, since only one could ever be read",
                    )

    def _table(self, name: str) -> dict[str, Any]:
        found = self._document.get(name, {})
        if not isinstance(found, dict):
            raise self._bad(f"{name!r} is no table", name)
        return found

    def _typed(self, body: object, needle: str) -> dict[str, Any]:
        """A table whose values are of the types that their keys ask for."""
        if not isinstance(body, dict):
            raise self._bad(f"{needle} is no table", needle.strip("[]").rpartition(".")[2])
        for key, value in body.items():
            wanted = _TYPES.get(key, str)
            if type(value) is not wanted:
                raise self._bad(f"{key!r} of {needle} must be {_TYPE_NAMES[wanted]}", needle)
        return body

    def _class(self, name: str, body: dict[str, Any]) -> None:
        place = self._place(f"[class.{name}]")
        if name in RESERVED or set(body) - _CLASS_KEYS:
            raise self._bad(f"class {name!r} is reserved or has an unknown key", f"[class.{name}]")
        known = self._into.classes.setdefault(name, WordClass(name, place))
        for key in _CLASS_KEYS - {"words", "except"}:
            if key in body:
                setattr(known, key, body[key])
        for words, at in self._words(body.get("words", ""), place.line):
            for word in words:
                known.words.setdefault(word, at)
        for words, at in self._words(body.get("except", ""), place.line):
            absent = [word for word in words if known.words.pop(word, None) is None]
            if absent:
                raise BadLexicon(
                    f"class {name!r} excepts {absent[0]!r}, which it does not hold",
                    where=str(at),
                    hint="take it out of except",
                )

    def _words(self, text: str, after: int = 0) -> Iterator[tuple[list[str], Place]]:
        """The words of each pattern, and where the pattern stands: in a line from ``after``."""
        for pattern in text.split():
            lines = self._written.get(pattern, [0])
            place = Place(self._name, next((one for one in lines if one >= after), lines[0]))
            try:
                yield expanded(pattern), place
            except ValueError as error:
                raise self._bad(str(error), pattern) from error

    def _rule(self, body: object) -> RuleText:
        name = body.get("id") if isinstance(body, dict) else None
        if not isinstance(name, str):
            raise self._bad("a rule has no id", "[[rule]]")
        body = self._typed(body, f'"{name}"')
        unknown = set(body) - _RULE_KEYS
        if unknown:
            raise self._bad(f"rule {name!r} has an unknown key {min(unknown)!r}", f'"{name}"')
        emit = tuple(body.get("emit", "").split())
        wrong = [label for label in emit if label not in LABELS]
        if wrong or body.get("polarity", "out") not in POLARITIES:
            raise self._bad(f"rule {name!r} emits what is no label or polarity", f'"{name}"')
        split = {key: tuple(body.get(key, "").split()) for key in ("all", "any", "none", "only")}
        return RuleText(
            id=name,
            place=self._place(f'"{name}"'),
            rank=body.get("rank", 500),
            emit=emit,
            **split,
            with_=tuple(body.get("with", "").split()),
            without=tuple(body.get("without", "").split()),
            seq=tuple(body.get("seq", "").split("\n")) if body.get("seq") else (),
            whole=body.get("whole", False),
            go_on=body.get("go_on", False),
            polarity=body.get("polarity", ""),
            examples=tuple(body.get("examples", "").split("\n")),
            counter_examples=tuple(body.get("counter_examples", "").split("\n")),
        )

    def _place(self, needle: str) -> Place:
        for number, line in enumerate(self._lines, start=1):
            if needle in line:
                return Place(self._name, number)
        return Place(self._name, 0)

    def _bad(self, what: str, needle: str) -> BadLexicon:
        return BadLexicon(
            what,
            where=str(self._place(needle)),
            hint="correct that line; docs/comments.md says how",
        )
