"""The catalogue: names, aliases and link numbers, and which product a mention stands for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple

from streamproc.errors import BadLexicon

HIGHEST_LINK = 99
_LINKS = ("{n}号", "{n}号链接", "{n}号link", "链接{n}", "link {n}", "#{n}", "{cn}号", "no.{n}")
_MORE_LINKS = (
    "{cn}号链接", "链接{cn}", "{n}号品", "{n}号宝贝", "{n}链接", "{n}号商品", "{cn}号宝贝", "第{cn}个链接",
    "number {n}", "no {n}", "第{n}个链接", "item {n}", "{cn}号品",
)  # fmt: skip
_DIGITS = "零一二三四五六七八九"


class Product(NamedTuple):
    """One product on sale. Shapes: ``weak_aliases`` count only beside something else."""

    id: str
    link: int | None
    aliases: tuple[str, ...]
    weak_aliases: tuple[str, ...]
    not_aliases: tuple[str, ...]
    specs: tuple[str, ...]


class Catalog(NamedTuple):
    """What a room sells."""

    version: str
    products: tuple[Product, ...]
    link_patterns: tuple[str, ...] = _LINKS

    def links(self) -> dict[int, str]:
        """Link number to product id, as the catalogue says; a room may say otherwise."""
        return {one.link: one.id for one in self.products if one.link is not None}

    def link_words(self) -> dict[str, int]:
        """Every way to type a link number."""
        patterns = (*self.link_patterns, *_MORE_LINKS)
        return {
            one.replace("{n}", str(n)).replace("{cn}", chinese(n)): n
            for n in range(1, HIGHEST_LINK + 1)
            for one in patterns
        }


class Room(NamedTuple):
    """What a comment's room shows when it is typed, and who types it.

    Shapes: ``role`` is viewer, host, staff or other; what is none of them is read as a viewer's.
    """

    on_show: str | None = None
    links: Mapping[int, str] | None = None
    role: str = "viewer"


class LinkTable:
    """Link numbers of a room over time; a number may be given to another product while live.

    Units: times in ms.
    """

    def __init__(self) -> None:
        self._changes: dict[int, list[tuple[int, str | None]]] = {}

    def assign(self, number: int, product: str | None, at_ms: int) -> None:
        """From ``at_ms`` on the number stands for the product, or for none."""
        changes = self._changes.setdefault(number, [])
        changes.insert(bisect_right(changes, at_ms, key=lambda one: one[0]), (at_ms, product))

    def at(self, number: int, at_ms: int) -> str | None:
        """What the number stood for at a time."""
        changes = self._changes.get(number, [])
        after = bisect_right(changes, at_ms, key=lambda one: one[0])
        return changes[after - 1][1] if after else None


def chinese(number: int) -> str:
    """A number below 100 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def read_catalog(document: Mapping[str, Any], where: str) -> Catalog:
    """The catalogue in a JSON document. Errors: ``BadLexicon``."""
    try:
        products = tuple(_product(one) for one in document["products"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadLexicon(
            "the catalogue is not of the form that is needed",
            where=where,
            hint='it needs "products", each with "id" and "name"; docs/comments.md shows one',
        ) from error
    patterns = document.get("link_patterns", _LINKS)
    return Catalog(str(document.get("version", "")), products, tuple(patterns))


def _product(one: Mapping[str, Any]) -> Product:
    def several(key: str) -> tuple[str, ...]:
        return tuple(str(word) for word in one.get(key, ()))

    aliases = dict.fromkeys((str(one["name"]), *several("aliases")))
    link = one.get("link")
    return Product(
        id=str(one["id"]),
        link=None if link is None else int(link),
        aliases=tuple(aliases),
        weak_aliases=several("weak_aliases"),
        not_aliases=several("not_alias"),
        specs=several("specs"),
    )
