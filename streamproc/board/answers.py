"""The shapes of answers, as the OpenAPI document tells them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from streamproc.board.cards import Card
from streamproc.board.rollups import PlaceSums
from streamproc.events.host_tally import CurveMinute, HostTally
from streamproc.events.outputs import AlertTransition

Millis = Annotated[int, Meta(description="UTC milliseconds since 1970")]


class Hosts(Struct, frozen=True, kw_only=True):
    """A page of hosts. Shapes: ``next_cursor`` asks for the next page; None: there is none."""

    items: list[Card]
    next_cursor: str | None
    as_of_ms: Millis


class Host(Struct, frozen=True, kw_only=True):
    """One host: its whole tally, and its alerts with those that were resolved within the hour."""

    tally: HostTally
    alerts: list[AlertTransition]


class Curve(Struct, frozen=True, kw_only=True):
    """A broadcast minute by minute, ascending; minutes without anything are left out.

    Shapes: ``completeness`` is that of the broadcast, as its tally has it.
    """

    host_id: str
    session_id: str
    minutes: list[CurveMinute]
    as_of_ms: Millis
    completeness: dict[str, Any]


class Place(Struct, frozen=True, kw_only=True):
    """A host's place.

    Shapes: equal values share a rank, and the next is left out. ``late``, ``rejected`` and
        ``missing_sources`` are those of the broadcast; ``approximate`` names the figure if it is an
        estimate there.
    """

    rank: int
    host_id: str
    host_name: str
    value: int
    village: str
    late: dict[str, int]
    rejected: dict[str, int]
    approximate: list[str]
    missing_sources: list[str]


class Leaderboard(Struct, frozen=True, kw_only=True):
    """Who is ahead of whom; money in minor units of CNY."""

    figure: str
    window: str
    as_of_ms: Millis
    items: list[Place]


class Rollup(Struct, frozen=True, kw_only=True):
    """Sums of places. People cannot be added up: their counts are null."""

    level: str
    as_of_ms: Millis
    items: list[PlaceSums]


class Alerts(Struct, frozen=True, kw_only=True):
    """A page of alerts, the most urgent first, of these the newest."""

    items: list[AlertTransition]
    next_cursor: str | None
    as_of_ms: Millis


class AlertGroup(Struct, frozen=True, kw_only=True):
    """Open alerts of one kind in one venue that follow from no other.

    Shapes: ``venue_id`` is null where the venue is unknown: then the group is of one broadcast.
        ``severity`` is that of the worst, ``opened_ms`` when the first began, ``rooms`` counts broadcasts.
    """

    kind: str
    venue_id: str | None
    severity: str
    opened_ms: Millis
    rooms: int
    alert_ids: list[str]


class AlertGroups(Struct, frozen=True, kw_only=True):
    """What is wrong where, a line a kind and venue, the worst and then the oldest first."""

    items: list[AlertGroup]
    as_of_ms: Millis


class PartitionBeat(Struct, frozen=True, kw_only=True):
    """Who owns a partition, when it was heard last (null: nobody is), and how far it has read.

    Shapes: ``behind_s`` is how old the newest record is that it has counted of the source it is furthest
        behind in; null: it follows its sources, or does not know yet. ``paused`` are sources that are read
        no more because too many of their records cannot be used, each with the age of the last that was
        counted.
    """

    partition: int
    worker: str | None
    age_s: float | None
    behind_s: float | None
    paused: dict[str, float | None]


class Health(Struct, frozen=True, kw_only=True):
    """How fresh everything is.

    Shapes: ``status`` is ok, degraded (old, behind, in part not counted or without an owner; look at the
        rest) or down (nothing was ever read). ``redis_age_s``: since Redis answered last. ``unreadable``
        counts values that could not be read.
    """

    status: str
    redis: bool
    redis_age_s: float | None
    as_of_ms: Millis
    now_ms: Millis
    hosts: int
    open_alerts: int
    partitions: list[PartitionBeat]
    unreadable: int
    streams: int
    streams_dropped: int
    version: str


class FigureDefinition(Struct, frozen=True, kw_only=True):
    """What a figure is."""

    id: str
    zh: str
    en: str
    unit: str
    formula: str
    windows: tuple[str, ...]
    inputs: tuple[str, ...]
    traps: tuple[str, ...]
    follows: str | None
    ranked: bool


class AlertDefinition(Struct, frozen=True, kw_only=True):
    """What a kind of alert is. Shapes: ``runbook`` are steps, each in zh and en."""

    kind: str
    zh: str
    en: str
    severity: str
    trigger: str
    clears: str
    runbook: list[tuple[str, str]]


class Definitions(Struct, frozen=True, kw_only=True):
    """Every figure and every kind of alert."""

    figures: list[FigureDefinition]
    alerts: list[AlertDefinition]


class Session(Struct, frozen=True, kw_only=True):
    """Who asks. Shapes: ``guarded``: whether a token is asked for at all."""

    scope: str
    host_id: str | None
    may_judge: bool
    guarded: bool


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token, for a cookie that stands for it."""

    token: Annotated[str, Meta(min_length=1, max_length=512)]


class VerdictTaken(Struct, frozen=True, kw_only=True):
    """A verdict that is written.

    Shapes: the same verdict on the same step of an alert within a minute has the same ``event_id``.
    """

    event_id: str
    alert_id: str
    verdict: str
    until_ms: Millis | None
