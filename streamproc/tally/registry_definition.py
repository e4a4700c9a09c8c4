"""What a figure is, in words: the shape of an entry of the registry."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

SESSION: Final = "session"
MINUTE: Final = "minute"
"""An entry of the curve."""

WINDOWS: Final = ("1m", "5m", "10m", "previous_10m", "60m")
EVERYWHERE: Final = (SESSION, *WINDOWS, MINUTE)
OF_PEOPLE: Final = (SESSION, "10m", "previous_10m", MINUTE)
"""Where people are counted: whole minutes only."""

SESSION_ONLY: Final = (SESSION,)


class Unit(StrEnum):
    """What a figure is counted in."""

    MINOR = "minor units by currency"
    COUNT = "count"
    RATIO = "ratio"
    SECONDS = "seconds"


class Definition(Struct, frozen=True, kw_only=True):
    """One figure: what it says, from what, for which spans, and what it is taken for elsewhere.

    Shapes: ``inputs`` are base sums (``orders.``, ``comments.``, ``viewers.``), counts of different
        keys (``uniques.``) and what the platform counted (``counted.``). ``douyin``,
        ``tiktok_shop`` and ``wechat`` are their names of it, None where no public source gives one.
        ``follows``: whose definition this is, where sources differ.
    """

    id: str
    zh: str
    en: str
    unit: Unit
    formula: str
    inputs: tuple[str, ...]
    windows: tuple[str, ...] = EVERYWHERE
    traps: tuple[str, ...] = ()
    follows: str | None = None
    douyin: str | None = None
    tiktok_shop: str | None = None
    wechat: str | None = None
