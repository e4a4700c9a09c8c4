"""Texts with ids where products' names stood, so that one product by two names is the same text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamproc.comments.automaton import Finder
from streamproc.comments.vocabulary import PRODUCT, WEAK_PRODUCT, Entry

_AROUND = "\0"  # in no text in form
_ANY = "\1"  # so is this


class Names:
    """The names of all products."""

    def __init__(self, entries: Mapping[str, Entry], finder: type[Finder]) -> None:
        named = {
            form: str(entry.ref)
            for form, entry in entries.items()
            if entry.kind in {PRODUCT, WEAK_PRODUCT}
        }
        self._ids = [f"{_AROUND}{one}{_AROUND}" for one in named.values()]
        self._any = [_ANY] * len(named)
        self._finder = finder(list(named)) if named else None

    def without(self, form: str) -> str:
        """Texts in form, with the id of each product for its name."""
        return self._written(form, self._ids)

    def alike(self, form: str) -> str:
        """Texts in form, with one sign for the name of any product."""
        return self._written(form, self._any)

    def _written(self, form: str, others: Sequence[str]) -> str:
        if self._finder is None:
            return form
        parts: list[str] = []
        at = 0
        for which, start, end in self._finder.find(form):
            parts += (form[at:start], others[which])
            at = end
        return "".join((*parts, form[at:]))
