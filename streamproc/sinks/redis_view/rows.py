"""What leaderboards need of a tally, and nothing else of it is decoded."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct, field, json
from msgspec.structs import astuple

from streamproc.events.view_keys import Figure, Window

Number = int | float | None


class _Money(Struct):
    CNY: int | None = None


class _Figures(Struct):
    pay_gmv_minor: _Money | None = None
    net_gmv_minor: _Money | None = None
    orders_main: Number = None
    orders_sku: Number = None
    items_sold: Number = None
    buyers: Number = None
    viewers: Number = None
    comments: Number = None
    likes: Number = None
    online_now: Number = None


class _Windows(Struct):
    m1: _Figures = field(name="1m", default_factory=_Figures)
    m5: _Figures = field(name="5m", default_factory=_Figures)
    m10: _Figures = field(name="10m", default_factory=_Figures)
    m60: _Figures = field(name="60m", default_factory=_Figures)


class _Session(Struct):
    figures: _Figures
    windows: _Windows


class _Tally(Struct):
    host_id: str
    as_of_ms: int
    sessions: list[_Session]


class Row(NamedTuple):
    """One host on the leaderboards. Shapes: ``values`` by window, then by figure, as the keys are."""

    host_id: str
    as_of_ms: int
    values: list[Number]


_decode: Final = json.Decoder(_Tally).decode
_NOTHING: Final[list[Number]] = [None] * (len(Window) * len(Figure))


def row_of(tally: bytes) -> Row:
    """The row of a tally. Errors: ``msgspec.MsgspecError`` if it is none."""
    told = _decode(tally)
    if not told.sessions:
        return Row(told.host_id, told.as_of_ms, _NOTHING)
    session = told.sessions[0]
    values: list[Number] = []
    for figures in (session.figures, *astuple(session.windows)):
        pay, net, *counts = astuple(figures)
        values.append(None if pay is None else pay.CNY)
        values.append(None if net is None else net.CNY)
        values += counts
    return Row(told.host_id, told.as_of_ms, values)
