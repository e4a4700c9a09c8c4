"""Comments as people type them: the simulator's phrases about its products, with noise; seeded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from streamproc.comments.products import Catalog, Product
from streamproc.simulate.world import phrases, places, products

HIGHEST_LINK = 40
SHARE_OF_STOCK = 15  # beside the intents' own weights, which add up to 100
SHARE_OF_RELIEF = 5
_BEFORE = ("", "", "", "", "主播", "姐", "老板 ", "请问", "那个", "哎", "@小李 ", "😂")
_AFTER = ("", "", "", "!", "啊", "呀", "~", "😂", "哈", "~~", "。", "👍", "呢", "…", "!!!", "谢谢")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


class Typed(NamedTuple):
    """A comment and what its phrase was written for."""

    text: str
    intent: str


class _Phrase(NamedTuple):
    template: str
    intent: str
    weight: float


@cache
def _phrases() -> tuple[_Phrase, ...]:
    known = phrases()
    groups = [(one.id, one.texts, float(one.weight)) for one in known.intents]
    groups.append(("stockout", known.stockout.texts, SHARE_OF_STOCK))
    groups.append(("restocked", known.restocked.texts, SHARE_OF_RELIEF))
    return tuple(
        _Phrase(text, intent, weight / len(texts))
        for intent, texts, weight in groups
        for text in texts
    )


def typed(count: int, seed: int = 1) -> list[Typed]:
    """So many comments, no two alike."""
    rng = Random(seed)
    known = _phrases()
    weights = [one.weight for one in known]
    names = [alias for product in products() for alias in product.aliases]
    found: dict[str, Typed] = {}
    while len(found) < count:
        phrase = rng.choices(known, weights)[0]
        said = phrase.template.format(p=rng.choice(names), n=rng.randint(1, HIGHEST_LINK))
        text = noisy(said, rng)
        found.setdefault(text, Typed(text, phrase.intent))
    return list(found.values())


def noisy(text: str, rng: Random) -> str:
    """The text with what people put around it and do to it."""
    text = rng.choice(_BEFORE) + text + rng.choice(_AFTER) + rng.choice(_AFTER)
    how = rng.random()
    if how < 0.03:
        return " ".join(text)
    if how < 0.08:
        return f"{text} {rng.randint(0, 999)}"
    if how < 0.10:
        return text.translate(_WIDE)
    return text


def catalog(more_aliases: int = 0) -> Catalog:
    """What the simulator sells; with further aliases, each a village and what comes from it."""
    own = [(product.id, alias) for product in products() for alias in product.aliases]
    grown = [
        (product, f"{village}{alias}")
        for _, _, village in places().villages()
        for product, alias in own
    ]
    if more_aliases > len(grown):
        raise ValueError(f"there are {len(grown)} further aliases")
    aliases = [*own, *grown[:more_aliases]]
    return Catalog(
        "simulated",
        tuple(
            _product(one.id, number, [alias for product, alias in aliases if product == one.id])
            for number, one in enumerate(products(), start=1)
        ),
    )


def _product(product: str, link: int, aliases: Sequence[str]) -> Product:
    return Product(product, link, tuple(aliases), (), (), ())
