"""The page of metrics, written from the registry: ``python -m tests.house.metrics_page``."""

from __future__ import annotations

import sys

from streamproc.sinks.metrics.registry import SECTIONS, Metric

HEAD = """\
# Metrics

Written by `make docs` from `streamproc/sinks/metrics/registry.py`; do not edit by hand.

Each worker serves `/metrics`, `/livez` and `/readyz` at `STREAMPROC_METRICS__HOST`, port
`STREAMPROC_METRICS__PORT`. Names and labels are a contract. Units are base units. Histograms are classic
ones; nothing has a `_created`. No label holds what a person wrote.

| path | 200 while | else 503 and `reason` |
|---|---|---|
| `/livez` | the event loop ticked in the last 10 s, and what is behind moves while the broker delivers; \
never depends on Kafka or Redis | `loop_stalled`, `no_progress` |
| `/readyz` | partitions are assigned and recovered, and none is further behind than \
`STREAMPROC_METRICS__READY_BEHIND_MAX_S` | `not_assigned`, `recovering`, `behind`, `loop_stalled`, \
`no_progress` |
"""
TABLE = "\n| metric | type | labels | |\n|---|---|---|---|\n"


def page() -> str:
    """The page, as Markdown."""
    parts = [HEAD]
    for section in SECTIONS:
        rows = (_row(metric) for metric in section.metrics)
        parts.append(f"\n## {section.title}\n\n{section.note}\n{TABLE}{''.join(rows)}")
    return "".join(parts)


def _row(one: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels)
    bounds = f" Buckets: {', '.join(f'{bound:g}' for bound in one.bounds)}." if one.bounds else ""
    return f"| `{one.name}` | {one.type} | {labels} | {one.help}{bounds} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
