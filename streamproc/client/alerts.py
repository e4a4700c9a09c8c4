"""Folding the records of ``live.alerts.v1``: the latest step of each alert is all there is to know of it.

Source: topics/live.alerts.v1.yaml; docs/consumers.md; tests/contract/readers.
"""

from __future__ import annotations

from typing import Final

from msgspec import DecodeError

from streamproc.events.outputs import AlertTransition, decode_alert

RESOLVED: Final = "resolved"
KEPT_MS: Final = 86_400_000
"""So long, by the times of alerts, it is remembered that one is over: copies come sooner."""


class AlertReader:
    """All alerts, as the records taken so far tell.

    Shapes: ``alerts`` by id, those that are over for a day; ``rejected`` counts records that are none.
        Numbers of steps may be missing (several told together, or older than what is kept): no error.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, AlertTransition] = {}
        self.rejected = 0
        self._newest_ms = 0
        self._swept_ms = 0

    def take(self, value: bytes | None) -> AlertTransition | None:
        """Take a record in; None: it is a copy, or a later step was taken, or it is none."""
        try:
            step = decode_alert(value or b"")
        except (DecodeError, UnicodeDecodeError):
            self.rejected += 1
            return None
        held = self.alerts.get(step.alert_id)
        if held is not None and held.seq >= step.seq:
            return None
        self.alerts[step.alert_id] = step
        self._newest_ms = max(self._newest_ms, step.at_ms)
        if self._newest_ms - self._swept_ms > KEPT_MS:
            self._sweep()
        return step

    def open(self) -> list[AlertTransition]:
        """The alerts that are not over, as they stand; the one opened first comes first."""
        standing = [each for each in self.alerts.values() if each.phase != RESOLVED]
        return sorted(standing, key=lambda each: (each.opened_ms, each.alert_id))

    def _sweep(self) -> None:
        """Forget what has been over for a day."""
        self._swept_ms = self._newest_ms
        oldest_ms = self._newest_ms - KEPT_MS
        for alert_id, each in list(self.alerts.items()):
            if each.phase == RESOLVED and each.at_ms < oldest_ms:
                del self.alerts[alert_id]
