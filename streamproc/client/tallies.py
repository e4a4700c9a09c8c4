"""Folding the records of ``live.tallies.v1``: the newest tally of each host stands.

Source: topics/live.tallies.v1.yaml; docs/consumers.md; tests/contract/readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import DecodeError

from streamproc.events.host_tally import HostTally, decode_tally

Headers = Iterable[tuple[str, bytes | None]]


class HostChange(NamedTuple):
    """What is to be seen of a host from now on. Shapes: ``tally`` None: nothing, it is gone."""

    host_id: str
    tally: HostTally | None


class TallyReader:
    """The tallies of all hosts, as the records taken so far tell.

    Shapes: ``tallies`` by host; ``rejected`` counts records that are none. Fields that are not known are
        passed over. A record is taken in whatever order it comes, and again, without harm.
    """

    def __init__(self) -> None:
        self.tallies: dict[str, HostTally] = {}
        self.rejected = 0
        self._gone: dict[str, tuple[int, int]] = {}

    def take(
        self, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> HostChange | None:
        """Take a record in; None: it changes nothing, since a newer one was taken or it is none.

        Shapes: ``value`` None: the host is gone; how new that is stands in the header ``ce_id``. Without
            headers it is newer than all that was taken.
        """
        if value is None:
            return None if key is None else self._forget(key.decode(), headers)
        try:
            tally = decode_tally(value)
        except (DecodeError, UnicodeDecodeError):
            self.rejected += 1
            return None
        newest = tally.version, tally.as_of_ms
        if newest <= self._known(tally.host_id):
            return None
        self._gone.pop(tally.host_id, None)
        self.tallies[tally.host_id] = tally
        return HostChange(tally.host_id, tally)

    def _forget(self, host_id: str, headers: Headers) -> HostChange | None:
        known = self._known(host_id)
        newest = max(_place_of(headers) or known, (-1, -1))
        if newest < known:
            return None
        held = self.tallies.pop(host_id, None)
        self._gone[host_id] = newest
        return None if held is None else HostChange(host_id, None)

    def _known(self, host_id: str) -> tuple[int, int]:
        """Version and time of what stands of a host."""
        held = self.tallies.get(host_id)
        if held is not None:
            return held.version, held.as_of_ms
        return self._gone.get(host_id, (-1, -1))


def _place_of(headers: Headers) -> tuple[int, int] | None:
    """Version and time by the CloudEvents id of a record, ``<host>:<version>:<as_of_ms>``."""
    name = next((value for header, value in headers if header == "ce_id"), None)
    parts = (name or b"").rsplit(b":", 2)[1:]
    if len(parts) != len(("version", "as_of_ms")) or not all(each.isdigit() for each in parts):
        return None
    version, as_of_ms = map(int, parts)
    return version, as_of_ms
