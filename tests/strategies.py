"""Hypothesis strategies for every event, made from the structs' own limits."""

from __future__ import annotations

import string
from functools import cache
from typing import Any, Final
from unicodedata import normalize

from hypothesis import strategies as st
from msgspec import inspect

from streamproc.events.base import Kind
from streamproc.events.currencies import CURRENCIES
from streamproc.events.registry import EVENTS, AnyEvent
from tests.builders import T0

DAY_MS: Final = 86_400_000
_ALNUM: Final = string.ascii_letters + string.digits
_ALPHABETS: Final = {Kind.ID: _ALNUM + "_.:-", Kind.KEY: _ALNUM + "_-"}
_FEW: Final = {"host_id": ("h-1", "h-2"), "room_id": ("r-1", "r-2"), "session_id": ("s-1", "s-2")}
"""Few names, so that events meet each other."""


def events(topic: str | None = None) -> st.SearchStrategy[AnyEvent]:
    """Any event that may be written, of one topic or of all."""
    topics = [topic] if topic else list(EVENTS)
    return st.one_of([events_of(each) for name in topics for each in EVENTS[name]])


@cache
def events_of(event_class: type[AnyEvent]) -> st.SearchStrategy[AnyEvent]:
    """Events of one class, at the limits as well as between them, within a day after ``T0``."""
    info = inspect.type_info(event_class)
    assert isinstance(info, inspect.StructType)
    return st.builds(
        event_class, **{field.name: _values(field.name, field.type) for field in info.fields}
    )


def _values(name: str, of_type: inspect.Type) -> st.SearchStrategy[Any]:
    if name in _FEW:
        return st.sampled_from(_FEW[name]) | _limited(of_type)
    return _limited(of_type)


def _limited(of_type: inspect.Type) -> st.SearchStrategy[Any]:
    match of_type:
        case inspect.UnionType(types=types):
            return st.one_of([_limited(each) for each in types])
        case inspect.Metadata(type=inner, extra={"kind": kind}, extra_json_schema=schema):
            return _of_kind(kind, inner, schema or {})
        case inspect.Metadata(type=inner):
            return _limited(inner)
        case inspect.VarTupleType(item_type=item, max_length=most):
            return st.lists(_limited(item), max_size=min(most or 3, 3)).map(tuple)
        case _:
            return _plain(of_type)


def _plain(of_type: inspect.Type) -> st.SearchStrategy[Any]:
    match of_type:
        case inspect.NoneType():
            return st.none()
        case inspect.EnumType(cls=enum):
            return st.sampled_from(list(enum))
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType(ge=least, le=most):
            return st.integers(least, most)
        case inspect.FloatType(ge=least, le=most):
            return st.floats(least, most)
        case _:
            raise NotImplementedError(of_type)


def _of_kind(kind: Kind, of_type: inspect.Type, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    match kind:
        case Kind.ID | Kind.KEY:
            assert isinstance(of_type, inspect.StrType)
            return st.text(
                _ALPHABETS[kind], min_size=of_type.min_length or 0, max_size=of_type.max_length
            )
        case Kind.MS:
            return st.integers(T0, T0 + DAY_MS)
        case Kind.TEXT:
            written = st.text(max_size=schema["maxLength"])
            return written.map(lambda text: normalize("NFC", text)[: schema["maxLength"]])
        case Kind.CURRENCY:
            return st.sampled_from(sorted(CURRENCIES))
