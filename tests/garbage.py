"""Records that cannot be used and yet tell whose they are, or nearly, for any log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from hypothesis import strategies as st

from streamproc.events.registry import INPUT_TOPICS
from streamproc.oracle.batch import LogRecord
from tests.builders import T0

Row = tuple[str, bytes | None, bytes | None]

_KEYS: Final = st.sampled_from([None, b"", b"h-1", b"h-1", b"h-2", b"h 1", b"\xff", b"o-9"])
_IDS: Final = st.sampled_from([None, "", "h-1", "h-2", "s-1", "s-2", "s-none", "s" * 65, "村", 7])
_BODIES: Final = st.fixed_dictionaries(
    {}, optional={"host_id": _IDS, "session_id": _IDS, "type": st.just("nobody.knows")}
).map(msgspec.json.encode)
_MINE: Final = b'{"type":"room.started","host_id":"h-1","session_id":"s-1"}'
_VALUES: Final = st.one_of(
    st.none(), st.binary(max_size=8), st.sampled_from([_MINE, _MINE + b"}"]), _BODIES
)


def garbage() -> st.SearchStrategy[Row]:
    """A record that every topic rejects: topic, key, value."""
    return st.tuples(st.sampled_from(INPUT_TOPICS), _KEYS, _VALUES)


def littered(
    logs: st.SearchStrategy[list[LogRecord]], most: int = 8
) -> st.SearchStrategy[list[LogRecord]]:
    """Logs of one partition with garbage anywhere between their records."""
    litter = st.lists(st.tuples(st.integers(0, 60), garbage()), max_size=most)
    return st.builds(_among, logs, litter)


def _among(log: list[LogRecord], litter: Sequence[tuple[int, Row]]) -> list[LogRecord]:
    rows = list(log)
    for at, (topic, key, value) in litter:
        rows.insert(min(at, len(rows)), LogRecord(topic, 0, 0, key, value, T0))
    return [each._replace(offset=offset) for offset, each in enumerate(rows)]
