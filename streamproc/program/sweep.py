"""Deleting what is over, in slices so short that nobody waits for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streamproc.events.registry import HOSTS_TOPIC
from streamproc.program.expiry import KEPT_DAYS, STAMP_BYTES, oldest_stamp
from streamproc.program.fold_hosts import ProfileFold
from streamproc.program.keys import HEAD_BYTES, TOPIC_OF_CODE, Kind, head, parse
from streamproc.program.records import Records
from streamproc.program.rejected_codec import is_over
from streamproc.program.streams import Streams

SLICE: Final = 500
"""Keys looked at in one step, unless many of them are over."""
DELETED: Final = 50
"""About so many keys are deleted in one step: that costs some fifty times as much as a look."""

_ALONE: Final = frozenset((Kind.LINE, Kind.ATTEMPT))
"""Kinds of which nothing else hangs on a record, nor it on anything else."""


BURIED: Final = 2
"""Hosts of a topic whose event ids are deleted in one step: a few dozen keys each, or thousands."""


class Sweep:
    """A walk over all records of a partition, begun anew whenever a topic reaches another day."""

    def __init__(
        self, records: Records, streams: Mapping[str, Streams], profiles: ProfileFold
    ) -> None:
        self.records = records
        self.streams = streams
        self.profiles = profiles
        self._days: dict[str, int] = {}
        self._keys: list[bytes] = []

    def step(self) -> None:
        """Look at the next few records, and delete those that are over."""
        for each in self.streams.values():
            each.bury_silent(BURIED)
        if not self._keys:
            days = self._today()
            if days == self._days:
                return
            self._days = days
            self._keys = [key for key in self.records.values if key[0] in KEPT_DAYS]
        values, changed = self.records.values, self.records.changed
        oldest = {
            head(kind, topic): oldest_stamp(kind, today)
            for kind in KEPT_DAYS
            for topic, today in self._today().items()
        }
        keys, deleted = self._keys, 0
        for _ in range(min(SLICE, len(keys))):
            key = keys.pop()
            value = values.get(key)
            if value is None or value[-STAMP_BYTES:] >= oldest[key[:HEAD_BYTES]]:
                continue
            # One that is open or unwritten was touched just now; there is another walk tomorrow.
            if key in changed:
                continue
            self._delete(key)
            deleted += 1
            if deleted == DELETED:
                break

    def _today(self) -> dict[str, int]:
        """The day that each topic has come to."""
        days = {topic: stream.today for topic, stream in self.streams.items()}
        return {**days, HOSTS_TOPIC: self.profiles.today}

    def _delete(self, key: bytes) -> None:
        topic = TOPIC_OF_CODE[key[1]]
        if key[0] == Kind.REJECTED:
            if is_over(self.records.values[key], self._today()[topic]):
                self.records.delete(key)
            return
        streams = self.streams[topic]
        if key[0] in _ALONE:
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
