"""Where an export cannot be written: told before anything is folded, and nothing is spoilt."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from streamproc.errors import BadSetting
from tests.golden.test_replay import RECORDED
from tests.in_process import run

MISSING = ("--events", "there-is-no-such-recording.jsonl")
"""Whatever is told of the file to write is told before these are looked for."""


@pytest.mark.parametrize(
    ("out", "why"),
    [
        (".", "it is a folder"),
        ("/", "it is a folder"),
        ("", "it is a folder"),
        ("{}", "it is a folder"),
        ("{}/none/out.csv", "No such file or directory"),
        ("{}/file/out.csv", "Not a directory"),
    ],
)
def test_what_cannot_be_written_is_told_first(
    out: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    ended = run(capsys, "export", "--verdicts", *MISSING, "--out", out.format(tmp_path))

    assert ended.code == BadSetting.exit_code
    assert f"the file cannot be written: {why}" in ended.err
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_there_stays_until_another_one_is_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("yesterday's", encoding="utf-8")

    ended = run(capsys, "export", "--verdicts", *MISSING, "--out", str(out))

    assert ended.code == BadSetting.exit_code
    assert "the file cannot be read" in ended.err
    assert out.read_text(encoding="utf-8") == "yesterday's"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("given", ["--events", "--contests"])
def test_what_is_read_is_not_written_over(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evening.jsonl"
    shutil.copy(RECORDED, file)
    read = ("--contest", "any", "--events", str(RECORDED), "--contests", str(RECORDED))
    also = str(tmp_path / "." / "evening.jsonl")

    ended = run(capsys, "export", *read, given, str(file), "--out", also)

    assert ended.code == BadSetting.exit_code
    assert f"it is what {given} reads" in " ".join(ended.err.split())
    assert file.read_bytes() == RECORDED.read_bytes()


def test_that_parquet_cannot_be_written_is_told_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "out.parquet"

    ended = run(capsys, "export", "--verdicts", *MISSING, "--format", "parquet", "--out", str(out))

    assert ended.code == BadSetting.exit_code
    assert "pip install 'streamproc[export]'" in " ".join(ended.err.split())
    assert list(tmp_path.iterdir()) == []
