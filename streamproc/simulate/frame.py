"""Where a run lies in time, and how it names what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict
from zlib import crc32

from streamproc.events.base import Source
from streamproc.events.comments import Role
from streamproc.events.registry import AnyEvent
from streamproc.simulate.rooms import Room

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = 0xFFFFFFFFFFFFFFFF

Timed = tuple[int, AnyEvent]
"""An event and the moment it leaves its source, in milliseconds since the broadcast began."""


class Envelope(TypedDict):
    """What every event of a room carries."""

    event_id: str
    occurred_at_ms: int
    host_id: str
    room_id: str
    session_id: str
    source: Source


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a broadcast that is emitted.

    Units: ``base_ms`` is the start of the broadcast, UTC; all else counts from there.
    """

    run: str
    """Makes names unique: scenario, seed and start."""
    salt: int
    base_ms: int
    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether a moment is emitted."""
        return self.from_ms <= at_ms < self.until_ms

    def session_id(self, room: Room) -> str:
        """Name of the room's broadcast."""
        return f"{room.room_id}-{self.base_ms // 1000}"

    def envelope(self, room: Room, at_ms: int, name: str) -> Envelope:
        """The envelope of an event; ``name`` is unique within the run."""
        return {
            "event_id": f"{self.run}-{name}",
            "occurred_at_ms": self.base_ms + at_ms,
            "host_id": room.host_id,
            "room_id": room.room_id,
            "session_id": room.session_id,
            "source": Source.SIMULATOR,
        }

    def viewer_key(self, viewer: int) -> str:
        """The keyed hash of a viewer."""
        return f"{(self.salt + viewer * _GOLDEN) & _MASK:016x}{viewer:08x}"

    def crew_key(self, room: Room, role: Role) -> str:
        """The keyed hash of a room's host, or of its staff."""
        return f"{(self.salt + crc32(room.key) * _GOLDEN) & _MASK:016x}{role.value}"
