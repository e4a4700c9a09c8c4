"""The registry of figures: every figure that is answered, defined once, in the order shown.

Its ids are a contract: a figure may be added, none renamed. `docs/figures.md` is written from it.
"""

from __future__ import annotations

from typing import Final

from streamproc.tally.registry_audience import AUDIENCE
from streamproc.tally.registry_definition import Definition
from streamproc.tally.registry_ratios import RATIOS
from streamproc.tally.registry_sales import SALES

DEFINITIONS: Final[dict[str, Definition]] = {each.id: each for each in (*SALES, *AUDIENCE, *RATIOS)}
"""Id -> definition."""

FIGURE_IDS: Final = tuple(DEFINITIONS)
