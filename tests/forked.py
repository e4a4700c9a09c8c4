"""Processes of ours without the seconds that each takes to load: forks of one that has loaded everything.

A fork runs the same code in a process of its own, with its own environment, streams, session and exit
code. What a fresh interpreter does before that is left out: tests of it start one.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from streamproc.embedded.leash import leash_self

_LOADED = "tests.loaded"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([_LOADED])


class Fork:
    """A program in a process of its own, which never outlives this one.

    Shapes: ``main`` is a function of a module, which finds its ``arguments`` in ``sys.argv``. ``out`` and
        ``err`` are appended to.
    """

    def __init__(
        self,
        main: Callable[[], object],
        arguments: Sequence[str],
        environment: Mapping[str, str],
        out: Path,
        err: Path | None = None,
        stdin: Path = Path(os.devnull),
    ) -> None:
        streams = (str(stdin), str(out), str(err or out))
        self._process: ForkServerProcess = _FORKS.Process(
            target=_run, args=(main, tuple(arguments), dict(environment), streams), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to end in order."""
        self._process.terminate()


def _run(
    main: Callable[[], object],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    streams: tuple[str, ...],
) -> None:
    leash_self()
    # a server that cannot load this goes on without a word
    assert _LOADED in sys.modules, f"{_LOADED} was not loaded before"
    os.setsid()
    for number, path in enumerate(streams):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT
        held = os.open(path, flags, 0o644)
        os.dup2(held, number)
        os.close(held)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing put another one in its place
    os.environ.clear()  # noqa: TID251 - it is the new process's
    os.environ.update(environment)  # noqa: TID251
    sys.argv = [main.__module__, *arguments]
    main()
