"""``streamproc comments`` as scripts and people use it."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from streamproc.errors import BadInput, BadLexicon, BadSetting
from tests.in_process import Ended, run

CATALOG = {
    "version": "test",
    "products": [{"id": "p-niudali", "name": "牛大力", "aliases": ["大力"]}],
}
KEYS = [
    "id",
    "labels",
    "product",
    "product_via",
    "polarity",
    "rules",
    "matches",
    "lexicon_version",
]


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    file = tmp_path / "catalog.json"
    file.write_bytes(msgspec.json.encode(CATALOG))
    return str(file)


def classified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalog: str, said: str
) -> Ended:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(said.encode())))
    return run(capsys, "comments", "classify", "--catalog", catalog)


def answers(ended: Ended) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in ended.out.splitlines()]


def test_each_line_has_its_answer_in_order_with_every_key_of_the_contract(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalog: str
) -> None:
    said = [
        {"id": "a", "text": "牛大力没货了,给补下货!", "role": "viewer"},
        {"id": 2, "text": "优惠券还有吗?"},
        {"id": None, "text": ""},
        {"id": "d", "text": "3号链接没货了", "room": {"on_show": None, "links": {"3": "p-9"}}},
        {"id": "e", "text": "没货了", "room": {"on_show": "p-7", "links": {}}},
    ]
    lines = "\n".join(msgspec.json.encode(each).decode() for each in said)

    ended = classified(monkeypatch, capsys, catalog, lines)

    found = answers(ended)
    assert ended.code == 0
    assert [list(each) for each in found] == [KEYS] * len(said)
    assert [each["id"] for each in found] == ["a", 2, None, "d", "e"]
    assert found[0]["labels"] == ["restock_request", "stockout_report"]
    assert (found[0]["product"], found[0]["product_via"]) == ("p-niudali", "alias")
    assert found[0]["polarity"] == "out"
    assert found[1]["labels"] == ["coupon_question"]
    assert (found[3]["product"], found[3]["product_via"]) == ("p-9", "link_no")
    assert (found[4]["product"], found[4]["product_via"]) == ("p-7", "context")
    assert "牛大力" in ended.out, "text is written as it is, not escaped"


def test_what_host_and_staff_write_asks_for_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalog: str
) -> None:
    roles = ["viewer", "host", "staff", "other", 7, None]
    lines = "\n".join(
        msgspec.json.encode({"id": None, "text": "牛大力没货了,给补下货!", "role": role}).decode()
        for role in roles
    )

    found = answers(classified(monkeypatch, capsys, catalog, lines))

    asked = ["restock_request", "stockout_report"]
    assert [each["labels"] for each in found] == [asked, *[["stockout_report"]] * 2, *[asked] * 3]
    assert {each["polarity"] for each in found} == {"out"}
    assert {each["product"] for each in found} == {"p-niudali"}


def test_why_says_what_it_means_if_the_host_wrote_it(capsys: pytest.CaptureFixture[str]) -> None:
    asked = run(capsys, "comments", "why", "还有货吗")
    told = run(capsys, "comments", "why", "还有货吗", "--role", "host")

    assert "labels    availability_question" in asked.out
    assert "labels    other" in told.out


def test_what_matched_stands_where_the_text_has_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalog: str
) -> None:
    text = "😀 牛 大力  冇貨啦!!!"
    ended = classified(monkeypatch, capsys, catalog, msgspec.json.encode({"text": text}).decode())

    (found,) = answers(ended)
    assert "stockout_report" in found["labels"]
    assert found["matches"]
    for match in found["matches"]:
        assert text[match["start"] : match["end"]] == match["text"]


def test_a_line_that_is_no_comment_is_named_and_the_others_are_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalog: str
) -> None:
    said = '{"id": 1, "text": "没货了"}\nnonsense\n\n[]\n{"id": 3, "text": 7}\n{"id": 4, "text": "好"}\n'

    ended = classified(monkeypatch, capsys, catalog, said)

    assert ended.code == BadInput.exit_code
    assert [each["id"] for each in answers(ended)] == [1, 4]
    for number in (2, 4, 5):
        assert f"line {number}: " in ended.err
    assert "3 lines" in ended.err


def test_why_names_the_rule_and_lint_finds_nothing_wrong_with_what_is_shipped(
    capsys: pytest.CaptureFixture[str], catalog: str
) -> None:
    why = run(capsys, "comments", "why", "牛大力没货了", "--catalog", catalog)
    lint = run(capsys, "comments", "lint")

    assert why.code == 0
    assert "stockout.plain" in why.out
    assert lint.code == 0, lint.err
    assert "no mistakes" in lint.out


def test_an_own_file_with_an_example_that_does_not_fire_is_refused_by_its_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[class.NOSUCH\n", encoding="utf-8")

    ended = run(capsys, "comments", "lint", "--lexicon", str(own))

    assert ended.code == BadLexicon.exit_code
    assert str(own) in ended.err


def test_a_catalogue_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ended = run(capsys, "comments", "why", "好", "--catalog", str(tmp_path / "none.json"))

    assert ended.code in {BadInput.exit_code, BadSetting.exit_code, BadLexicon.exit_code}
    assert "none.json" in ended.err


def test_a_score_says_precision_recall_and_what_was_missed(
    capsys: pytest.CaptureFixture[str], catalog: str, tmp_path: Path
) -> None:
    labelled = tmp_path / "labelled.jsonl"
    rows = [
        {"id": "1", "text": "没货了", "labels": ["stockout_report"], "note": "plain"},
        {"id": "2", "text": "没货了", "labels": ["praise"], "note": "wrong"},
    ]
    labelled.write_bytes(b"\n".join(map(msgspec.json.encode, rows)))

    ended = run(capsys, "comments", "score", str(labelled), "--catalog", catalog)

    assert ended.code == 0, ended.err
    (row,) = [line for line in ended.out.splitlines() if line.startswith("stockout_report")]
    assert row.split()[1:] == ["0.500", "1.000", "0.667"]
