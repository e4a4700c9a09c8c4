"""The status file is whole at every moment, and tells what scripts need."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from streamproc.cli.status import Status, status_of, write_status


def test_before_the_topics_are_checked_a_worker_is_connecting() -> None:
    assert status_of(None, 5) == Status(pid=os.getpid(), at_ms=5, state="connecting")
    assert status_of(None, 5, stopped=True).state == "stopped"


def test_a_status_replaces_the_one_before_and_leaves_no_scratch_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    for events in (1, 2):
        write_status(path, Status(pid=7, at_ms=1, state="running", events=events))

    assert msgspec.json.decode(path.read_bytes(), type=Status).events == 2
    assert [each.name for each in tmp_path.iterdir()] == ["status.json"]


def test_a_status_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_status(tmp_path / "gone" / "status.json", Status(pid=7, at_ms=1, state="running"))


def test_lag_adds_up() -> None:
    assert (
        Status(pid=1, at_ms=1, state="x", lag_records={"a/0": 2, "b/1": 40}).lag_total_records == 42
    )
