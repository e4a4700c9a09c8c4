"""`make` lists itself, says what is missing, and continuous integration passes its verdict on."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

MARKED = re.compile(r"\bmark\.(?:integration|chaos|alone)\b")
PROMISED = ["setup", "check", "test", "demo", "chaos", "sim", "bench", "clean"]


def run(
    *command: str, path: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A command in the root of the repository; ``path`` goes before the PATH."""
    environment = dict(os.environ)  # noqa: TID251 - what is tested reads it
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CI"):
        environment.pop(name, None)
    if path:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def program(folder: Path, name: str, *lines: str) -> None:
    """A shell script in a folder that goes before the PATH."""
    script = folder / name
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    script.chmod(0o755)


def test_make_alone_lists_the_targets() -> None:
    listed = re.findall(r"^  make (\w+) +\S", run("make").stdout, re.MULTILINE)

    assert set(PROMISED) <= set(listed)
    assert listed == re.findall(r"^  make (\w+) +\S", run("make", "help").stdout, re.MULTILINE)


def test_tests_with_servers_are_looked_for_where_they_are() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = re.findall(r"^SERVED := (.+)$", makefile, re.MULTILINE)[0].split()
    marked = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if MARKED.search(path.read_text(encoding="utf-8"))
    }

    assert marked == set(shown)


def test_a_demo_does_not_ask_for_the_tools_of_development() -> None:
    steps = run("make", "--dry-run", "--always-make", "demo").stdout

    assert "requirements/runtime.txt" in steps
    assert "requirements/dev.txt" not in steps


def test_a_missing_python_is_told_with_what_to_do() -> None:
    told = run("sh", ".ci/system-packages", "python", PYTHON="")

    assert told.returncode == 1
    assert "Python 3.11" in told.stderr
    assert "what to do:" in told.stderr


def test_a_python_without_venv_is_told_with_what_to_do(tmp_path: Path) -> None:
    program(tmp_path, "id", "echo 1000")  # nobody who may install
    program(tmp_path, "bare", 'case "$*" in *ensurepip*) exit 1 ;; esac', "echo 3.11")

    told = run("sh", ".ci/system-packages", "python", path=str(tmp_path), PYTHON="bare")

    assert told.returncode == 1
    assert "python3.11-venv" in told.stderr
    assert "what to do:" in told.stderr


def test_an_old_java_is_told_with_what_to_do(tmp_path: Path) -> None:
    program(tmp_path, "id", "echo 1000")
    program(tmp_path, "java", "echo 'openjdk version \"11.0.2\"' >&2")

    told = run("sh", ".ci/system-packages", "kafka", path=str(tmp_path))

    assert told.returncode == 1
    assert "Java 17" in told.stderr


@pytest.mark.parametrize("status", [0, 2])
def test_integration_runs_make_test_and_passes_its_verdict_on(tmp_path: Path, status: int) -> None:
    program(
        tmp_path,
        "make",
        'echo "make $* with CI=$CI"',
        'echo "FAILED tests/unit/test_x.py::test_y - boom"',
        'echo "=== 1 failed, 4 passed in 0.10s ==="',
        'echo "something after it"',
        f"exit {status}",
    )

    ended = run(".ci/run", path=str(tmp_path))

    assert ended.returncode == status
    assert "make test with CI=true" in ended.stdout
    assert ended.stdout.splitlines()[-2:] == [
        "FAILED tests/unit/test_x.py::test_y - boom",
        "=== 1 failed, 4 passed in 0.10s ===",
    ]
