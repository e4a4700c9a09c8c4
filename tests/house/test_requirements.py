"""The requirements files are what pyproject.toml pins, to the hash, and name no place to get it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.tree import ROOT, pyproject

FILES = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[a-z,]+\])?==([^\s;\\]+)")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: Iterable[str]) -> dict[str, str]:
    """Name -> version, of the lines that pin something."""
    found = (PIN.match(line) for line in lines)
    return {normal(match[1]): match[2] for match in found if match}


def pinned_in(name: str) -> dict[str, str]:
    return pins((ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines())


def wanted(*extras: str) -> dict[str, str]:
    project = pyproject()["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found = pins(lines)
    assert len(found) == len(lines), "a direct dependency is not pinned with =="
    return found


def test_there_is_a_file_for_running_one_for_building_and_one_for_everything() -> None:
    assert [path.name for path in FILES] == ["build.txt", "dev.txt", "runtime.txt"]


def test_the_runtime_file_holds_what_the_project_asks_for() -> None:
    assert wanted().items() <= pinned_in("runtime.txt").items()


def test_the_full_file_holds_the_runtime_the_extra_and_the_build_backend() -> None:
    full = pinned_in("dev.txt")

    assert wanted("dev").items() <= full.items()
    assert pinned_in("runtime.txt").items() <= full.items()
    assert pinned_in("build.txt").items() <= full.items()


def test_the_build_file_holds_the_build_backend() -> None:
    backend = pins(pyproject()["build-system"]["requires"])

    assert backend
    assert backend.items() <= pinned_in("build.txt").items()


def test_the_runtime_file_holds_no_tool_of_development() -> None:
    tools = wanted("dev").keys() - wanted().keys()

    assert not tools & pinned_in("runtime.txt").keys()


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_a_requirements_file_holds_pins_and_hashes_and_nothing_else(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    others = [
        line
        for line in lines
        if line and not (line[0] == "#" or PIN.match(line) or HASH.match(line))
    ]

    assert others == []


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_pin_is_held_by_a_hash(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]

    bare = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and not HASH.match(following)
    ]

    assert lines
    assert bare == []
