"""The fold of host profiles: one per host and start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamproc.events.ahead import as_of_record
from streamproc.events.hosts import HostProfiled
from streamproc.events.registry import HOSTS_TOPIC
from streamproc.events.rejected import Rejected
from streamproc.program.codecs import pack_profile, unpack_profile
from streamproc.program.keys import SEPARATOR, Kind, head, number, parse
from streamproc.program.records import Records
from streamproc.protocol import BatchReport
from streamproc.tally.profiles import Profile, profile_of, replaces
from streamproc.tally.retention import day_of
from streamproc.tally.rollups import profile_at
from streamproc.tally.timing import ALLOWANCE_MS, NO_WATERMARK_MS

_HEAD: Final = head(Kind.PROFILE, HOSTS_TOPIC)


class ProfileFold:
    """The hosts topic.

    Shapes: ``profiles`` by host and start; ``watermarks_ms`` by host. ``today`` is the day of the
        greatest of them; ``rejected_days`` are those on which records were rejected, until somebody takes
        them.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self.profiles: dict[str, dict[int, Profile]] = {}
        self.watermarks_ms: dict[str, int] = {}
        self.today = 0
        self.rejected_days: list[int] = []

    def apply(self, events: Sequence[HostProfiled | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        report = BatchReport()
        for event in events:
            if isinstance(event, Rejected):
                report.rejected += 1
                self.rejected_days.append(self.today)
                continue
            profile = profile_of(event)
            if not replaces(profile, self._held(event.host_id, event.valid_from_ms)):
                report.duplicate += 1
                continue
            report.applied += 1
            watermark_ms = self.watermarks_ms.get(event.host_id, NO_WATERMARK_MS)
            report.late += event.occurred_at_ms + ALLOWANCE_MS[HOSTS_TOPIC] < watermark_ms
            key = _HEAD + event.host_id.encode() + SEPARATOR + number(event.valid_from_ms)
            self.records.put(key, pack_profile(profile))
            self._hold(event.host_id, event.valid_from_ms, profile)
        return report

    def apply_ahead(self, event: HostProfiled, timestamp_ms: int) -> BatchReport:
        """Fold a profile that is ahead, as of its record."""
        report = self.apply([as_of_record(event, timestamp_ms)])
        report.ahead = report.applied
        return report

    def name(self, host_id: str) -> str:
        """The host's name by the profile with the latest start; empty if there is none."""
        profiles = self.profiles.get(host_id)
        return profiles[max(profiles)].name if profiles else ""

    def at(self, host_id: str, at_ms: int) -> Profile | None:
        """Who a host was at a time; None: nobody told."""
        return profile_at(self.profiles.get(host_id, {}), at_ms)

    def restore(self, key: bytes, value: bytes) -> None:
        """Hold a profile again."""
        parsed = parse(key)
        self._hold(parsed.host_id, parsed.numbers[0], unpack_profile(value))

    def _held(self, host_id: str, valid_from_ms: int) -> Profile | None:
        return self.profiles.get(host_id, {}).get(valid_from_ms)

    def _hold(self, host_id: str, valid_from_ms: int, profile: Profile) -> None:
        self.profiles.setdefault(host_id, {})[valid_from_ms] = profile
        watermark_ms = self.watermarks_ms.get(host_id, NO_WATERMARK_MS)
        self.watermarks_ms[host_id] = max(watermark_ms, profile.occurred_at_ms)
        self.today = max(self.today, day_of(profile.occurred_at_ms))
