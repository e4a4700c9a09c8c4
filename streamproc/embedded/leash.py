"""A small process that becomes, or watches over, a server which must not outlive its parent.

Run as a script, ``python leash.py <parent pid> <program> <arguments..>``. On Linux the kernel kills
the server when its parent ends, kill -9 included, and the leash turns into the server (one process,
one pid). Elsewhere the leash stays, passes SIGTERM on, and ends the server when its parent is gone.
It runs in a process of its own because code between fork and exec in a program with threads may
deadlock. Trap: Linux means the parent *thread*; start a server from one that lives on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_PARENT_POLL_S = 0.2
_SIGNALLED = 128  # and the signal's number: a shell's exit code for whoever a signal ended


def leashed(program: list[str]) -> list[str]:
    """The command that runs ``program`` on a leash held by this process."""
    # -I -S: neither the environment nor site-packages can change what runs, and it starts faster
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *program]


def leash_self() -> bool:
    """Let the kernel kill this process when its parent ends; False where no kernel does."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)


def _watch(parent_pid: int, program: list[str]) -> int:
    ended: list[int] = []  # signals that asked for the end; they may come before the server is up
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: ended.append(number))
    server = subprocess.Popen(program)  # noqa: S603 - the caller names the program
    while True:
        try:
            code = server.wait(_PARENT_POLL_S)
        except subprocess.TimeoutExpired:
            if os.getppid() != parent_pid:
                server.kill()
        else:
            return code if code >= 0 else _SIGNALLED - code
        while ended:
            server.send_signal(ended.pop())


def main(arguments: list[str]) -> int:
    """Run the program named after the parent's pid; its exit code, where the leash lives on."""
    parent_pid, program = int(arguments[0]), arguments[1:]
    if leash_self():
        if os.getppid() == parent_pid:  # else it ended before the kernel knew what to do then
            os.execv(program[0], program)  # noqa: S606 - the caller names it; no shell is wanted
        return 1
    return _watch(parent_pid, program)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
