"""Pages that the code names exist, and the list of decisions is whole."""

from __future__ import annotations

import re

from tests.house.tree import PACKAGE, ROOT, python_files

DECISIONS = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
NAMED = re.compile(r"\b\d{4}-[a-z0-9-]+\.md\b")
PAGE = re.compile(r"\bdocs/[a-z0-9/-]+\.md\b")


def test_decisions_are_numbered_without_a_hole() -> None:
    numbers = [int(name[:4]) for name in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


def test_the_list_of_decisions_names_each_one() -> None:
    listed = set(NAMED.findall((ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")))

    assert listed == set(DECISIONS)


def test_a_decision_says_context_decision_evidence_and_consequences() -> None:
    parts = ["Status:", "## Context", "## Decision", "## Evidence", "## Consequences"]
    missing = {
        name: part
        for name in DECISIONS
        for part in parts
        if part not in (ROOT / "docs" / "adr" / name).read_text(encoding="utf-8")
    }

    assert missing == {}


def test_a_page_that_the_code_names_exists() -> None:
    dead = {
        f"{path.relative_to(ROOT)}: {named}"
        for path in python_files("streamproc", "tests")
        for text in [path.read_text(encoding="utf-8")]
        for named in NAMED.findall(text) + PAGE.findall(text)
        if not (ROOT / named).exists() and not (ROOT / "docs" / "adr" / named).exists()
    }

    assert dead == set()


def test_the_architecture_page_names_every_floor() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    floors = {p.name.removesuffix(".py") for p in PACKAGE.iterdir() if not p.name.startswith("_")}

    assert {floor for floor in floors if not re.search(rf"\b{floor}\b", page)} == set()
