"""A recorded evening and the tallies it adds up to, as somebody once checked them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from streamproc.events.registry import TOPIC_OF
from streamproc.oracle.batch import LogRecord, compute
from streamproc.program.canonical import canonical
from tests.folding import folded

RECORDED = Path(__file__).parent / "evening.jsonl"
EXPECTED = Path(__file__).parent / "evening.tallies.json"


def recorded() -> list[LogRecord]:
    """The records of the file: one event a line, in the order in which they were written."""
    log = []
    for offset, line in enumerate(RECORDED.read_bytes().splitlines()):
        event = msgspec.json.decode(line)
        key, at_ms = event["host_id"].encode(), event["occurred_at_ms"]
        log.append(LogRecord(TOPIC_OF[event["type"]], 0, offset, key, line, at_ms))
    return log


def test_a_recorded_evening_adds_up_to_what_was_once_checked(
    pytestconfig: pytest.Config,
) -> None:
    state = folded(recorded())
    lines = sorted(key.hex() + " " + value.hex() for key, value in state.items())
    tallies = {
        **canonical(state.items()),
        "records": len(state),
        "records_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    if pytestconfig.getoption("--update-golden", default=False):
        text = msgspec.json.format(msgspec.json.encode(tallies, order="sorted"), indent=1)
        EXPECTED.write_bytes(text + b"\n")

    assert tallies == msgspec.json.decode(EXPECTED.read_bytes())


def test_the_oracle_reads_the_recorded_evening_the_same() -> None:
    expected = msgspec.json.decode(EXPECTED.read_bytes())

    assert compute(recorded())["hosts"] == expected["hosts"]
