"""What Redis has acknowledged, and whether it still holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from redis.exceptions import ResponseError

from streamproc.sinks.redis_view.commands import Composer, Told
from streamproc.sinks.redis_view.faults import Unavailable, reason_of
from streamproc.sinks.redis_view.link import Answer, Link

_AT_ONCE: Final = 250
_SHARE_OF_TTL: Final = 0.5
"""Past this share of its time to live a host may be missing: nobody told of it for long."""


class _Acknowledged(NamedTuple):
    partition: int
    version: int
    as_of_ms: int
    at_s: float


class Audit:
    """Compares what was acknowledged with what is there, as a restart or a failover may have lost it."""

    def __init__(self, ttl_s: int) -> None:
        self._lasts_s = ttl_s * _SHARE_OF_TTL
        self._held: dict[bytes, _Acknowledged] = {}

    def acknowledged(self, told: Told, partition: int, now_s: float) -> None:
        """Redis has taken this."""
        self._held[told.host] = _Acknowledged(partition, told.version, told.as_of_ms, now_s)

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
        lost = 0
        for first in range(0, len(hosts), _AT_ONCE):
            part = hosts[first : first + _AT_ONCE]
            answers = link.ask(composer.read_fences(part))
            lost += sum(self._lost(part, _checked(answers)))
        return lost

    def _lost(self, hosts: Sequence[bytes], answers: Sequence[Answer]) -> Iterator[bool]:
        boards = answers[-1]
        for place, (host, answer) in enumerate(zip(hosts, answers[:-1], strict=True)):
            if isinstance(answer, ResponseError) or isinstance(boards, ResponseError):
                continue
            held = self._held[host]
            version, as_of_ms = (int(each or -1) for each in answer)
            is_older = (version, as_of_ms) < (held.version, held.as_of_ms)
            yield is_older or int(boards[place] or -1) < held.version


def _checked(answers: Sequence[Answer]) -> Sequence[Answer]:
    for answer in answers:
        if isinstance(answer, ResponseError) and (reason := reason_of(answer)):
            raise Unavailable(reason, str(answer))
    return answers
