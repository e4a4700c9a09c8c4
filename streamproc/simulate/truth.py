"""What is true of a run, summed up while it is generated, and the file that says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from streamproc.simulate.emission import GARBAGE, Emission, Figures

TotalsByHost = dict[str, dict[str, Figures]]
"""Host -> session -> figures."""


class Stockout(Struct, frozen=True):
    """A product was truly out of stock.

    Units: event time, UTC; from ``start_ms`` on and before ``end_ms``.
    """

    host_id: str
    session_id: str
    product_id: str
    start_ms: int
    end_ms: int


class Totals(Struct, kw_only=True):
    """What is true of a run, and what became of its records.

    Shapes: ``hosts`` holds the figures of everything emitted, whether it was acknowledged or not,
    zero figures left out. ``labels`` counts records by topic and label, ``garbage`` by kind and
    topic, ``outcomes`` records acked, failed and unknown.
    """

    scenario: str
    seed: int
    options: dict[str, Any]
    start_ms: int
    end_ms: int
    complete: bool = False
    emitted: int = 0
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    garbage: dict[str, dict[str, int]] = field(default_factory=dict)
    hosts: TotalsByHost = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    paid_orders: int = 0
    stockouts: list[Stockout] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2))
        unfinished.replace(path)

    def count(self, label: str) -> int:
        """How many records carry a label; ``garbage:`` counts all kinds of it."""
        return sum(
            number
            for labels in self.labels.values()
            for each, number in labels.items()
            if each.startswith(label)
        )


def read_totals(path: Path) -> Totals:
    """The totals that a run left behind."""
    return msgspec.json.decode(path.read_bytes(), type=Totals)


class Truth:
    """Sums up what is emitted."""

    def __init__(self) -> None:
        self._labels: Counter[tuple[str, str]] = Counter()
        self._sums: dict[tuple[str, str], Figures] = defaultdict(dict)

    def add(self, emission: Emission) -> None:
        """Count a record, and what it adds."""
        self._labels[emission.topic, emission.label] += 1
        if emission.adds is not None:
            add_figures(self._sums[emission.host_id, emission.session_id], emission.adds)

    def into(self, totals: Totals) -> None:
        """Write the sums into a run's totals."""
        totals.emitted = sum(self._labels.values())
        totals.labels, totals.garbage, totals.hosts = {}, {}, {}
        for (topic, label), number in sorted(self._labels.items()):
            totals.labels.setdefault(topic, {})[label] = number
            if label.startswith(GARBAGE):
                kind = label.removeprefix(GARBAGE)
                totals.garbage.setdefault(kind, {})[topic] = number
        for (host_id, session_id), figures in sorted(self._sums.items()):
            shown = {name: value for name, value in figures.items() if _is_something(value)}
            if shown:
                totals.hosts.setdefault(host_id, {})[session_id] = shown


def add_figures(sums: Figures, adds: Figures, sign: int = 1) -> None:
    """Add figures to sums, in place; money by its currency."""
    for name, value in adds.items():
        if isinstance(value, dict):
            add_figures(sums.setdefault(name, {}), value, sign)
        else:
            sums[name] = sums.get(name, 0) + sign * value


def _is_something(value: object) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)
