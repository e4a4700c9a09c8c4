"""Panels and dashboards from a few words each, by Grafana's own models."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="$datasource")
COLUMNS: Final = 24
TAG: Final = "streamproc"
TITLES: Final = {
    "streamproc-floor": "Live floor",
    "streamproc-host": "One host",
    "streamproc-pipeline": "Pipeline",
    "streamproc-slo": "SLO",
}
BAD_FROM_1: Final = ((1, "red"),)
RATE: Final = "[$__rate_interval]"
PanelBuilder = stat.Panel | timeseries.Panel | table.Panel


class Panel(NamedTuple):
    """One panel.

    Shapes: ``queries`` are expressions and the legends of their series. ``steps`` are thresholds: from that
        value on, that colour. ``width`` of 24 columns; ``stacked`` series add up.
    """

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: Literal["stat", "curve", "table"] = "curve"
    told: str = ""
    width: int = 8
    height: int = 8
    steps: tuple[tuple[float, str], ...] = ()
    stacked: bool = False
    decimals: int | None = None


class Board(NamedTuple):
    """A dashboard: rows of panels. ``hosts``: it has a variable to choose a host by."""

    uid: str
    told: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    hosts: bool = False
    span: str = "now-1h"


def curve(title: str, unit: str, *queries: tuple[str, str], **of: Any) -> Panel:  # noqa: ANN401 - a panel's own fields
    """A panel of curves over time."""
    return Panel(title, unit, queries, "curve", **of)


def number(title: str, unit: str, expr: str, **of: Any) -> Panel:  # noqa: ANN401 - a panel's own fields
    """A panel of one number."""
    return Panel(title, unit, ((expr, ""),), "stat", **({"width": 4, "height": 4} | of))


def listed(title: str, unit: str, expr: str, **of: Any) -> Panel:  # noqa: ANN401 - a panel's own fields
    """A panel of rows: one for each series, as they are now."""
    return Panel(title, unit, ((expr, ""),), "table", **({"width": 12, "height": 10} | of))


def rate(metric: str, by: str) -> str:
    """A counter's increase a second, by these labels."""
    return f"sum by ({by}) (rate(streamproc_{metric}{RATE}))"


def quantile(share: float, metric: str, by: str = "") -> str:
    """A quantile of a histogram, by these labels."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate(streamproc_{metric}_bucket{RATE}))"
    return f"histogram_quantile({share:g}, {buckets})"


def as_json(board: Board) -> str:
    """The dashboard as Grafana reads it: the same bytes for the same words."""
    builder = (
        dashboard.Dashboard(f"streamproc: {TITLES[board.uid]}")
        .uid(board.uid)
        .description(board.told)
        .tags([TAG])
        .refresh("10s")
        .time(board.span, "now")
        .timezone("browser")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
    )
    if board.hosts:
        builder.with_variable(_hosts())
    for uid, title in TITLES.items():
        if uid != board.uid:
            builder.link(_link(uid, title))
    number_of_panel = itertools.count(1)
    for title, panels in board.rows:
        builder.with_row(dashboard.Row(title).id(next(number_of_panel)))
        for panel in panels:
            builder.with_panel(_built(panel).id(next(number_of_panel)))
    return json.dumps(builder.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _hosts() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("host")
        .label("Host")
        .datasource(DATASOURCE)
        .query("label_values(streamproc_room_comments, host)")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _link(uid: str, title: str) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(title)
        .type(models.DashboardLinkType.LINK)
        .url(f"/d/{uid}")
        .keep_time(True)
    )


def _built(panel: Panel) -> PanelBuilder:
    builder = {"stat": _stat, "curve": _curve, "table": _table}[panel.kind](panel)
    builder.title(panel.title).description(panel.told).datasource(DATASOURCE).unit(panel.unit)
    builder.span(min(panel.width, COLUMNS)).height(panel.height)
    if panel.decimals is not None:
        builder.decimals(panel.decimals)
    if panel.steps:
        builder.thresholds(_thresholds(panel.steps))
    for index, (expr, legend) in enumerate(panel.queries):
        query = prometheus.Dataquery().expr(expr).ref_id(chr(ord("A") + index))
        query.legend_format(legend or "__auto").datasource(DATASOURCE)
        if panel.kind == "curve":
            query.range()
        else:
            query.instant()
        if panel.kind == "table":
            query.format(PromQueryFormat.TABLE)
        builder.with_target(query)
    return builder


def _stat(panel: Panel) -> PanelBuilder:
    return (
        stat.Panel().no_value("-").reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def _table(panel: Panel) -> PanelBuilder:
    hidden = {"Time": True, "__name__": True, "job": True, "instance": True}
    return (
        table.Panel()
        .no_value("-")
        .transformations(
            [
                models.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden}),
                models.DataTransformerConfig(
                    id_val="sortBy", options={"sort": [{"field": "Value", "desc": True}]}
                ),
            ]
        )
    )


def _curve(panel: Panel) -> PanelBuilder:
    built = (
        timeseries.Panel()
        .no_value("-")
        .draw_style(GraphDrawStyle.LINE)
        .line_width(1)
        .fill_opacity(30 if panel.stacked else 8)
        .show_points(VisibilityMode.NEVER)
        .min(0)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
    )
    if panel.stacked:
        built.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return built


def _thresholds(steps: Sequence[tuple[float, str]]) -> dashboard.ThresholdsConfig:
    first = models.Threshold(value=None, color="green")
    rest = [models.Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps([first, *rest])
