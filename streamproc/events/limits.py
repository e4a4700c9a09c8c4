"""The limits of an event's fields that msgspec does not check, one value or a whole batch at once.

A batch is checked in one pass over the values of all fields that have a limit in common, because nearly
always nothing is wrong; only when that pass finds something is each field looked at, then each value.
"""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar, cast
from unicodedata import normalize

from msgspec import inspect
from msgspec.structs import astuple

from streamproc.events.base import Event, Kind
from streamproc.events.currencies import CURRENCIES
from streamproc.events.rejected import RejectReason

_E = TypeVar("_E", bound=Event)
_V_contra = TypeVar("_V_contra", contravariant=True)

DAY_MS: Final = 86_400_000
AHEAD_MS: Final = 300_000
"""So far after its record's own timestamp an event's time is believed."""
_ALNUM: Final = string.ascii_letters + string.digits
_COMPOSED_AT_MOST: Final = 1_000
"""NFC takes quadratic time in a run of combining marks: a longer text is judged as it stands."""


class Limit(Protocol[_V_contra]):
    """A limit of one field. ``None`` values are unknown and always hold.

    Shapes: limits of equal ``bound`` are the same, whatever their fields.
    """

    field: str
    reason: RejectReason
    detail: str
    bound: tuple[object, ...]

    def breaks(self, value: _V_contra, latest_ms: int) -> bool:
        """Whether one value breaks the limit; ``latest_ms`` is the last time that is no future."""
        ...

    def holds(self, values: Sequence[_V_contra], latest_ms: int) -> bool:
        """Whether no value breaks the limit; the fast way."""
        ...


class AlphabetLimit:
    """Only these ASCII characters."""

    reason = RejectReason.INVALID

    def __init__(self, field: str, alphabet: str) -> None:
        self.field = field
        self.detail = f"{field}: a character outside letters, digits and {alphabet}"
        self._allowed = (_ALNUM + alphabet).encode()
        self.bound: tuple[object, ...] = (AlphabetLimit, alphabet)

    def breaks(self, value: str | None, latest_ms: int) -> bool:
        """Whether a character is outside the alphabet."""
        return bool(value and value.encode().translate(None, self._allowed))

    def holds(self, values: Sequence[str | None], latest_ms: int) -> bool:
        """Whether every character is inside the alphabet."""
        try:
            joined = "".join(cast("Sequence[str]", values))
        except TypeError:  # some are unknown, which seldom is so in a whole batch
            joined = "".join(filter(None, values))
        return not joined.encode().translate(None, self._allowed)


class TextLimit:
    """At most so many characters after NFC."""

    reason = RejectReason.INVALID

    def __init__(self, field: str, limit: int) -> None:
        self.field = field
        self.detail = f"{field}: longer than {limit} characters"
        self._limit = limit
        self.bound: tuple[object, ...] = (TextLimit, limit)

    def breaks(self, value: str | None, latest_ms: int) -> bool:
        """Whether the text stays too long after NFC."""
        if value is None or len(value) <= self._limit:
            return False
        return len(value) > _COMPOSED_AT_MOST or len(normalize("NFC", value)) > self._limit

    def holds(self, values: Sequence[str | None], latest_ms: int) -> bool:
        """Whether every text is short as it stands."""
        try:
            return max(map(len, cast("Sequence[str]", values)), default=0) <= self._limit
        except TypeError:  # some are unknown
            return max(map(len, filter(None, values)), default=0) <= self._limit


class TextsLimit:
    """At most so many characters after NFC in each text of a list."""

    reason = RejectReason.INVALID

    def __init__(self, field: str, limit: int) -> None:
        self.field = field
        self._each = TextLimit(f"{field}[]", limit)
        self.detail = self._each.detail
        self.bound: tuple[object, ...] = (TextsLimit, limit)

    def breaks(self, value: Sequence[str] | None, latest_ms: int) -> bool:
        """Whether any text of the list stays too long after NFC."""
        return any(self._each.breaks(text, latest_ms) for text in value or ())

    def holds(self, values: Sequence[Sequence[str] | None], latest_ms: int) -> bool:
        """Whether every text of every list is short as it stands."""
        return self._each.holds(list(chain.from_iterable(filter(None, values))), latest_ms)


class CurrencyLimit:
    """An ISO 4217 code."""

    reason = RejectReason.INVALID
    bound: tuple[object, ...] = ("currency",)

    def __init__(self, field: str) -> None:
        self.field = field
        self.detail = f"{field}: no ISO 4217 code of money in use"

    def breaks(self, value: str | None, latest_ms: int) -> bool:
        """Whether the code is unknown."""
        return value is not None and value not in CURRENCIES

    def holds(self, values: Sequence[str | None], latest_ms: int) -> bool:
        """Whether every code is known."""
        return CURRENCIES.issuperset(filter(None, values))


