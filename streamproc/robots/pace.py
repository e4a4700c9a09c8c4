"""How often a robot may speak, and what it has told already."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Final

from streamproc.robots.notification import Alert

WINDOW_S: Final = 60.0
_KEPT_FOR_PAGES: Final = 4
"""One in so many messages of a minute is kept free for pages."""
_REMEMBERED_MAX: Final = 50_000
Key = tuple[str, str, str, int]


class Pace:
    """At most so many messages in any minute; the last quarter of them only for what is a page.

    Units: ``now_s`` is a clock that never goes back.
    """

    def __init__(self, per_minute_max: int) -> None:
        self._max = per_minute_max
        self._for_all = per_minute_max - per_minute_max // _KEPT_FOR_PAGES
        self._said_s: deque[float] = deque()
        self._shut_until_s = 0.0

    def wait_s(self, severity: str, now_s: float) -> float:
        """How long until a message of this severity may be told; 0: now."""
        while self._said_s and now_s - self._said_s[0] >= WINDOW_S:
            self._said_s.popleft()
        limit = self._max if severity == "page" else self._for_all
        over = len(self._said_s) - limit
        full_s = self._said_s[over] + WINDOW_S - now_s if over >= 0 else 0.0
        return max(full_s, self._shut_until_s - now_s, 0.0)

    def said(self, now_s: float) -> None:
        """Count one message, also one that failed: the platform counts it too."""
        self._said_s.append(now_s)

    def shut(self, until_s: float) -> None:
        """Say nothing until then."""
        self._shut_until_s = until_s


class Told:
    """Which alerts of which group a robot told lately.

    Alertmanager posts again what was answered with an error, what its twin posted already, and the whole
    group when one alert of it changes. Units: ``remember_s``, ``now_s``.
    """

    def __init__(self, remember_s: float) -> None:
        self._remember_s = remember_s
        self._at_s: OrderedDict[Key, float] = OrderedDict()

    def new(self, group_key: str, alerts: Iterable[Alert], now_s: float) -> list[Alert]:
        """The alerts that were not told, as they are now."""
        while self._at_s and now_s - next(iter(self._at_s.values())) >= self._remember_s:
            self._at_s.popitem(last=False)
        return [alert for alert in alerts if _key(group_key, alert) not in self._at_s]

    def remember(self, group_key: str, alerts: Iterable[Alert], now_s: float) -> None:
        """These were told."""
        for alert in alerts:
            key = _key(group_key, alert)
            self._at_s[key] = now_s
            self._at_s.move_to_end(key)
        while len(self._at_s) > _REMEMBERED_MAX:
            self._at_s.popitem(last=False)


def _key(group_key: str, alert: Alert) -> Key:
    started = int(alert.starts_at.timestamp() * 1000)
    return group_key, alert.fingerprint, alert.status, started
