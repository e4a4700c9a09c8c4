"""Letting go of what quiet hosts hold open: of sixteen hundred rooms most are quiet most of the time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from streamproc.program.streams import NOTHING, Streams
from streamproc.tally.streams import HostStream

STEPS: Final = 60
"""Steps in which every host is looked at once."""


class Rest:
    """A walk over all hosts of a partition, again and again.

    Shapes: what is held open is only how fast the next event finds it, so which hosts rest, and
        when, changes no record.
    """

    def __init__(self, streams: Iterable[Streams]) -> None:
        self._streams = list(streams)
        self._left: list[HostStream] = []
        self._share = 1

    def step(self) -> None:
        """Look at the next few hosts."""
        if not self._left:
            self._left = [host for each in self._streams for host in each.hosts.values()]
            self._share = len(self._left) // STEPS + 1
        for host in self._left[-self._share :]:
            host.rest(NOTHING)
        del self._left[-self._share :]
