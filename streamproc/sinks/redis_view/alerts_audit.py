"""Which open alerts Redis has acknowledged, and whether it still holds them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from msgspec import MsgspecError, Struct, json
from redis.exceptions import ResponseError

from streamproc.sinks.redis_view.commands import Composer
from streamproc.sinks.redis_view.dirty import Step
from streamproc.sinks.redis_view.link import Answer, Link, checked

_AT_ONCE: Final = 250
_READS: Final = 2
"""Of each alert: what stands of it, and its place among those that are open."""


class _Seq(Struct):
    seq: int


_decode: Final = json.Decoder(_Seq).decode


class _Acknowledged(NamedTuple):
    step: Step
    at_s: float


class AlertsAudit:
    """Compares the open alerts that were acknowledged with what is there.

    Shapes: one that was resolved leaves Redis by itself, so it is not looked for.
    Units: of one that was acknowledged longer than ``lasts_s`` ago nothing is said: it may have expired.
    """

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._held: dict[bytes, _Acknowledged] = {}

    def answered(self, step: Step, now_s: float, *, taken: bool) -> None:
        """Redis has taken this step, or whatever is there of its alert is right."""
        held = self._held.get(step.alert_id)
        if held is not None and held.step.seq > step.seq:
            return
        if taken and not step.is_resolved:
            self._held[step.alert_id] = _Acknowledged(step, now_s)
        else:
            self._held.pop(step.alert_id, None)

    def clear(self) -> None:
        """Everything will be written anew."""
        self._held.clear()

    def keep(self, partitions: Collection[int]) -> None:
        """Forget what is of other partitions."""
        self._held = {
            name: each for name, each in self._held.items() if each.step.partition in partitions
        }

    def lost(self, link: Link, composer: Composer, now_s: float) -> int:
        """Of how many alerts Redis holds less than it acknowledged. Errors: ``Unavailable``."""
        steps = [each.step for each in self._held.values() if now_s - each.at_s < self._lasts_s]
        lost = 0
        for first in range(0, len(steps), _AT_ONCE):
            part = steps[first : first + _AT_ONCE]
            answers = checked(link.ask([each for step in part for each in composer.look_up(step)]))
            lost += sum(
                _is_lost(step, *answers[place * _READS : (place + 1) * _READS])
                for place, step in enumerate(part)
            )
        return lost


def _is_lost(step: Step, alert: Answer, place: Answer) -> bool:
    if isinstance(alert, ResponseError) or isinstance(place, ResponseError):
        return False
    held = _seq_of(alert)
    return held < step.seq or (held == step.seq and place is None)


def _seq_of(alert: bytes | None) -> int:
    try:
        return -1 if alert is None else _decode(alert).seq
    except MsgspecError:
        return -1
