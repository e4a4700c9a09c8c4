"""Alerts that are open or were resolved lately: what must be told again when Redis has lost it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from msgspec import MsgspecError, Struct, json

from streamproc.sinks.redis_view.dirty import Step

_MOST: Final = 20_000


class _Alert(Struct):
    alert_id: str
    seq: int
    phase: str
    host_id: str
    at_ms: int
    opened_ms: int


_decode: Final = json.Decoder(_Alert).decode


def step_of(alert: bytes, partition: int, version: int, place: bytes, now_s: float) -> Step | None:
    """A step of an alert, or None if these bytes are none."""
    try:
        told = _decode(alert)
    except MsgspecError:
        return None
    return Step(
        partition,
        version,
        told.host_id.encode(),
        told.alert_id.encode(),
        told.seq,
        told.opened_ms,
        told.at_ms,
        told.phase == "resolved",
        alert,
        place,
        now_s,
    )


class AlertsHeld:
    """The newest step of each alert that is shown.

    Noted by the worker's loop; told again and forgotten by the writer's thread.
    Units: ``keep_ms`` after it was resolved, an alert is forgotten.
    """

    def __init__(self, keep_ms: int, most: int = _MOST) -> None:
        self._keep_ms = keep_ms
        self._most = most
        self._steps: dict[bytes, Step] = {}

    def __len__(self) -> int:
        return len(self._steps)

    def note(self, step: Step) -> None:
        """Remember it, if it is the newest; past the limit the oldest is forgotten."""
        held = self._steps.pop(step.alert_id, None)
        if held is None or held.seq <= step.seq:
            held = step
        self._steps[step.alert_id] = held
        if len(self._steps) > self._most:
            del self._steps[next(iter(self._steps))]

    def again(self, now_s: float) -> Iterator[Step]:
        """All of them, to be written once more, but not to the streams."""
        for step in list(self._steps.values()):
            yield replace(step, place=b"", since_s=now_s)

    def forget(self, now_ms: int) -> set[bytes]:
        """Forget those resolved long ago; the hosts of which some were."""
        old = [
            step
            for step in list(self._steps.values())
            if step.is_resolved and step.at_ms < now_ms - self._keep_ms
        ]
        for step in old:
            self._steps.pop(step.alert_id, None)
        return {step.host for step in old}

    def keep(self, partitions: Collection[int]) -> None:
        """Forget what is of other partitions."""
        self._steps = {
            name: step for name, step in self._steps.items() if step.partition in partitions
        }
