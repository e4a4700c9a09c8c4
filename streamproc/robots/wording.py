"""A notification in words: a title and paragraphs, before any platform's markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple

from streamproc.robots.notification import SEVERITIES, Alert

Language = Literal["zh", "en"]
_SAID_ELSEWHERE: Final = frozenset(("alertname", "severity", "job", "prometheus", "cluster"))
_WORDS: Final = {
    "zh": {
        "page": "紧急",
        "ticket": "工单",
        "info": "提示",
        "firing": "告警",
        "resolved": "已恢复",
        "since": "开始于",
        "until": "恢复于",
        "runbook": "处理手册",
        "dashboard": "看板",
        "more": "还有 {} 条未列出",
        "known": "此前已通知、仍在告警: {} 条",
        "colon": ": ",
    },
    "en": {
        "page": "page",
        "ticket": "ticket",
        "info": "info",
        "firing": "firing",
        "resolved": "resolved",
        "since": "since",
        "until": "resolved at",
        "runbook": "runbook",
        "dashboard": "dashboard",
        "more": "and {} more",
        "known": "told before and still firing: {}",
        "colon": ": ",
    },
}


class Span(NamedTuple):
    """Some words; in bold, or a link."""

    text: str
    bold: bool = False
    url: str = ""


Line = tuple[Span, ...]


class Message(NamedTuple):
    """What is to be told.

    Shapes: ``severity`` is that of the most urgent alert in it; ``paragraphs`` one for each alert, the most
        urgent first; ``last`` is said at the end whatever is left out.
    """

    title: str
    severity: str
    resolved: bool
    paragraphs: list[list[Line]]
    last: list[Line]


class Wording:
    """Puts alerts into words of one language.

    Units: ``utc_offset_min`` is where the readers' clocks are.
    """

    def __init__(self, language: Language, utc_offset_min: int) -> None:
        self._language = language
        self._words = _WORDS[language]
        self._zone = timezone(timedelta(minutes=utc_offset_min))

    def message(self, alerts: Sequence[Alert], *, known: int, left_out: int) -> Message:
        """The message for these alerts.

        Shapes: ``known``: others of the group still fire and were told before; ``left_out``: as many more
            are new, but Alertmanager cut them off.
        """
        ordered = sorted(alerts, key=_urgency)
        firing = sum(alert.status == "firing" for alert in ordered)
        first = ordered[0]
        counts = [
            f"{self._words[status]} {count}"
            for status, count in (("firing", firing), ("resolved", len(ordered) - firing))
            if count
        ]
        severity = self._words[first.severity]
        last: list[Line] = [(Span(self._words["known"].format(known)),)] if known else []
        if left_out:
            last.append((Span(self.more(left_out)),))
        return Message(
            title=f"[{severity}] {', '.join(counts)}{self._words['colon']}{self._summary(first)}",
            severity=first.severity,
            resolved=not firing,
            paragraphs=[self._paragraph(alert) for alert in ordered],
            last=last,
        )

    def more(self, count: int) -> str:
        """That there are more."""
        return self._words["more"].format(count)

    def _paragraph(self, alert: Alert) -> list[Line]:
        words = self._words
        mark = f"[{words[alert.severity]} {words[alert.status]}] "
        lines: list[Line] = [(Span(mark + self._summary(alert), bold=True),)]
        if description := self._annotation(alert, "description"):
            lines.append((Span(description),))
        if labels := _labels(alert):
            lines.append((Span(labels),))
        lines.append((Span(self._times(alert)),))
        links = [
            Span(words[name], url=url)
            for name in ("runbook", "dashboard")
            if (url := alert.annotations.get(f"{name}_url", "")).startswith(("http://", "https://"))
        ]
        if links:
            lines.append(tuple(links))
        return lines

    def _summary(self, alert: Alert) -> str:
        return self._annotation(alert, "summary") or alert.labels.get("alertname", "?")

    def _annotation(self, alert: Alert, name: str) -> str:
        if self._language == "zh" and (told := alert.annotations.get(f"{name}_zh")):
            return told
        return alert.annotations.get(name, "")

    def _times(self, alert: Alert) -> str:
        told = f"{self._words['since']} {self._time(alert.starts_at)}"
        if alert.status == "resolved" and alert.ends_at is not None:
            told += f", {self._words['until']} {self._time(alert.ends_at)}"
        return told

    def _time(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{local:%m-%d %H:%M:%S} {local:%z}"


def _urgency(alert: Alert) -> tuple[bool, int, datetime, str]:
    rank = SEVERITIES.index(alert.severity)
    return alert.status == "resolved", rank, alert.starts_at, alert.fingerprint


def _labels(alert: Alert) -> str:
    pairs = sorted(alert.labels.items())
    return ", ".join(f"{name}={value}" for name, value in pairs if name not in _SAID_ELSEWHERE)
