"""The wheel carries what the installed product reads, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked_files


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [
            *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
            *("--outdir", str(folder), str(ROOT)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def below(folder: str) -> set[str]:
    paths = [path.relative_to(ROOT) for path in tracked_files()]
    return {path.as_posix() for path in paths if path.parts[0] == folder}


def test_every_file_of_the_package_is_in_the_wheel(content: set[str]) -> None:
    assert below("streamproc") - content == set()


def test_the_declared_topics_are_in_the_wheel(content: set[str]) -> None:
    yamls = {name for name in below("topics") if Path(name).suffix == ".yaml"}

    assert {name.replace("topics/", "streamproc/_topics/", 1) for name in yamls} - content == set()


def test_nothing_else_is_in_the_wheel(content: set[str]) -> None:
    tops = {Path(name).parts[0] for name in content}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"streamproc"}
