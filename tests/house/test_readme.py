"""What the README tells a stranger to type exists: targets, commands, options and links."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from streamproc.cli.main import build
from streamproc.settings import every_setting, shown
from tests.house.tree import ROOT, tracked_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)\s#]+)")
PROGRAM = re.compile(r"^(\.venv/bin/)?streamproc$")


def typed_lines() -> list[str]:
    """Each line of the README that a reader would type, without comments."""
    lines = "\n".join(FENCE.findall(README)).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip()[:1] not in {"", "#"}]


def commands() -> list[tuple[str, ...]]:
    """The words behind `streamproc`, of every line that calls it."""
    found = []
    for line in typed_lines():
        for part in line.split("|"):
            words = shlex.split(part)
            if words[:2] == ["make", "demo"] and len(words) > 2:
                words = ["streamproc", "demo", *words[2].removeprefix("ARGS=").split()]
            if words and PROGRAM.match(words[0]):
                found.append(tuple(words[1:]))
    return found


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


@cache
def options_of(words: tuple[str, ...]) -> set[str] | None:
    """The options of the command that words call; `None` if there is no such command."""
    command: Any = typer.main.get_command(build(words))
    left = iter(words)
    while hasattr(command, "commands"):
        command = command.commands.get(next(left, ""))
    if command is None:
        return None
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


def test_the_readme_shows_how_to_start() -> None:
    assert "make demo" in typed_lines()
    assert "make test" in typed_lines()
    assert len(commands()) >= 10


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\bmake ([a-z]+)", "\n".join(typed_lines()))))
)
def test_a_target_that_the_readme_names_exists(target: str) -> None:
    assert target in make_targets()


@pytest.mark.parametrize("words", commands(), ids=[" ".join(words) for words in commands()])
def test_a_command_that_the_readme_shows_exists_with_its_options(words: tuple[str, ...]) -> None:
    known = options_of(words)

    assert known is not None, f"streamproc {' '.join(words)} does not exist"
    options = {word.split("=")[0] for word in words if word.startswith("--") and word != "--help"}
    assert options - known == set()


def test_the_settings_that_the_readme_shows_are_as_it_says() -> None:
    settings = {one.variable: shown(one.default) for one in every_setting()}
    rows = re.findall(r"^\| `(STREAMPROC_\w+)` \| `([^`]+)` \|", README, re.MULTILINE)

    assert rows
    assert {row for row in rows if settings.get(row[0]) != row[1]} == set()


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_a_link_of_a_page_leads_to_a_tracked_file(page: Path) -> None:
    targets = [(page.parent / link).resolve() for link in LINK.findall(page.read_text("utf-8"))]
    known = {*tracked_files(), *(parent for path in tracked_files() for parent in path.parents)}

    assert [str(target.relative_to(ROOT)) for target in targets if target not in known] == []
