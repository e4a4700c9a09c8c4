"""What is committed works on any machine: no address of a registry, no path of one computer."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked_files

REGISTRY = re.compile(
    r"pypi\.org|files\.pythonhosted|repo1?\.maven|registry\.npmjs|proxy\.golang\.org"
    r"|--(extra-)?index-url|--find-links|--trusted-host|https?://[^/\s]*(artifactory|nexus)",
)
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(work|root|home/\w+|Users/\w+|opt/wheels|var/folders)\b")
OPEN_END = re.compile(r"\b(TODO|FIXME)\b(?![^\n]*#\d+)")
CREDENTIAL = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|://[^/\s:@{]+:[^/\s:@{]+@"
)


def found(pattern: re.Pattern[str]) -> list[str]:
    """Each line of the tracked files that the pattern is in: path, number, line."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts().items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


@cache
def texts() -> dict[Path, str]:
    """What stands in every tracked file but this one."""
    paths = [path for path in tracked_files() if path != Path(__file__)]
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in paths}


def test_no_file_names_a_registry() -> None:
    # the Makefile tells pip-compile to leave such lines out
    assert [line for line in found(REGISTRY) if not line.startswith("Makefile:")] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert found(MACHINE_PATH) == []


def test_no_file_holds_a_credential() -> None:
    assert found(CREDENTIAL) == []


def test_an_open_end_names_its_issue() -> None:
    assert found(OPEN_END) == []


def test_nothing_that_make_makes_is_tracked() -> None:
    made = {".venv", ".cache", "__pycache__", "dist", "build"}

    assert [path for path in tracked_files() if made & set(path.relative_to(ROOT).parts)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "--index-url https://example.com/simple"),
        (REGISTRY, "https://files.pythonhosted.example"),
        (MACHINE_PATH, "see /home/ann/project"),
        (OPEN_END, "# TODO: later"),
        (CREDENTIAL, "redis://user:secret@host"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


@pytest.mark.parametrize(
    "line", ["# TODO(#12): later", "/working", "a/root/b", "redis://host:6379/0"]
)
def test_the_patterns_leave_the_rest_alone(line: str) -> None:
    patterns = [REGISTRY, MACHINE_PATH, OPEN_END, CREDENTIAL]

    assert [pattern for pattern in patterns if pattern.search(line)] == []
