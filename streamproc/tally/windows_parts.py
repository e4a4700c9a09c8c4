"""The parts that what is published of a span is put together from, each encoded once."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from msgspec import Raw, Struct, field, json

from streamproc.tally.completeness import Completeness
from streamproc.tally.sheets import Sheet
from streamproc.tally.spans import NO_CROWD, NO_SALES, Crowd, Pulse, Sales, sheet_of

K = TypeVar("K", Sales, Crowd, Completeness)

encode: Final = json.Encoder().encode


_VALUE: Final = {kind: len(kind.__struct_fields__[0]) + len('{"":') for kind in (Sales, Crowd)} | {
    Completeness: len('{"as_of_ms":0,"status":')
}
"""Kind of part -> where the value of the field begins that it is put in place of."""


class Kept(Generic[K]):
    """A part that stays while what it is made ``of`` does.

    Shapes: ``raw`` is it as JSON, without the name of its first field, of how complete figures are
        its second, and without braces.
    """

    __slots__ = ("held", "of", "raw")

    def __init__(self, of: Any, held: K) -> None:  # noqa: ANN401 - whatever it is compared with
        self.of = of
        self.held: K = held
        self.raw = Raw(encode(held)[_VALUE[held.__class__] : -1])


NO_SALES_KEPT: Final[Kept[Sales]] = Kept((), NO_SALES)
NO_CROWD_KEPT: Final[Kept[Crowd]] = Kept((), NO_CROWD)


class Line(Pulse, gc=False):
    """The figures of a span about to be encoded.

    Shapes: as a sheet, but in another order, and two fields stand for more than their names tell:
        what is encoded of sales and of people goes into the line as it is.
    """

    sales: Raw = field(name="created_minor", default=NO_SALES_KEPT.raw)
    crowd: Raw = field(name="buyers", default=NO_CROWD_KEPT.raw)
    online_now: int | None = None

    def sheet(self, sales: Kept[Sales], crowd: Kept[Crowd]) -> Sheet:
        """All figures, with those that stand in this line as JSON only."""
        sheet = sheet_of(sales.held, crowd.held, self)
        sheet.online_now = self.online_now
        return sheet


class Windows(Struct, gc=False):
    """The figures of each window."""

    m1: Sheet = field(name="1m")
    m5: Sheet = field(name="5m")
    m10: Sheet = field(name="10m")
    previous_10m: Sheet
    m60: Sheet = field(name="60m")


class Answer(Struct, gc=False):
    """What is published of a broadcast. Shapes: nothing is to be changed in it."""

    figures: Sheet
    windows: Windows
    completeness: Completeness


class Lines(Struct, gc=False):
    """The windows about to be encoded; what has not changed is so already."""

    m1: Line = field(name="1m")
    m5: Line = field(name="5m")
    m10: Line = field(name="10m")
    previous_10m: Raw
    m60: Line = field(name="60m")


class DatedCompleteness(Struct, gc=False):
    """How complete figures are, about to be encoded: all but the time is so already."""

    as_of_ms: int
    rest: Raw = field(name="status")


class EncodedAnswer(Struct, gc=False):
    """What is published of a broadcast, about to be encoded."""

    figures: Line
    windows: Lines
    completeness: DatedCompleteness
