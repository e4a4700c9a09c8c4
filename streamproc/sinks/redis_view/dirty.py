"""What is to be written: the newest of each host, and alerts in their order; never more than so much."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from streamproc.protocol import View


@dataclass(slots=True)
class Waiting:
    """What is to be written of a host.

    Shapes: ``tally`` is without its version; None: the host is gone. ``parts`` as in ``View``.
    Units: ``since_s`` is monotonic: when the first of it was told.
    """

    partition: int
    version: int
    tally: bytes | None
    since_s: float
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    size: int = 0

    def take(self, partition: int, version: int, view: View) -> int:
        """Let a newer view replace what is held; how many bytes it grew by."""
        before = self.size
        self.partition, self.version = partition, version
        if view.value is None:
            self.tally, self.size = None, 0
            self.parts.clear()
            return -before
        self.size += len(view.value) - len(self.tally or b"")
        self.tally = view.value
        for part, minutes in view.parts.items():
            held = self.parts.setdefault(part, {})
            for minute_ms, value in minutes.items():
                self.size += len(value) - len(held.get(minute_ms, b""))
                held[minute_ms] = value
        return self.size - before

    def add_older(self, older: Waiting) -> None:
        """Take in what of an older one is still to be written."""
        if self.tally is not None:
            for part, minutes in older.parts.items():
                self.parts[part] = minutes | self.parts.get(part, {})
        self.since_s = older.since_s
        held = (len(value) for minutes in self.parts.values() for value in minutes.values())
        self.size = len(self.tally or b"") + sum(held)


@dataclass(slots=True, frozen=True)
class Step:
    """A step of an alert. Shapes: ``place`` is its id in its partition's stream; empty: not for it."""

    partition: int
    version: int
    host: bytes
    alert_id: bytes
    seq: int
    opened_ms: int
    at_ms: int
    is_resolved: bool
    alert: bytes
    place: bytes
    since_s: float


class Dirty:
    """Filled by the worker's loop, emptied by the writer's thread.

    Units: ``hosts_max`` and ``bytes_max`` bound what is held; what does not fit is dropped, and
        ``is_short`` says that everything must be told again.
    """

    def __init__(self, hosts_max: int, bytes_max: int) -> None:
        self._hosts_max, self._bytes_max = hosts_max, bytes_max
        self._lock = threading.Lock()
        self._hosts: dict[bytes, Waiting] = {}
        self._steps: deque[Step] = deque()
        self._bytes = 0
        self.dropped = 0
        self.is_short = False

    def __len__(self) -> int:
        return len(self._hosts) + len(self._steps)

    def oldest_s(self) -> float | None:
        """Since when the one that waits longest does."""
        with self._lock:
            waiting = [next(iter(self._hosts.values())).since_s] if self._hosts else []
            waiting += [self._steps[0].since_s] if self._steps else []
            return min(waiting, default=None)

    def put(self, partition: int, version: int, views: Sequence[View], now_s: float) -> None:
        """Views that replace what is held of their hosts."""
        with self._lock:
            for view in views:
                self._put(partition, version, view, now_s)

    def _put(self, partition: int, version: int, view: View, now_s: float) -> None:
        held = self._hosts.get(view.key)
        if held is None:
            if len(self._hosts) >= self._hosts_max or self._bytes >= self._bytes_max:
                self.dropped += 1
                self.is_short = True
                return
            held = self._hosts[view.key] = Waiting(partition, version, None, now_s)
        self._bytes += held.take(partition, version, view)

    def put_steps(self, steps: Iterable[Step]) -> None:
        """Steps of alerts, to be written in this order."""
        with self._lock:
            for step in steps:
                if len(self._steps) >= self._hosts_max:
                    self.dropped += 1
                    self.is_short = True
                else:
                    self._steps.append(step)

    def take(self, most: int, bytes_most: int) -> dict[bytes, Waiting]:
        """Those hosts that wait longest, of at most so many bytes, but one at least."""
        taken: dict[bytes, Waiting] = {}
        size = 0
        with self._lock:
            for host, waiting in self._hosts.items():
                if taken and (len(taken) >= most or size + waiting.size > bytes_most):
                    break
                taken[host] = waiting
                size += waiting.size
            for host in taken:
                del self._hosts[host]
            self._bytes -= size
        return taken

    def take_steps(self, most: int) -> list[Step]:
        """The first steps."""
        with self._lock:
            return [self._steps.popleft() for _ in range(min(most, len(self._steps)))]

    def put_back(self, hosts: dict[bytes, Waiting], steps: Sequence[Step]) -> None:
        """What could not be written, below what was told since."""
        with self._lock:
            newer, self._hosts = self._hosts, hosts
            for host, waiting in newer.items():
                if host in hosts:
                    waiting.add_older(hosts[host])
                hosts[host] = waiting
            self._bytes = sum(each.size for each in hosts.values())
            self._steps.extendleft(reversed(steps))

    def keep(self, partitions: Collection[int]) -> None:
        """Forget what is of other partitions: somebody else tells it."""
        with self._lock:
            self._hosts = {
                host: each for host, each in self._hosts.items() if each.partition in partitions
            }
            self._steps = deque(each for each in self._steps if each.partition in partitions)
            self._bytes = sum(each.size for each in self._hosts.values())
