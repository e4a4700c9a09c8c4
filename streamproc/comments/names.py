"""Texts with ids where products' names stood, so that one product by two names is the same text."""

from __future__ import annotations

from collections.abc import Mapping

from streamproc.comments.automaton import Finder
from streamproc.comments.vocabulary import PRODUCT, WEAK_PRODUCT, Entry

_AROUND = "\0"  # in no text in form


class Names:
    """The names of all products."""

    def __init__(self, entries: Mapping[str, Entry], finder: type[Finder]) -> None:
        named = {
            form: str(entry.ref)
            for form, entry in entries.items()
            if entry.kind in {PRODUCT, WEAK_PRODUCT}
        }
        self._ids = list(named.values())
        self._finder = finder(list(named)) if named else None

    def without(self, form: str) -> str:
        """A text in form, with the id of each product for its name."""
        if self._finder is None:
            return form
        parts: list[str] = []
        at = 0
        for which, start, end in self._finder.find(form):
            parts += (form[at:start], _AROUND, self._ids[which], _AROUND)
            at = end
        return "".join((*parts, form[at:]))
