from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from streamproc.embedded import leash
from streamproc.embedded.leash import leashed

DEADLINE_S = 10.0
ROOT = Path(leash.__file__).parents[2]

ELSEWHERE = f"""
import runpy, sys
sys.platform = "darwin"
sys.argv[0] = {leash.__file__!r}
runpy.run_path({leash.__file__!r}, run_name="__main__")
"""

PARENT = f"""
import subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.unit.embedded.test_leash import command
subprocess.Popen(command(sys.argv[1], ["/bin/sleep", "1000"]))
sys.stdin.read()
"""

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's leash is Linux's")
SYSTEMS = [pytest.param("linux", marks=needs_linux), "elsewhere"]


def command(system: str, program: list[str]) -> list[str]:
    """The leashed program, as on Linux or as on any other system."""
    line = leashed(program)
    if system == "elsewhere":
        line[1:4] = ["-c", ELSEWHERE]
    return line


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def parent(system: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", PARENT, system], stdin=subprocess.PIPE)
    yield process
    process.communicate()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        os.sched_yield()


def _sleepers(below: int) -> list[psutil.Process]:
    family = psutil.Process(below).children(recursive=True)
    return [process for process in family if process.name() == "sleep"]


def _gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # also while it is asked
        return True


def test_a_server_dies_with_a_parent_that_is_killed(parent: subprocess.Popen[bytes]) -> None:
    _until(lambda: bool(_sleepers(parent.pid)))
    (server,) = _sleepers(parent.pid)

    parent.kill()
    parent.wait()

    _until(lambda: _gone(server))


def test_sigterm_to_the_leash_ends_the_server(system: str) -> None:
    held = subprocess.Popen(command(system, ["/bin/sleep", "1000"]))
    leash_process = psutil.Process(held.pid)
    _until(lambda: leash_process.name() == "sleep" or bool(_sleepers(held.pid)))
    servers = _sleepers(held.pid)

    held.terminate()

    assert held.wait(DEADLINE_S) in (-15, 128 + 15)
    _until(lambda: all(_gone(server) for server in servers))


def test_the_servers_exit_code_is_the_leashs(system: str) -> None:
    done = subprocess.run(command(system, ["/bin/sh", "-c", "exit 7"]), check=False)

    assert done.returncode == 7


def test_a_server_whose_parent_is_gone_already_does_not_live(system: str) -> None:
    line = command(system, ["/bin/sleep", "1000"])
    line[line.index(str(os.getpid()))] = str(os.getpid() + 1)

    assert subprocess.run(line, check=False, timeout=DEADLINE_S).returncode in (1, 128 + 9)
