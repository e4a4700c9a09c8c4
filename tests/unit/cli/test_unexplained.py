from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streamproc.cli.unexplained import summed
from streamproc.events.codec import encode
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from tests.builders import T0, comment
from tests.folding import tell
from tests.in_process import run
from tests.spelled_reader import SpelledReader


def test_samples_are_by_text_the_most_frequent_first() -> None:
    program = LiveProgram(SpelledReader())
    tell(
        program,
        comment("? a"),
        comment("? b", T0 + 1, host_id="h-2"),
        comment("? b", T0 + 2, host_id="h-3", session_id="s-3"),
        comment("s"),
    )

    assert summed(host_tallies(program)) == {
        "unexplained": 3,
        "samples": [
            {"text": "? b", "samples": 2, "host_id": "h-3", "session_id": "s-3", "at_ms": T0 + 2},
            {"text": "? a", "samples": 1, "host_id": "h-1", "session_id": "s-1", "at_ms": T0},
        ],
    }


def test_a_recording_is_read_by_the_words_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[class.SCARCE]\nstock = true\nwords = "蒙查查"\n', encoding="utf-8")
    monkeypatch.setenv("STREAMPROC_COMMENTS__LEXICON", str(own))
    file = tmp_path / "recorded.jsonl"
    file.write_bytes(encode(comment("哈哈哈")) + b"\n" + encode(comment("蒙查查啦")) + b"\n")

    told = run(capsys, "comments", "unexplained", str(file), "--json")
    assert (told.code, told.err) == (0, "")
    found = msgspec.json.decode(told.out)
    assert found["unexplained"] == len(found["samples"]) == 1
    assert found["samples"][0]["text"] == "蒙查查啦"
    words = run(capsys, "comments", "unexplained", str(file))
    assert words.out.startswith("1 comments with a word of stock")
    assert "2026-11-21T12:00:00+00:00  蒙查查啦" in words.out


def test_a_line_that_is_no_event_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recorded.jsonl"
    file.write_bytes(b"nonsense\n")

    assert run(capsys, "comments", "unexplained", str(file)).code == 26
