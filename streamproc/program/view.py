"""What a live table shows of each host, read from running programs without changing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, cast

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.tally.figures import CommentFigures, OrderFigures
from streamproc.tally.sessions import Session
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE

_MAIN_CURRENCY: Final = "CNY"


class HostRow(NamedTuple):
    """A host and the latest of its sessions, by event time.

    Shapes: ``online`` is None while nobody counted; ``orders`` are paid lines;
        ``comments_last_minute`` is of the pane of ``watermark_ms`` and the five before it.
    Units: ``gmv_minor`` in minor units, by currency; ``watermark_ms`` is the greatest event time
        of any topic, 0 if there was none.
    """

    host_id: str
    name: str
    session_id: str
    online: int | None
    online_at_ms: int
    online_approximate: bool
    orders: int
    items: int
    gmv_minor: Mapping[str, int]
    comments_last_minute: int
    watermark_ms: int


def host_rows(programs: Iterable[LiveProgram]) -> list[HostRow]:
    """A row for every host of these programs.

    Shapes: most money in yuan first, then most orders, then by id.
    """
    rows = [_row(program, host_id) for program in programs for host_id in _hosts(program)]
    rows.sort(key=lambda row: (-row.gmv_minor.get(_MAIN_CURRENCY, 0), -row.orders, row.host_id))
    return rows


def _hosts(program: LiveProgram) -> set[str]:
    return {*program.profiles.profiles}.union(*(each.hosts for each in program.streams.values()))


def _row(program: LiveProgram, host_id: str) -> HostRow:
    session_id, watermark_ms = _latest(program, host_id)
    orders = _session(program, ORDERS_TOPIC, host_id, session_id)
    viewers = _session(program, VIEWERS_TOPIC, host_id, session_id)
    sold = OrderFigures() if orders is None else cast("OrderFigures", orders.totals)
    online = None if viewers is None else viewers.told.online
    return HostRow(
        host_id=host_id,
        name=program.profiles.name(host_id),
        session_id=session_id,
        online=None if online is None else online.viewers,
        online_at_ms=0 if online is None else online.at_ms,
        online_approximate=online is not None and online.approximate,
        orders=sold.paid_lines,
        items=sold.items_sold,
        gmv_minor=dict(sold.pay_gmv_minor),
        comments_last_minute=_comments(program, host_id, session_id, watermark_ms),
        watermark_ms=watermark_ms,
    )


def _latest(program: LiveProgram, host_id: str) -> tuple[str, int]:
    """The session with the greatest event time in any topic, and that time."""
    streams = [each.hosts.get(host_id) for each in program.streams.values()]
    told = [(each.watermark_ms, each.latest) for each in streams if each is not None]
    watermark_ms, session_id = max(told, default=(0, ""))
    return session_id, watermark_ms


def _session(program: LiveProgram, topic: str, host_id: str, session_id: str) -> Session | None:
    stream = program.streams[topic].hosts.get(host_id)
    return None if stream is None else program.streams[topic].find_session(stream, session_id)


def _comments(program: LiveProgram, host_id: str, session_id: str, watermark_ms: int) -> int:
    """The comments of the last six panes."""
    session = _session(program, COMMENTS_TOPIC, host_id, session_id)
    if session is None:
        return 0
    last = watermark_ms // PANE_MS
    comments = 0
    for pane_no in range(last - PANES_PER_MINUTE + 1, last + 1):
        minute_no, index = divmod(pane_no, PANES_PER_MINUTE)
        minute = program.streams[COMMENTS_TOPIC].find_minute(session, minute_no)
        pane = None if minute is None else minute.panes[index]
        comments += 0 if pane is None else cast("CommentFigures", pane).comments
    return comments
