"""Whether a room's picture, sound and connector are alive: the newest samples of its instruments."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

from msgspec import Struct, field

from streamproc.events.rooms import AdapterHeartbeat, StreamHealth

SAMPLES: Final = 24
"""Of each instrument: six minutes of one report each fifteen seconds."""


PULSE_EVENTS: Final = frozenset((StreamHealth, AdapterHeartbeat))
"""Events that a pulse takes in."""


class Health(NamedTuple):
    """Picture and sound at a time; None: not told."""

    at_ms: int
    frames_per_s: float | None = None
    bitrate_kbps: int | None = None
    audio_rms_db: float | None = None


class Heartbeat(NamedTuple):
    """The connector of a room at a time; ``last_message_age_ms`` is -1 where it did not tell."""

    at_ms: int
    connected: bool
    last_message_age_ms: int = -1


S = TypeVar("S", Health, Heartbeat)


class Pulse(Struct, array_like=True):
    """The newest samples of a room. Shapes: each ascending by time."""

    health: list[Health] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)

    def take(self, event: StreamHealth | AdapterHeartbeat) -> None:
        """Take a sample in."""
        at_ms = event.occurred_at_ms
        if isinstance(event, StreamHealth):
            health = Health(at_ms, event.frames_per_s, event.bitrate_kbps, event.audio_rms_db)
            _keep(self.health, health)
        else:
            age_ms = event.last_message_age_ms
            beat = Heartbeat(at_ms, event.connected, -1 if age_ms is None else age_ms)
            _keep(self.heartbeats, beat)


def _keep(samples: list[S], sample: S) -> None:
    samples.append(sample)
    if len(samples) > 1 and sample.at_ms < samples[-2].at_ms:
        samples.sort(key=_time)
    del samples[:-SAMPLES]


def _time(sample: Health | Heartbeat) -> int:
    return sample.at_ms
