"""The text that Prometheus reads, written in one pass: only what the registry names can be told.

``prometheus_client`` makes an object per sample and takes ten times as long for thousands of rooms; its
parser reads what is written here, in the tests.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from streamproc.engine.measured import Histogram
from streamproc.sinks.metrics.registry import METRICS, Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPED: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Exposition:
    """What one scrape is answered with.

    Shapes: a metric of which nothing was told is left out. Errors: ``KeyError`` for one that is not in the
        registry, ``ValueError`` for other labels than the registry's: defects of ours.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def add(self, name: str, value: float, *labels: str) -> None:
        """Tell a value, with label values in the registry's order."""
        self._of(name).append(f"{name}{label_text(METRICS[name], labels)} {number(value)}\n")

    def add_histogram(self, name: str, of: Histogram, *labels: str) -> None:
        """Tell a histogram."""
        metric, lines = METRICS[name], self._of(name)
        base = _pairs(metric, labels)
        begin = f"{name}_bucket{{{base}{',' if base else ''}le="
        counts = list(accumulate(list(of.counts)))
        for bound, count in zip((*of.bounds, float("inf")), counts, strict=True):
            lines.append(f'{begin}"{number(bound)}"}} {count}\n')
        text = label_text(metric, labels)
        lines.append(f"{name}_sum{text} {number(of.sum)}\n")
        lines.append(f"{name}_count{text} {counts[-1]}\n")

    def add_summary(self, name: str, count: int, total: float, *labels: str) -> None:
        """Tell how many and how much in all."""
        text = label_text(METRICS[name], labels)
        self._of(name).extend(
            (f"{name}_sum{text} {number(total)}\n", f"{name}_count{text} {count}\n")
        )

    def add_lines(self, name: str, lines: Iterable[str]) -> None:
        """Tell lines that are made already, each with its end."""
        self._of(name).extend(lines)

    def text(self) -> bytes:
        """The whole, in the registry's order."""
        parts: list[str] = []
        for name, metric in METRICS.items():
            lines = self._lines.get(name)
            if lines:
                parts.append(f"# HELP {name} {_help(metric)}\n# TYPE {name} {metric.type}\n")
                parts += lines
        return "".join(parts).encode()

    def _of(self, name: str) -> list[str]:
        if name not in METRICS:
            raise KeyError(name)
        return self._lines.setdefault(name, [])


class Ratchet:
    """Keeps counters from falling where their parts are read while one of them moves.

    A total is the sum of what is ours and what was; a scrape between the two steps of a rebalance would
    read less, and Prometheus would take that for a restart.
    """

    def __init__(self) -> None:
        self._highest: dict[tuple[str, ...], float] = {}

    def __call__(self, value: float, *of: str) -> float:
        """The greatest value of this counter so far."""
        highest = max(value, self._highest.get(of, 0.0))
        self._highest[of] = highest
        return highest


def label_text(metric: Metric, values: Sequence[str]) -> str:
    """Labels as they stand behind a name; empty without any."""
    pairs = _pairs(metric, values)
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """A label's value between its quotes."""
    return value.translate(_ESCAPED)


def number(value: float) -> str:
    """A number as Prometheus reads it; whole ones without a point."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def _pairs(metric: Metric, values: Sequence[str]) -> str:
    pairs = zip(metric.labels, values, strict=True)
    return ",".join(f'{name}="{escaped(value)}"' for name, value in pairs)


def _help(metric: Metric) -> str:
    return metric.help.replace("\\", r"\\").replace("\n", r"\n")
