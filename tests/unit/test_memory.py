"""What a process does with its memory."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys

import pytest

PIECES, PIECE_BYTES, ROUNDS = 4, 4 << 20, 30
PAGES_ASKED_FOR = PIECES * PIECE_BYTES // resource.getpagesize()
PROGRAM = f"""
import resource, sys
from streamproc.memory import hold_many

hold_many({{name: "1" for name in sys.argv[1:]}})

def faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

before = faults()
for _ in range({ROUNDS}):
    pieces = [b"x" * {PIECE_BYTES} for _ in range({PIECES})]
    del pieces
print(faults() - before)
"""

glibc_only = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc's memory can be tuned"
)


def faults_of_a_process(*tuned: str) -> int:
    """Page faults of one that takes and frees the same memory over and over."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *tuned],
        capture_output=True,
        text=True,
        check=True,
        env={},  # nothing there tunes it
    )
    return int(done.stdout)


@glibc_only
def test_what_is_freed_is_kept_for_what_comes_next() -> None:
    assert faults_of_a_process() < 2 * PAGES_ASKED_FOR


@glibc_only
@pytest.mark.parametrize("named", ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"])
def test_what_the_environment_says_of_memory_counts(named: str) -> None:
    assert faults_of_a_process(named) > ROUNDS // 2 * PAGES_ASKED_FOR
