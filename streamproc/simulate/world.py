"""Who lives in the region, what they sell and what viewers type, from the TOML files beside."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

_FOLDER: Final = Path(__file__).parent
_T = TypeVar("_T")


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """Something grown or made in a village.

    Units: ``price_minor`` in minor units of CNY.
    """

    id: str
    title: str
    price_minor: int
    aliases: tuple[str, ...]


class Intent(Struct, frozen=True, forbid_unknown_fields=True):
    """Comments that mean the same; ``{p}`` is a product, ``{n}`` its link number."""

    id: str
    weight: float
    texts: tuple[str, ...]


class HostPhrases(Struct, frozen=True, forbid_unknown_fields=True):
    """What hosts and their staff type. Shapes: ``answers`` by the intent of the question."""

    stockout: tuple[str, ...]
    restocked: tuple[str, ...]
    chat: tuple[str, ...]
    dead_link: tuple[str, ...]
    bait: tuple[str, ...]
    plenty: tuple[str, ...]
    out_of_stock: tuple[str, ...]
    unlisted: tuple[str, ...]
    no_coupon: tuple[str, ...]
    sorry: tuple[str, ...]
    answers: dict[str, tuple[str, ...]]


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """What viewers type around one happening."""

    texts: tuple[str, ...]


class IncidentPhrases(Struct, frozen=True, forbid_unknown_fields=True):
    """What viewers type in incidents."""

    dead_link: tuple[str, ...]
    bait: tuple[str, ...]
    planted: tuple[str, ...]
    unlisted: tuple[str, ...]
    storm: tuple[str, ...]
    storm_stock: tuple[str, ...]
    complaint: tuple[str, ...]
    no_coupon: tuple[str, ...]
    still: tuple[str, ...]


class Phrases(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is typed."""

    intents: tuple[Intent, ...]
    stockout: Texts
    restocked: Texts
    incidents: IncidentPhrases
    host: HostPhrases


class Places(Struct, frozen=True, forbid_unknown_fields=True):
    """District -> town -> villages, and what hosts are called."""

    nicknames: tuple[str, ...]
    roles: tuple[str, ...]
    districts: dict[str, dict[str, tuple[str, ...]]]

    def villages(self) -> list[tuple[str, str, str]]:
        """Every (district, town, village)."""
        return [
            (district, town, village)
            for district, towns in self.districts.items()
            for town, villages in towns.items()
            for village in villages
        ]


class _Catalog(Struct, frozen=True, forbid_unknown_fields=True):
    products: tuple[Product, ...]


def _load(name: str, of: type[_T]) -> _T:
    return msgspec.toml.decode((_FOLDER / name).read_bytes(), type=of)


@cache
def products() -> tuple[Product, ...]:
    """All products."""
    return _load("catalog.toml", _Catalog).products


@cache
def phrases() -> Phrases:
    """All phrases."""
    return _load("phrases.toml", Phrases)


@cache
def places() -> Places:
    """All places."""
    return _load("places.toml", Places)
