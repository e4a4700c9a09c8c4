"""``streamproc whatif`` over a small recording: what comes, what goes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.in_process import run

RECORDED = Path(__file__).parents[2] / "golden" / "replay.jsonl"


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    printed = run(capsys, "whatif", str(RECORDED), *arguments, "--json")
    assert (printed.code, printed.err) == (0, "")
    found: list[dict[str, Any]] = msgspec.json.decode(printed.out)
    return found


def test_a_longer_patience_loses_what_was_silent_for_less(
    capsys: pytest.CaptureFixture[str],
) -> None:
    patient = "stream_dead.silent_ms=1800000"
    before, after = rows(
        capsys, "--kind", "StreamDead", "--set", patient, "--set", "stream_dead.quiet_ms=1800000"
    )

    assert before["alerts"] > 0
    assert (before["gained"], before["lost"]) == ([], [])
    assert len(after["lost"]) == before["alerts"] - after["alerts"] > 0
    assert {each["kind"] for each in after["lost"]} == {"StreamDead"}


def test_each_combination_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--set", "stockout.min_users=2,3", "--set", "stockout.for_ms=0,5000")

    assert len(found) == 1 + 4
    assert found[1]["thresholds"] == "stockout.min_users=2 stockout.for_ms=0"


def test_a_ledger_scores_what_was_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (before, _) = rows(capsys, "--kind", "StreamDead", "--set", "stream_dead.hold_ms=10000")
    ledger = tmp_path / "it.totals.json"
    ledger.write_bytes(b'{"incidents": []}')

    (scored, _) = rows(
        capsys,
        *("--kind", "StreamDead", "--set", "stream_dead.hold_ms=10000", "--ledger", str(ledger)),
    )

    assert (scored["right"], scored["wrong"], scored["precision"]) == (0, before["alerts"], 0.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "stockout.min_user=2"), "no such threshold"),
        (("--set", "stockout"), "no assignment"),
        (("--set", "stockout.min_users=2", "--kind", "Stock"), "there is no alert"),
        (("--set", "stockout.min_users=2", "--ledger", "no.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_said(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    printed = run(capsys, "whatif", str(RECORDED), *arguments)

    assert printed.code == 10
    assert said in printed.err
