"""The routes of alerts, and of verdicts on them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.params import JSONBody, Parameter, QueryParameter
from litestar.types import Scope

from streamproc.alerts.grouping import grouped
from streamproc.alerts.model import Severity
from streamproc.board import answers
from streamproc.board.api import Cursor, Limit
from streamproc.board.cursors import cursor_of, place_of
from streamproc.board.desk import (
    HOST_ID,
    AlertId,
    alert_of,
    answer,
    asked,
    encode,
    joined,
    seen,
)
from streamproc.board.judging import Judgement, event_of
from streamproc.board.problems import Refused
from streamproc.board.urgency import urgency
from streamproc.errors import VerdictUnpublished
from streamproc.events.outputs import AlertTransition

PAGE: Final = 200


class State(StrEnum):
    """Which alerts are asked for."""

    OPEN = "open"
    ALL = "all"
    """Also those that were resolved within the hour."""


@get("/alerts", tags=["alerts"], summary="Alerts, the most urgent first")
async def list_alerts(
    scope: Scope,
    which: Annotated[State, QueryParameter(name="state", description="Which")] = State.OPEN,
    host_id: Annotated[
        str | None,
        Parameter(min_length=1, max_length=64, pattern=HOST_ID, description="Only of this host"),
    ] = None,
    severity: Annotated[Severity | None, Parameter(description="Only of this severity")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response[answers.Alerts]:
    """Alerts of all rooms that may be seen: page, ticket, info; of these the newest first."""
    behind = None if cursor is None else place_of(cursor)
    found = sorted(
        (
            (urgency(held.alert), held.json)
            for room in seen(scope)
            if host_id is None or room.tally.host_id == host_id
            for held in room.alerts.values()
            if (which is State.ALL or held.open)
            and (severity is None or held.alert.severity == severity.value)
        ),
        key=lambda each: each[0],
    )
    if behind is not None:
        found = [each for each in found if each[0] > behind]
    page = found[:limit]
    following = cursor_of(page[-1][0]) if len(found) > limit else None
    tail = b',"next_cursor":%b,"as_of_ms":%d}' % (
        encode(following),
        asked(scope).desk.hall.as_of_ms,
    )
    return answer(joined(b"{", (encoded for _, encoded in page), tail))


@get("/alert-groups", tags=["alerts"], summary="Open alerts, a line a kind and venue")
async def list_groups(scope: Scope) -> Response[answers.AlertGroups]:
    """What is wrong where: one line for all rooms of a venue in which the same is wrong."""
    groups = grouped(held.alert for room in seen(scope) for held in room.open_alerts())
    items = [
        answers.AlertGroup(
            kind=group.kind,
            venue_id=group.venue_id or None,
            severity=group.severity.value,
            opened_ms=group.opened_ms,
            rooms=group.rooms,
            alert_ids=[each.alert_id for each in group.alerts],
        )
        for group in groups
    ]
    return answer(
        encode(answers.AlertGroups(items=items, as_of_ms=asked(scope).desk.hall.as_of_ms))
    )


@get("/alerts/{alert_id:str}", tags=["alerts"], summary="One alert with its evidence")
async def one_alert(scope: Scope, alert_id: AlertId) -> Response[AlertTransition]:
    """The latest step of an alert."""
    return answer(alert_of(scope, alert_id).json)


@post(
    "/alerts/{alert_id:str}/verdict",
    tags=["alerts"],
    summary="Say what an alert is worth",
    status_code=202,
)
async def judge(
    scope: Scope, alert_id: AlertId, data: JSONBody[Judgement]
) -> Response[answers.VerdictTaken]:
    """Write a verdict; the alert shows it as soon as the worker has read it."""
    desk, principal = asked(scope).desk, asked(scope).principal
    if not principal.may_judge:
        raise Refused(403, "verdicts take the token of operators")
    held = alert_of(scope, alert_id)
    event = event_of(
        held.alert,
        data,
        operator_key=desk.access.operator_key(data.by or principal.scope.value),
        now_ms=desk.now_ms(),
    )
    if desk.publisher is None:
        raise Refused(503, "this board has no way to Kafka: start it with --bootstrap")
    try:
        await desk.publisher.publish(event)
    except VerdictUnpublished as error:
        raise Refused(503, f"the verdict was not written: {error.what}", retry_after_s=2) from error
    taken = answers.VerdictTaken(
        event_id=event.event_id,
        alert_id=alert_id,
        verdict=event.verdict.value,
        until_ms=event.until_ms,
    )
    return answer(encode(taken))


ROUTES: Final = (list_alerts, list_groups, one_alert, judge)
