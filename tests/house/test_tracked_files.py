"""What is committed works on any machine: no address of a registry, no path of one computer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, names, tracked_files

THIS = Path(__file__)
TEXTS = [path for path in tracked_files() if path != THIS]
REGISTRY = re.compile(
    r"pypi\.org|files\.pythonhosted|repo1?\.maven|registry\.npmjs|proxy\.golang\.org"
    r"|--(extra-)?index-url|--find-links|--trusted-host|https?://[^/\s]*(artifactory|nexus)",
)
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(work|root|home/\w+|Users/\w+|opt/wheels|var/folders)\b")
OPEN_END = re.compile(r"\b(TODO|FIXME)\b(?![^\n]*#\d+)")
CREDENTIAL = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|://[^/\s:@{]+:[^/\s:@{]+@"
)


def found(pattern: re.Pattern[str], path: Path) -> list[str]:
    """Each line of the file that the pattern is in, with its number."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [
        f"{number}: {line.strip()[:120]}"
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_a_file_names_no_registry_no_machine_and_no_secret(path: Path) -> None:
    if path.name != "Makefile":  # its `lock` target tells pip-compile to leave such lines out
        assert found(REGISTRY, path) == []
    assert found(MACHINE_PATH, path) == []
    assert found(CREDENTIAL, path) == []


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_an_open_end_names_its_issue(path: Path) -> None:
    assert found(OPEN_END, path) == []


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
