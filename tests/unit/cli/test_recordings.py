"""When an event of an input topic happened: by its own time, unless a worker does not believe that."""

from __future__ import annotations

import pytest

from streamproc.cli.recordings import recorded
from streamproc.oracle.batch import LogRecord
from tests import builders
from tests.builders import T0

DAY_MS = 86_400_000
AHEAD_MS = 300_000


def at_ms_of(value: bytes | None) -> int:
    topic, key, _, _ = builders.record(builders.paid())
    return recorded(LogRecord(topic, 3, 7, key, value, T0)).at_ms


@pytest.mark.parametrize("at_ms", [T0 + AHEAD_MS, T0 - 365 * DAY_MS])
def test_an_event_is_of_its_own_time(at_ms: int) -> None:
    assert at_ms_of(builders.record(builders.paid(at_ms=at_ms))[2]) == at_ms


@pytest.mark.parametrize("at_ms", [T0 + AHEAD_MS + 1, T0 + DAY_MS + 1, T0 * 1_000, T0 // 1_000, -1])
def test_an_event_whose_time_a_worker_does_not_believe_is_of_its_records_time(at_ms: int) -> None:
    assert at_ms_of(builders.record(builders.paid(at_ms=at_ms))[2]) == T0


@pytest.mark.parametrize("value", [None, b"nonsense"])
def test_what_tells_no_time_is_of_its_records_time(value: bytes | None) -> None:
    assert at_ms_of(value) == T0
