"""The programs of Prometheus and Alertmanager, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.servers import skip_or_fail

NAMES = {"alertmanager": ("alertmanager", "prometheus-alertmanager")}
"""Debian calls it otherwise."""


def program(name: str) -> str:
    """Its path. Errors: skips the test where it is not installed, and fails it on CI."""
    found = next(filter(None, map(shutil.which, NAMES.get(name, (name,)))), None)
    if found is None:
        skip_or_fail(f"{name} is not installed (Debian: prometheus, prometheus-alertmanager)")
    return found


def told(name: str, *arguments: str | Path, folder: Path | None = None) -> str:
    """What a program printed. Errors: ``AssertionError`` with all it said if it failed."""
    done = _run([program(name), *map(str, arguments)], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _run(command: Sequence[str], folder: Path | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
