from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.errors import BadInput, BadSetting
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.run import totals_path
from tests.in_process import run
from tests.simulated import options, small_scenario


def verify(capsys: pytest.CaptureFixture[str], ledger: Path) -> tuple[int, str]:
    """What is said of a ledger where no broker could answer: it is looked at before."""
    ended = run(capsys, "verify", "--ledger", str(ledger), "--bootstrap", "127.0.0.1:1")
    return ended.code, ended.err


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Where a ledger should be, beside its totals."""
    path = tmp_path / "gone.jsonl"
    Broadcast(small_scenario(), options()).totals(complete=True).write(totals_path(path))
    return path


def test_a_ledger_that_is_gone_is_told_before_topics_are_read(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = verify(capsys, ledger)

    assert code == BadSetting.exit_code
    assert "the ledger cannot be read: No such file" in said
    assert str(ledger) in said


def test_an_empty_ledger_is_told_before_topics_are_read(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.touch()

    code, said = verify(capsys, ledger)

    assert code == BadInput.exit_code
    assert "no header" in said
