"""Each import contract breaks when somebody plants what it forbids, and holds without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, pyproject

PLANTS = [
    # contract, module that gets the line (new, or an existing file), the line
    ("Floors", "streamproc/engine/planted.py", "import streamproc.agents"),
    ("Floors", "streamproc/engine/planted.py", "import streamproc.program"),
    ("Floors", "streamproc/program/planted.py", "import streamproc.engine"),
    ("Floors", "streamproc/events/planted.py", "import streamproc.tally"),
    ("Floors", "streamproc/tally/planted.py", "import streamproc.protocol"),
    ("Floors", "streamproc/sinks/planted.py", "import streamproc.agents"),
    ("Floors", "streamproc/agents/planted.py", "import streamproc.app"),
    ("Floors", "streamproc/protocol.py", "import streamproc.program"),
    ("Floors", "streamproc/errors.py", "import streamproc.events"),
    ("Floors", "streamproc/planted.py", ""),  # a top-level module that has no floor
    ("Pure floors do no I/O and read no clock", "streamproc/tally/planted.py", "import time"),
    ("Pure floors do no I/O and read no clock", "streamproc/program/planted.py", "import random"),
    ("Pure floors do no I/O and read no clock", "streamproc/events/planted.py", "import logging"),
    ("Pure floors do no I/O and read no clock", "streamproc/protocol.py", "import faust"),
    (
        "The engine knows nothing of live sales",
        "streamproc/engine/planted.py",
        "from streamproc.events import registry",
    ),
    ("Only wiring knows Faust", "streamproc/sinks/planted.py", "import faust"),
    ("Only wiring knows Faust", "streamproc/provision/planted.py", "import mode"),
    ("Only the edge knows Redis and Prometheus", "streamproc/engine/planted.py", "import redis"),
    (
        "Only the edge knows Redis and Prometheus",
        "streamproc/agents/planted.py",
        "import prometheus_client",
    ),
    (
        "The oracle computes from events alone",
        "streamproc/oracle/planted.py",
        "import streamproc.tally",
    ),
    (
        "The oracle computes from events alone",
        "streamproc/oracle/planted.py",
        "import streamproc.protocol",
    ),
]

ENVIRONMENT = {"COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and the contracts, to plant in."""
    shutil.copytree(
        ROOT / "streamproc", tmp_path / "streamproc", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(folder: Path) -> set[str]:
    """The names of the contracts that import-linter reports as broken there."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--show-timings"],
        cwd=folder,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(folder)},  # noqa: TID251 - no setting
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = [line.strip() for line in done.stdout.splitlines()]
    broken = {
        name for name in contracts() for line in verdicts if line.startswith(f"{name} BROKEN")
    }
    kept = {name for name in contracts() for line in verdicts if line.startswith(f"{name} KEPT")}
    assert broken | kept == contracts(), done.stdout + done.stderr
    assert (done.returncode != 0) == bool(broken)
    return broken


def contracts() -> set[str]:
    return {contract["name"] for contract in pyproject()["tool"]["importlinter"]["contracts"]}


def test_the_tree_as_it_is_keeps_every_contract(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize(
    ("contract", "module", "line"), PLANTS, ids=[f"{module}: {line}" for _, module, line in PLANTS]
)
def test_a_planted_import_breaks_its_contract(
    copy: Path, contract: str, module: str, line: str
) -> None:
    target = copy / module
    before = target.read_text(encoding="utf-8") if target.exists() else '"""Planted."""\n'
    target.write_text(f"{before}\n{line}\n", encoding="utf-8")

    assert contract in broken_contracts(copy)


def test_no_contract_goes_unproven() -> None:
    assert {contract for contract, _, _ in PLANTS} == contracts()
