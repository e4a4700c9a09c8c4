"""Deleting what is over, in slices so short that nobody waits for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streamproc.program.expiry import KEPT_DAYS, is_old
from streamproc.program.keys import TOPIC_OF_CODE, Kind, parse
from streamproc.program.records import Records
from streamproc.program.streams import Streams

SLICE: Final = 2_000
"""Keys looked at in one step."""


class Sweep:
    """A walk over all records of a partition, begun anew whenever a topic reaches another day."""

    def __init__(self, records: Records, streams: Mapping[str, Streams]) -> None:
        self.records = records
        self.streams = streams
        self._days: dict[str, int] = {}
        self._keys: list[bytes] = []

    def step(self) -> None:
        """Look at the next few records, and delete those that are over."""
        if not self._keys:
            days = {topic: stream.today for topic, stream in self.streams.items()}
            if days == self._days:
                return
            self._days = days
            self._keys = [key for key in self.records.values if key[0] in KEPT_DAYS]
        for key in self._keys[-SLICE:]:
            self._look(key)
        del self._keys[-SLICE:]

    def _look(self, key: bytes) -> None:
        value = self.records.values.get(key)
        # One that is open or unwritten was touched just now; there is another walk tomorrow.
        if value is None or key in self.records.changed:
            return
        streams = self.streams[TOPIC_OF_CODE[key[1]]]
        if not is_old(key, value, streams.today):
            return
        if key[0] == Kind.LINE:
            self.records.delete(key)
            return
        parsed = parse(key)
        stream = streams.stream(parsed.host_id)
        session = streams.find_session(stream, parsed.ids[0])
        if key[0] == Kind.SESSION:
            if session is None:
                streams.forget(key)
        elif session is None or streams.find_minute(session, parsed.numbers[0]) is None:
            streams.forget_minute(key)
