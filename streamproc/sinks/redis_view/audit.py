"""What Redis has acknowledged, and whether it still holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from redis.exceptions import ResponseError

from streamproc.sinks.redis_view.commands import Composer, Told
from streamproc.sinks.redis_view.link import Answer, Link, checked

_AT_ONCE: Final = 250


class _Curves(NamedTuple):
    """Those curves of a host that were written together last. Shapes: ``parts`` as in ``View``."""

    parts: tuple[str, ...]
    version: int
    at_s: float


class _Acknowledged(NamedTuple):
    partition: int
    version: int
    as_of_ms: int
    at_s: float
    curves: _Curves | None


class Audit:
    """Compares what was acknowledged with what is there, as a restart or a failover may have lost it.

    Units: of what was acknowledged longer than ``lasts_s`` ago nothing is said: it may have expired.
    """

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._held: dict[bytes, _Acknowledged] = {}

    def acknowledged(self, told: Told, partition: int, parts: Iterable[str], now_s: float) -> None:
        """Redis has taken this tally, and these curves with it."""
        held = self._held.get(told.host)
        curves = None if held is None else held.curves
        if written := tuple(parts):
            curves = _Curves(written, told.version, now_s)
        self._held[told.host] = _Acknowledged(partition, told.version, told.as_of_ms, now_s, curves)

    def forget(self, host: bytes) -> None:
        """Whatever is there of a host is right."""
        self._held.pop(host, None)

    def clear(self) -> None:
        """Everything will be written anew."""
        self._held.clear()

    def keep(self, partitions: Collection[int]) -> None:
        """Forget what is of other partitions."""
        self._held = {
            host: each for host, each in self._held.items() if each.partition in partitions
        }

    def lost(self, link: Link, composer: Composer, now_s: float) -> int:
        """Of how many hosts Redis holds less than it acknowledged. Errors: ``Unavailable``."""
        hosts = [host for host, each in self._held.items() if now_s - each.at_s < self._lasts_s]
        lost: set[bytes] = set()
        for first in range(0, len(hosts), _AT_ONCE):
            part = hosts[first : first + _AT_ONCE]
            curves = [(host, name) for host in part for name in self._curves(host, now_s)]
            fences = composer.read_fences(part)
            reads = [composer.read_curve_fence(host, name) for host, name in curves]
            answers = checked(link.ask(fences + reads))
            lost.update(self._lost(part, answers[: len(fences)]))
            for (host, _), answer in zip(curves, answers[len(fences) :], strict=True):
                if self._is_curve_lost(host, answer):
                    lost.add(host)
        return len(lost)

    def _curves(self, host: bytes, now_s: float) -> Sequence[str]:
        curves = self._held[host].curves
        return curves.parts if curves and now_s - curves.at_s < self._lasts_s else ()

    def _is_curve_lost(self, host: bytes, answer: Answer) -> bool:
        curves = self._held[host].curves
        if curves is None or isinstance(answer, ResponseError):
            return False
        return int(answer or -1) < curves.version

    def _lost(self, hosts: Sequence[bytes], answers: Sequence[Answer]) -> Iterator[bytes]:
        boards = answers[-1]
        for place, (host, answer) in enumerate(zip(hosts, answers[:-1], strict=True)):
            if isinstance(answer, ResponseError) or isinstance(boards, ResponseError):
                continue
            held = self._held[host]
            version, as_of_ms = (int(each or -1) for each in answer)
            is_older = (version, as_of_ms) < (held.version, held.as_of_ms)
            if is_older or int(boards[place] or -1) < held.version:
                yield host
