"""Which broadcasts were told of, and which of their minutes were written, since that was last asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final

from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.judging.paid_day import PaidDay
from streamproc.program.judging.rows import TAKES
from streamproc.program.judging.watched import Watched
from streamproc.program.keys import (
    HEAD_BYTES,
    NUMBER_BYTES,
    SEPARATOR,
    TOPIC_CODES,
    TOPIC_OF_CODE,
    Kind,
)
from streamproc.program.records import Records
from streamproc.program.streams import Streams
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import MINUTE_MS

_TAIL: Final = NUMBER_BYTES + len(SEPARATOR)
_ORDERS: Final = TOPIC_CODES[ORDERS_TOPIC]

_Place = tuple[bytes, HostStream | None, set[bytes] | None]
"""Of which broadcast a key is, whose watermark it moves (None: it is of a minute), who gathers it."""

_NOWHERE: Final[_Place] = b"", None, None


class News:
    """What was written of the broadcasts of one partition.

    Shapes: ``told`` are the ids of broadcasts that were told of, for whoever looks at them and empties it;
        ``newest_ms`` the greatest event time of the partition, of what was not ahead. ``evident`` gets the
        keys of floors.
    """

    def __init__(
        self, records: Records, streams: Mapping[str, Streams], evident: set[bytes]
    ) -> None:
        self.told: Final[set[bytes]] = set()
        self.paid: Final = PaidDay(streams[ORDERS_TOPIC])
        self.newest_ms = 0
        self._records = records
        self._streams = streams
        self._written = records.listen()
        self._evident = evident
        self._places: dict[bytes, _Place] = {}
        self._minute = 0

    def note(self, watched: Mapping[bytes, Watched]) -> None:
        """Learn what was written, and have those under watch know of their minutes."""
        # the same keys are written each second, so where they belong is found once a minute
        places, tell, newest_ms, lent_ms = self._places, self.told.add, self.newest_ms, 0
        for key in chain(self._written, self._records.changed):
            ids, stream, gathers = places.get(key) or self._place(key)
            if stream is not None:
                tell(ids)
                if gathers is not None:
                    gathers.add(key)
                if stream.watermark_ms > newest_ms:
                    if stream.watermark_ms == stream.lent_ms:
                        lent_ms = max(lent_ms, stream.lent_ms)
                    else:
                        newest_ms = stream.watermark_ms
            else:
                found = watched.get(ids)
                if found is not None:
                    found.written.add(key)
        self._written.clear()
        self.newest_ms = newest_ms
        minute = max(newest_ms, lent_ms) // MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            places.clear()

    def note_session(self, key: bytes) -> None:
        """A session was told of."""
        ids, _, gathers = self._place(key)
        self.told.add(ids)
        if gathers is not None:
            gathers.add(key)

    def _place(self, key: bytes) -> _Place:
        """Where a key belongs."""
        if key[:HEAD_BYTES] in TAKES:
            place: _Place = key[HEAD_BYTES:-_TAIL], None, None
        elif key[0] == Kind.SESSION:
            ids = key[HEAD_BYTES:]
            host_id = ids[: ids.index(SEPARATOR)].decode()
            stream = self._streams[TOPIC_OF_CODE[key[1]]].stream(host_id)
            place = ids, stream, self.paid.noted if key[1] == _ORDERS else None
        elif key[0] == Kind.FLOOR:  # asked each time: that it is written is what counts
            self._evident.add(key)
            return _NOWHERE
        else:
            place = _NOWHERE
        self._places[key] = place
        return place
