"""The parts that what is published of a span is put together from, each encoded once."""

from __future__ import annotations

from typing import Any, Final, Generic, NamedTuple, TypeVar

from msgspec import Raw, Struct, field, json

from streamproc.tally.completeness import Completeness
from streamproc.tally.sheets import Money, Sheet
from streamproc.tally.spans import NO_CROWD, NO_SALES, Crowd, Pulse, Sales, sheet_of

K = TypeVar("K", Sales, Crowd)

encode: Final = json.Encoder().encode


class Kept(Generic[K]):
    """A part that stays while what it is made ``of`` does."""

    __slots__ = ("_encoded", "held", "of")

    def __init__(self, of: Any, held: K) -> None:  # noqa: ANN401 - whatever it is compared with
        self.of = of
        self.held: K = held
        self._encoded: Raw | None = None

    def encoded(self) -> Raw:
        """Its figures as JSON, the first without its name and all without braces."""
        if self._encoded is None:
            begin = len(type(self.held).__struct_fields__[0]) + len('{"":')
            self._encoded = Raw(encode(self.held)[begin:-1])
        return self._encoded


NO_SALES_KEPT: Final[Kept[Sales]] = Kept((), NO_SALES)
NO_CROWD_KEPT: Final[Kept[Crowd]] = Kept((), NO_CROWD)


class Line(Struct, gc=False):
    """The figures of a span about to be encoded.

    Shapes: as a sheet, but in another order, and two fields stand for more than their names tell:
        what is encoded of sales and of people goes into the line as it is.
    """

    sales: Raw = field(name="created_minor")
    crowd: Raw = field(name="buyers")
    online_now: int | None
    online_peak: int | None
    online_mean: float | None
    views: int | None
    watch_mean_s: float | None
    likes: int | None
    follows: int | None
    shares: int | None
    comments: int | None
    product_exposures: int | None
    product_clicks: int | None
    cart_adds: int | None
    ctr: float | None
    ctor: float | None
    gpm_views_minor: Money | None


class Part(NamedTuple):
    """The figures of a span, by how often they change."""

    sales: Kept[Sales]
    crowd: Kept[Crowd]
    pulse: Pulse

    def sheet(self) -> Sheet:
        """All of them."""
        return sheet_of(self.sales.held, self.crowd.held, self.pulse)

    def line(self, online_now: int | None = None) -> Line:
        """All of them, about to be encoded."""
        return Line(self.sales.encoded(), self.crowd.encoded(), online_now, *self.pulse)


class Lines(Struct, gc=False):
    """The windows about to be encoded; what has not changed is so already."""

    m1: Line = field(name="1m")
    m5: Line = field(name="5m")
    m10: Line = field(name="10m")
    previous_10m: Raw
    m60: Line = field(name="60m")


class EncodedAnswer(Struct, gc=False):
    """What is published of a broadcast, about to be encoded."""

    figures: Line
    windows: Lines
    completeness: Completeness
