"""Opening what the state holds of the meaning of comments, along with sessions and minutes."""

from __future__ import annotations

from typing import cast

from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.program.keys import SEPARATOR, Kind, head, number
from streamproc.program.sense_codec import unpack_asked, unpack_sense, unpack_senses
from streamproc.program.streams import Streams
from streamproc.tally.panes import Minute
from streamproc.tally.senses import REST, MinuteSenses, Pair, SessionSenses
from streamproc.tally.session_sense import SessionSense, place_of
from streamproc.tally.sessions import Session
from streamproc.tally.timing import MINUTE_MS

_SENSE = head(Kind.SENSE, COMMENTS_TOPIC)
_SENSES = head(Kind.SENSES, COMMENTS_TOPIC)
_ASKED = head(Kind.ASKED, COMMENTS_TOPIC)


class SenseRecords(Streams):
    """Records of what comments mean; they end with the sessions and minutes that they belong to.

    Shapes: ``version`` is that of the lexicon that comments are read with.
    """

    version = ""

    def sense(self, session: Session) -> SessionSense:
        """What is kept of a session's comments, about to change; begun if it is new."""
        key = _SENSE + self._ids(session)
        kept = cast("SessionSense | None", self.records.changed.get(key))
        if kept is None:
            value = self.records.values.get(key)
            kept = SessionSense(key) if value is None else unpack_sense(key, value)
        kept.read_by(self.version)
        session.sense = kept
        return kept

    def kept(self, session: Session) -> SessionSense:
        """The same, noted as changed."""
        kept = session.sense or self.sense(session)
        self.records.touch(kept)
        return kept

    def look_again(self) -> None:
        """Let every session note the version at its next comment."""
        for stream in self.hosts.values():
            stream.session.sense = None
        for cell in self.records.changed.values():
            if isinstance(cell, Session):
                cell.sense = None

    def senses(self, session: Session, kept: SessionSense, minute_no: int) -> MinuteSenses:
        """What was asked in a minute, begun if it is new; it is the one to look at now."""
        minute = kept.minute
        if minute is None or minute.number != minute_no:
            key = self._senses_key(session, minute_no)
            minute = self._find_senses(key) or MinuteSenses(key, minute_no)
            kept.minute = minute
            kept.routes = {}
        return minute

    def asked(self, session: Session) -> SessionSenses:
        """What was asked in a session, but for its open minute; begun if it is new."""
        key = _ASKED + self._ids(session)
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("SessionSenses", cell)
        value = self.records.values.get(key)
        return SessionSenses(key) if value is None else unpack_asked(key, value)

    def room_for(self, session: Session, kept: SessionSense, pair: Pair) -> Pair:
        """Where a session counts a pair: a new one gets a place while there is one."""
        if kept.pairs is None:
            held = self.asked(session).asked
            kept.pairs = {each: None for each in held if each[1] != REST}
        place, is_new = place_of(kept.pairs, pair)
        if is_new:
            asked = self.asked(session)
            asked.of(pair)
            self.records.touch(asked)
        return place

    def roll(self, session: Session, at_ms: int) -> None:
        """Open the minute of a time; what was asked in the one before joins the session."""
        if session.closes_ms:
            self._join_senses(session)
        super().roll(session, at_ms)

    def forget(self, key: bytes) -> None:
        """Delete a session that is over, and what belongs to it."""
        super().forget(key)
        ids = key[len(_SENSE) :]
        self.drop(_SENSE + ids)
        self.drop(_ASKED + ids)

    def forget_minute(self, key: bytes) -> None:
        """Delete a minute that is over, and what was asked in it."""
        super().forget_minute(key)
        self.drop(_SENSES + key[len(_SENSES) :])

    def begin_minute(self, session: Session, minute_no: int) -> Minute:
        """A new minute, in which nothing was asked."""
        self.drop(self._senses_key(session, minute_no))
        if session.sense is not None:
            session.sense.minute = None
        return super().begin_minute(session, minute_no)

    def _join_senses(self, session: Session) -> None:
        number_of_open, kept = session.opens_ms // MINUTE_MS, session.sense
        minute = None if kept is None else kept.minute
        if minute is None or minute.number != number_of_open:
            minute = self._find_senses(self._senses_key(session, number_of_open))
        if kept is not None:
            kept.minute = None
        if minute is None or not minute.asked:
            return
        asked = self.asked(session)
        self.records.touch(asked)
        for pair, each in minute.asked.items():
            place = pair if pair in asked.asked else (pair[0], REST)
            asked.of(place).merge(each)

    def _find_senses(self, key: bytes) -> MinuteSenses | None:
        found = cast("MinuteSenses | None", self.records.changed.get(key))
        if found is None:
            value = self.records.values.get(key)
            found = None if value is None else unpack_senses(key, value)
        return found

    @staticmethod
    def _ids(session: Session) -> bytes:
        return session.key[len(_SENSE) :]

    def _senses_key(self, session: Session, minute_no: int) -> bytes:
        return _SENSES + self._ids(session) + SEPARATOR + number(minute_no)
