"""Every case of `tests/contract/readers`, as a reader in any language has to pass it; ours does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamproc.client.alerts import AlertReader
from streamproc.client.tallies import TallyReader
from streamproc.events.host_tally import TALLIES_TOPIC
from streamproc.events.outputs import ALERTS_TOPIC, OUTPUTS
from tests.contract.validators import as_json, validator

CASES = sorted((Path(__file__).parent / "readers").glob("*.json"))


def case_of(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


def records_of(
    case: dict[str, Any],
) -> Iterator[tuple[bytes, bytes | None, list[tuple[str, bytes | None]]]]:
    for each in case["records"]:
        value = None if each["value"] is None else each["value"].encode()
        headers = [(name, text.encode()) for name, text in each["headers"].items()]
        yield each["key"].encode(), value, headers


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_our_reader_takes_what_a_reader_must_and_nothing_else(path: Path) -> None:
    case = case_of(path)
    standing: dict[str, list[Any]]
    if case["topic"] == TALLIES_TOPIC:
        tallies = TallyReader()
        new = [tallies.take(*record) is not None for record in records_of(case)]
        rejected = tallies.rejected
        standing = {name: [each.version, each.as_of_ms] for name, each in tallies.tallies.items()}
    else:
        alerts = AlertReader()
        new = [alerts.take(value) is not None for _, value, _ in records_of(case)]
        rejected = alerts.rejected
        standing = {name: [each.seq, each.phase] for name, each in alerts.alerts.items()}

    assert (new, standing, rejected) == (case["new"], case["standing"], case["rejected"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_a_case_holds_keeps_the_schema_but_for_what_is_to_be_rejected(path: Path) -> None:
    case = case_of(path)
    valid = [
        validator(case["topic"]).is_valid(as_json(value)) if value is not None else None
        for _, value, _ in records_of(case)
    ]
    broken = valid.count(False)
    if case["topic"] == ALERTS_TOPIC:
        broken += valid.count(None)

    assert broken == case["rejected"]


def test_every_output_has_cases() -> None:
    assert {case_of(path)["topic"] for path in CASES} == set(OUTPUTS)
