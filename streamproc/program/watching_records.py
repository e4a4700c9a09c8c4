"""The fold of viewers: who was online is kept with the session, too, which outlives its minutes."""

from __future__ import annotations

from typing import Final

from streamproc.events.registry import VIEWERS_TOPIC
from streamproc.program.fold_audience import AudienceFold
from streamproc.program.keys import Kind, head
from streamproc.program.records import Records
from streamproc.program.watching_codec import unpack_watching
from streamproc.tally.online import Reading
from streamproc.tally.sessions import Session
from streamproc.tally.watching import Watching

_WATCHING: Final = head(Kind.WATCHING, VIEWERS_TOPIC)


class ViewerFold(AudienceFold):
    """The viewers topic. Who was online ends with the session.

    Shapes: a session that an earlier version of the program began, which knows no begin, has none of it,
        for it would lack the readings before.
    """

    def __init__(self, records: Records) -> None:
        super().__init__(VIEWERS_TOPIC, records)

    def forget(self, key: bytes) -> None:
        """Delete a session that is over, and who was online in it."""
        super().forget(key)
        self.drop(_WATCHING + key[len(_WATCHING) :])

    def read(self, session: Session, reading: Reading) -> None:
        """Keep a count of viewers that is not late."""
        super().read(session, reading)
        if session.begun_ms:
            self.open_told(_WATCHING, session, unpack_watching, Watching).put(reading)