class FutureLimit:
    """At most a day after the record's own timestamp."""

    reason = RejectReason.FUTURE
    bound: tuple[object, ...] = ("future",)

    def __init__(self, field: str) -> None:
        self.field = field
        self.detail = f"{field}: more than a day after the record's own timestamp"

    def breaks(self, value: int | None, latest_ms: int) -> bool:
        """Whether the time is later than ``latest_ms``."""
        return value is not None and value > latest_ms

    def holds(self, values: Sequence[int | None], latest_ms: int) -> bool:
        """Whether no time is later than ``latest_ms``."""
        try:
            return max(cast("Sequence[int]", values), default=0) <= latest_ms
        except TypeError:  # some are unknown
            return max(filter(None, values), default=0) <= latest_ms


class FieldLimit:
    """A limit, and where its field stands in an event.

    Shapes: ``place`` counts the fields of the event's class.
    """

    def __init__(self, place: int, limit: Limit[Any]) -> None:
        self.place = place
        self.limit = limit
        self.get = attrgetter(limit.field)


class Limits(Generic[_E]):
    """The limits of some classes of events. Shapes: ``of`` has those of each class, by their fields."""

    def __init__(self, classes: Iterable[type[_E]]) -> None:
        self.of: Final = {each: limits_of(each) for each in classes}
        every = [each.limit for limits in self.of.values() for each in limits]
        self._bounds: Final[list[Limit[Any]]] = list({each.bound: each for each in every}.values())
        numbers = {each.bound: number for number, each in enumerate(self._bounds)}
        self._numbered: Final = {
            event_class: [(each.place, numbers[each.limit.bound]) for each in limits]
            for event_class, limits in self.of.items()
        }

    def breakers(self, events: Sequence[_E], latest_ms: int) -> list[_E]:
        """The events that break a limit of their class, perhaps more than once each."""
        by_class: defaultdict[type[_E], list[_E]] = defaultdict(list)
        for event in events:
            by_class[type(event)].append(event)
        # one flat list: rows kept side by side would be as many objects for the collector to look through
        fields = {
            event_class: list(chain.from_iterable(map(astuple, alike)))
            for event_class, alike in by_class.items()
        }
        values: list[list[Any]] = [[] for _ in self._bounds]
        for event_class, flat in fields.items():
            width = len(flat) // len(by_class[event_class])
            for place, number in self._numbered[event_class]:
                values[number] += flat[place::width]
        if all(
            bound.holds(told, latest_ms) for bound, told in zip(self._bounds, values, strict=True)
        ):
            return []
        return [
            breaker
            for event_class, alike in by_class.items()
            for breaker in _breakers(self.of[event_class], alike, fields[event_class], latest_ms)
        ]


def _breakers(
    limits: Sequence[FieldLimit], events: Sequence[_E], fields: Sequence[Any], latest_ms: int
) -> Iterator[_E]:
    """The events of one class that break any of its limits, once for each."""
    width = len(fields) // len(events)
    for each in limits:
        values = fields[each.place :: width]
        if each.limit.holds(values, latest_ms):
            continue
        for event, value in zip(events, values, strict=True):
            if each.limit.breaks(value, latest_ms):
                yield event


@cache
def limits_of(event_class: type[Event]) -> tuple[FieldLimit, ...]:
    """Every limit of an event's fields that msgspec does not check, in the order of the fields."""
    info = inspect.type_info(event_class)
    if not isinstance(info, inspect.StructType):  # pragma: no cover - an Event is a Struct
        raise TypeError(event_class)
    return tuple(
        FieldLimit(place, limit)
        for place, field in enumerate(info.fields)
        for limit in _limits(field.name, field.type)
    )


def _limits(field: str, of_type: inspect.Type) -> Iterator[Limit[Any]]:
    match of_type:
        case inspect.UnionType(types=types):
            for member in types:
                yield from _limits(field, member)
        case inspect.VarTupleType(item_type=inspect.Metadata(extra={"limit": int(limit)})):
            yield TextsLimit(field, limit)
        case inspect.Metadata(type=inspect.VarTupleType() as inner):
            yield from _limits(field, inner)
        case inspect.Metadata(extra={"kind": Kind() as kind} as extra):
            yield _limit(field, kind, extra or {})
        case _:
            return


def _limit(field: str, kind: Kind, extra: dict[str, Any]) -> Limit[Any]:
    match kind:
        case Kind.ID:
            return AlphabetLimit(field, "_.:-")
        case Kind.KEY:
            return AlphabetLimit(field, "_-")
        case Kind.MS:
            return FutureLimit(field)
        case Kind.TEXT:
            return TextLimit(field, extra["limit"])
        case Kind.CURRENCY:
            return CurrencyLimit(field)
