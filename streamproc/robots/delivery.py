"""Telling one robot: what is new, at its pace, again if it fails for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import structlog

from streamproc.robots.notification import Notification
from streamproc.robots.pace import Pace, Told
from streamproc.robots.platforms import Answer, Platform, Post
from streamproc.robots.wording import Message, Wording

SHUT_S: Final = 600.0
"""How long DingTalk and WeCom shut out a robot that spoke too often."""
_ANSWER_BYTES_MAX: Final = 65_536
_THROTTLED_STATUS: Final = 429
_SERVER_ERROR: Final = 500
_OK: Final = range(200, 300)
_log: Final = structlog.stdlib.get_logger(__name__)


class Outcome(Enum):
    """What became of a notification at one robot."""

    SENT = "sent"
    KNOWN = "known"
    """All of it was told lately."""
    PACED = "paced"
    """The robot may not speak yet; ask again."""
    FAILED = "failed"
    """The platform did not take it, though asked several times."""
    REFUSED = "refused"
    """The platform refuses it: the address, the secret or the form is wrong."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to tell."""
        return self in {Outcome.SENT, Outcome.KNOWN}


class Delivery(NamedTuple):
    """How messages are delivered.

    Units: ``backoff_s`` before the second attempt, twice that before the third. ``remember_s`` is for how
        long the same alert in the same status is told once; below the repeat interval of Alertmanager.
    """

    attempts: int
    backoff_s: float
    per_minute_max: int
    remember_s: float


class Clock(NamedTuple):
    """Time from outside: a monotonic clock, wall time, and a way to wait."""

    monotonic_s: Callable[[], float]
    wall_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]


class Robot:
    """One robot: it tells one message at a time, in the order in which they came."""

    def __init__(
        self,
        platform: Platform,
        wording: Wording,
        delivery: Delivery,
        client: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        self.name = platform.name
        self._platform, self._wording, self._delivery = platform, wording, delivery
        self._client, self._clock = client, clock
        self._pace, self._told = Pace(delivery.per_minute_max), Told(delivery.remember_s)
        self._turn = asyncio.Lock()

    async def tell(self, notification: Notification) -> Outcome:
        """Tell what is new of a notification. What failed counts as untold."""
        async with self._turn:
            now_s = self._clock.monotonic_s()
            group = notification.group_key
            new = self._told.new(group, notification.alerts, now_s)
            if not new:
                return Outcome.KNOWN
            fresh = {alert.fingerprint for alert in new}
            known = sum(
                alert.status == "firing" and alert.fingerprint not in fresh
                for alert in notification.alerts
            )
            message = self._wording.message(
                new, known=known, left_out=notification.truncated_alerts
            )
            outcome = await self._deliver(message)
            if outcome is Outcome.SENT:
                self._told.remember(group, new, now_s)
            return outcome

    async def _deliver(self, message: Message) -> Outcome:
        for attempt in range(self._delivery.attempts):
            if attempt:
                await self._clock.sleep(self._delivery.backoff_s * 2 ** (attempt - 1))
            now_s = self._clock.monotonic_s()
            if self._pace.wait_s(message.severity, now_s):
                return Outcome.PACED
            self._pace.said(now_s)
            post = self._platform.post(message, self._wording, self._clock.wall_ms())
            answer, why = await self._post(post)
            if answer is Answer.TAKEN:
                return Outcome.SENT
            _log.warning(
                "a robot did not take a message", robot=self.name, answer=answer.value, why=why
            )
            if answer is Answer.REFUSED:
                return Outcome.REFUSED
            if answer is Answer.THROTTLED:
                self._pace.shut(now_s + SHUT_S)
                return Outcome.PACED
        return Outcome.FAILED

    async def _post(self, post: Post) -> tuple[Answer, str]:
        """What the platform made of it, and why, in words that hold nothing of the address."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            request = self._client.build_request(
                "POST", post.url, content=post.body, headers=headers
            )
            response = await self._client.send(request, stream=True)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer.BUSY, type(error).__name__  # what it says may hold the address
        if response.status_code == _THROTTLED_STATUS:
            return Answer.THROTTLED, f"HTTP {response.status_code}"
        if response.status_code not in _OK:
            busy = response.status_code >= _SERVER_ERROR
            return (Answer.BUSY if busy else Answer.REFUSED), f"HTTP {response.status_code}"
        try:
            told: Any = msgspec.json.decode(body)
        except msgspec.DecodeError:
            told = None
        if not isinstance(told, dict):
            return Answer.BUSY, "an answer that is no JSON object"
        answer, code = self._platform.answer(told)
        return answer, f"code {code}"


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _ANSWER_BYTES_MAX:
            break
    return body
