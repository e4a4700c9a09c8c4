"""Which Python `make` makes its environment with."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.house.test_makefile import program, run

NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"
REAL = shlex.quote(sys.executable)
AS_IT_IS = f'exec {REAL} "$@"'
SLOW = f'exec {REAL} -c "import sys; sys.setprofile(lambda *_: None); $2"'
"""Every call of its loops is told of."""
TOO_OLD = "exit 1"
WITHOUT_VENV = f'case "$2" in *ensurepip*) exit 1 ;; esac; {AS_IT_IS}'
OF_ANOTHER_RELEASE = "echo 3.0 1"


def chosen(folder: Path, *interpreters: dict[str, str]) -> str:
    """What is chosen of a PATH whose folders hold these interpreters, by their names."""
    folders = []
    for number, names in enumerate(interpreters):
        (folder / str(number)).mkdir()
        for name, line in names.items():
            program(folder / str(number), name, line)
        folders.append(str(folder / str(number)))
    done = run("/bin/sh", ".ci/interpreter", PATH=os.pathsep.join(folders))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().removeprefix(f"{folder}{os.sep}")


@pytest.mark.parametrize(
    ("interpreters", "expected"),
    [
        ([{"python3": AS_IT_IS}], "python3"),
        ([{"python3.11": TOO_OLD, "python3": AS_IT_IS}], "python3"),
        ([{NAME: AS_IT_IS}, {NAME: SLOW}], NAME),
        ([{NAME: SLOW}, {NAME: AS_IT_IS}], f"1/{NAME}"),
        ([{NAME: SLOW}, {NAME: WITHOUT_VENV}], NAME),
        ([{NAME: SLOW}, {NAME: OF_ANOTHER_RELEASE}], NAME),
        ([{"python3": TOO_OLD}, {"python3.11": TOO_OLD}], ""),
        ([], ""),
    ],
    ids=[
        "the only one",
        "the first that is new enough",
        "not a slower one",
        "a faster one of its release",
        "none that makes no environment",
        "none of another release",
        "none that is too old",
        "none",
    ],
)
def test_it_is_the_first_that_is_new_enough_or_a_faster_one(
    tmp_path: Path, interpreters: list[dict[str, str]], expected: str
) -> None:
    assert chosen(tmp_path, *interpreters) == expected
