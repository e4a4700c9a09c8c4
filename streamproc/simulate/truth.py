"""What is true of a run, summed up while it is generated, and the file that says so."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from streamproc.errors import BadSetting
from streamproc.simulate.book import LineBook, Session
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


class Incident(Struct, frozen=True, kw_only=True):
    """Something happened that an alert should tell of, or that looks as if one should.

    Shapes: ``kind`` is the name of the alert, or that of an innocent thing. ``product_id`` and
        ``coupon_id`` say what it is about, if not the room. ``variant`` tells how it shows, where a kind
        has several ways. ``cycles`` counts the stock-outs of batch selling.
    Units: event time, UTC; from ``start_ms`` on and before ``end_ms``.
    """

    kind: str
    host_id: str
    session_id: str
    start_ms: int
    end_ms: int
    product_id: str | None = None
    coupon_id: str | None = None
    variant: str = ""
    cycles: int = 0


class Totals(Struct, kw_only=True):
    """What is true of a run, and what became of its records.

    Shapes: ``hosts`` holds the figures of everything emitted, whether it was acknowledged or not,
        zero figures left out, and ``uniques`` how many people stand behind them. ``labels`` counts
        records by topic and label, ``garbage`` by kind and topic, ``outcomes`` records acked, failed
        and unknown. ``stockouts`` are whenever a product was truly gone, ``incidents`` what that and
        everything else means.
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
    uniques: TotalsByHost = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    paid_orders: int = 0
    stockouts: list[Stockout] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Errors: ``BadSetting`` if it cannot be written.
        """
        unfinished = path.with_name(f"{path.name}.part")
        try:
            unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2))
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise BadSetting(
                f"the totals cannot be written: {error.strerror}",
                where=str(path),
                hint="make room there, or move away what is in the way, and run it again",
            ) from error

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
        self._sums: dict[Session, Figures] = defaultdict(dict)
        self._book = LineBook()
        self._people: dict[Session, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def add(self, emission: Emission) -> None:
        """Count a record, and what it adds."""
        self._labels[emission.topic, emission.label] += 1
        session = (emission.host_id, emission.session_id)
        if emission.adds is not None:
            add_figures(self._sums[session], emission.adds)
        if emission.fact is not None:
            self._book.add(session, emission.fact)
        if emission.person is not None:
            count, key = emission.person
            self._people[session][count].add(key)

    def into(self, totals: Totals) -> None:
        """Write the sums into a run's totals."""
        totals.emitted = sum(self._labels.values())
        totals.labels, totals.garbage = {}, {}
        totals.hosts, totals.uniques = {}, {}
        for (topic, label), number in sorted(self._labels.items()):
            totals.labels.setdefault(topic, {})[label] = number
            if label.startswith(GARBAGE):
                kind = label.removeprefix(GARBAGE)
                totals.garbage.setdefault(kind, {})[topic] = number
        told = dict(self._book.figures())
        for session in sorted({*self._sums, *told}):
            figures = {**self._sums.get(session, {}), **told.get(session, {})}
            shown = {name: value for name, value in figures.items() if _is_something(value)}
            if shown:
                totals.hosts.setdefault(session[0], {})[session[1]] = shown
        for (host_id, session_id), people in sorted(self._people.items()):
            counts = {name: len(keys) for name, keys in sorted(people.items())}
            totals.uniques.setdefault(host_id, {})[session_id] = counts


def add_figures(sums: Figures, adds: Figures, sign: int = 1) -> None:
    """Add figures to sums, in place; money by its currency."""
    for name, value in adds.items():
        if isinstance(value, dict):
            add_figures(sums.setdefault(name, {}), value, sign)
        else:
            sums[name] = sums.get(name, 0) + sign * value


def _is_something(value: object) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)
