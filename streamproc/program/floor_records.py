"""The fold of rooms: turns of a broadcast, and what is for sale in it and whether it is alive."""

from __future__ import annotations

from typing import Any, Final, cast

from streamproc.events.registry import ROOMS_TOPIC, AnyEvent
from streamproc.program.floor_codec import unpack_floor, unpack_pulse
from streamproc.program.fold_audience import AudienceFold
from streamproc.program.keys import Kind, head
from streamproc.program.records import Records
from streamproc.tally.floor import FLOOR_EVENTS, Floor
from streamproc.tally.pulse import PULSE_EVENTS, Pulse
from streamproc.tally.sessions import Session

_FLOOR: Final = head(Kind.FLOOR, ROOMS_TOPIC)
_PULSE: Final = head(Kind.PULSE, ROOMS_TOPIC)


class RoomFold(AudienceFold):
    """The rooms topic. A floor and a pulse end with their session.

    Shapes: they are kept apart, so that a heartbeat writes no table of products; neither is held open
        longer than it is unwritten, because little is told of them.
    """

    def __init__(self, records: Records) -> None:
        super().__init__(ROOMS_TOPIC, records)

    def forget(self, key: bytes) -> None:
        """Delete a session that is over, and what belongs to it."""
        super().forget(key)
        self.drop(_FLOOR + key[len(_FLOOR) :])
        self.drop(_PULSE + key[len(_PULSE) :])

    def _tell(self, session: Session, event: AnyEvent, late: bool) -> None:
        """Take in an event that adds nothing up."""
        kind = event.__class__
        if kind in PULSE_EVENTS:
            self.open_told(_PULSE, session, unpack_pulse, Pulse).take(cast("Any", event))
        elif kind in FLOOR_EVENTS:
            self.open_told(_FLOOR, session, unpack_floor, Floor).take(event)
        else:
            super()._tell(session, event, late)
