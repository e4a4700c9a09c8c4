"""The thread that writes: takes what waits, sends it in pieces, and sees to it that nothing stays lost.

A thread and not a task of the worker's loop, as measured: whatever Redis does, even what would hold a
loop up (a name that does not resolve, the handshake of TLS), holds up nobody but this thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Final

import structlog
from msgspec import json
from redis.exceptions import ResponseError

from streamproc.engine.engine import Engine
from streamproc.sinks.redis_view.alerts_audit import AlertsAudit
from streamproc.sinks.redis_view.alerts_held import AlertsHeld
from streamproc.sinks.redis_view.audit import Audit
from streamproc.sinks.redis_view.breaker import Breaker
from streamproc.sinks.redis_view.commands import Composer, Told
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.dirty import Dirty, Step, Waiting
from streamproc.sinks.redis_view.faults import Unavailable, reason_of
from streamproc.sinks.redis_view.health import Health
from streamproc.sinks.redis_view.library import library_name, library_source
from streamproc.sinks.redis_view.link import Answer, Link, command
from streamproc.sinks.redis_view.sources import beat_of

EPOCH_TTL_S: Final = 30
BEAT_S: Final = 2.0
_HOSTS_AT_ONCE: Final = 128
_BYTES_AT_ONCE: Final = 2 << 20
_STEPS_AT_ONCE: Final = 128
_AGAIN_GAP_S: Final = 5.0
"""Everything is told again at most so often: it costs the worker work."""
_SHARE_OF_TTL: Final = 0.5
"""Past this share of its time to live something may be missing: nobody told of it for long."""

_log = structlog.get_logger("streamproc.redis")


class Owned:
    """What the worker's loop says of partitions; the writer's thread reads it.

    Shapes: ``engine`` is None until there is one, and in tools that have none.
    """

    def __init__(self) -> None:
        self.partitions: frozenset[int] = frozenset()
        self.versions: dict[int, int] = {}
        self.engine: Engine | None = None


class Writer:
    """Writes until it is told to stop. All of it runs in one thread."""

    def __init__(
        self,
        config: RedisConfig,
        worker: str,
        link: Link,
        dirty: Dirty,
        alerts: AlertsHeld,
        owned: Owned,
        health: Health,
        tell_again: Callable[[], None],
    ) -> None:
        self._interval_s = config.flush_interval_ms / 1000
        self._refresh_s = config.refresh_interval_s
        self._ttl_ms = config.ttl_s * 1000
        self._worker = worker
        self._link, self._dirty, self._alerts = link, dirty, alerts
        self._owned, self._health, self._tell_again = owned, health, tell_again
        self._compose = Composer(config)
        self._breaker = Breaker(time.monotonic)
        self._audit = Audit(config.ttl_s * _SHARE_OF_TTL)
        self._alerts_audit = AlertsAudit(config.ttl_s * _SHARE_OF_TTL)
        self._kept: frozenset[int] = frozenset()
        self._beaten: dict[int, float] = {}
        self._next_beat_s = self._next_audit_s = 0.0
        self._again_due = False
        self._again_from_s = 0.0
        self._failing: dict[bytes, Waiting] = {}

    def run(self, stopping: threading.Event) -> None:
        """Write until then, and once more."""
        while not stopping.wait(self._interval_s):
            self._round()
        self._round()
        self._link.close()

    def _round(self) -> None:
        if not self._breaker.may_try():
            return
        try:
            self._write_all()
        except Unavailable as error:
            self._failed(error.reason, str(error))
        except Exception as error:  # noqa: BLE001 - a thread that ends would end the view unseen
            _log.exception("the Redis view met something unexpected")
            self._failed("unexpected", repr(error))
        else:
            self._succeeded()

    def _failed(self, reason: str, detail: str) -> None:
        self._link.close()
        self._breaker.failed()
        health = self._health
        health.faults_total += 1
        if health.up or health.reason != reason:
            hint = (
                "run `streamproc redis setup` as a user who may load functions"
                if reason == "library"
                else "tallies go on; the view follows once Redis is well"
            )
            _log.warning("Redis cannot be written to", reason=reason, detail=detail, hint=hint)
        health.up, health.reason = False, reason

    def _succeeded(self) -> None:
        self._breaker.succeeded()
        if not self._health.up:
            _log.info("Redis is written to")
        self._health.up, self._health.reason = True, ""

    def _write_all(self) -> None:
        if not self._link.is_open:
            self._greet()
        self._follow_partitions()
        now_s = time.monotonic()
        if now_s >= self._next_beat_s:
            self._beat(now_s)
        if now_s >= self._next_audit_s:
            self._look_over(now_s)
        while steps := self._dirty.take_steps(_STEPS_AT_ONCE):
            self._write_steps(steps)
        while waiting := self._dirty.take(_HOSTS_AT_ONCE, _BYTES_AT_ONCE):
            self._write_hosts(waiting)
        if self._dirty.is_short:
            self._dirty.is_short = False
            self._again_due = True
        if self._again_due and now_s >= self._again_from_s:
            self._again(now_s)

    def _greet(self) -> None:
        """Connect, and see whether the functions are there and writing is allowed."""
        self._link.open()
        (answer,) = self._link.ask([self._compose.probe()])
        if isinstance(answer, ResponseError) and reason_of(answer) == "library":
            self._load_library()
        elif isinstance(answer, ResponseError):
            raise Unavailable(reason_of(answer) or "error", str(answer))
        self._next_audit_s = self._next_beat_s = 0.0

    def _load_library(self) -> None:
        source = library_source().encode()
        (answer,) = self._link.ask([command(b"FUNCTION", b"LOAD", b"REPLACE", source)])
        if isinstance(answer, ResponseError):
            raise Unavailable("library", f"the functions are missing, and loading them: {answer}")
        _log.info("the functions were loaded", library=library_name())

    def _follow_partitions(self) -> None:
        partitions = self._owned.partitions
        if partitions != self._kept:
            self._kept = partitions
            self._audit.keep(partitions)
            self._alerts_audit.keep(partitions)
            self._beaten = {each: at for each, at in self._beaten.items() if each in partitions}
            self._next_beat_s = 0.0

    def _beat(self, now_s: float) -> None:
        """Say which partitions are ours. If we said so lately and it is gone, Redis lost more than that."""
        partitions, versions = sorted(self._kept), self._owned.versions
        commands = []
        for partition in partitions:
            version = versions.get(partition, 0)
            epoch = beat_of(self._owned.engine, self._worker, partition, version, _now_ms())
            commands.append(self._compose.beat(partition, version, json.encode(epoch), EPOCH_TTL_S))
        answers = self._ask(commands) if commands else []
        self._next_beat_s = now_s + BEAT_S
        for partition, answer in zip(partitions, answers, strict=True):
            if self._is_bad(answer):
                continue
            if answer == 0:
                self._health.refused_total += 1
                continue
            told_s = self._beaten.get(partition)
            if not answer and told_s is not None and now_s - told_s < EPOCH_TTL_S - BEAT_S:
                self._next_audit_s = 0.0
            self._beaten[partition] = now_s

    def _look_over(self, now_s: float) -> None:
        """Compare what is there with what was acknowledged, and forget what is old."""
        now_ms = _now_ms()
        hosts_lost = self._audit.lost(self._link, self._compose, now_s)
        alerts_lost = self._alerts_audit.lost(self._link, self._compose, now_s)
        if hosts_lost or alerts_lost:
            _log.warning(
                "Redis lost what it had acknowledged: all is told again",
                hosts=hosts_lost,
                alerts=alerts_lost,
            )
            self._again_due = True
        failing, self._failing = self._failing, {}
        self._dirty.put_back(failing, ())
        hosts = self._alerts.forget(now_ms)
        sweeps = [self._compose.sweep_alerts(host, now_ms) for host in hosts]
        for answer in self._ask([*sweeps, self._compose.sweep(now_ms - self._ttl_ms)]):
            self._is_bad(answer)
        self._next_audit_s = now_s + self._refresh_s

    def _again(self, now_s: float) -> None:
        self._again_due = False
        self._again_from_s = now_s + _AGAIN_GAP_S
        self._audit.clear()
        self._alerts_audit.clear()
        self._dirty.put_steps(self._alerts.again(now_s))
        self._health.full_publishes_total += 1
        self._tell_again()

    def _write_hosts(self, waiting: dict[bytes, Waiting]) -> None:
        for host in self._failing.keys() & waiting.keys():
            waiting[host].add_older(self._failing.pop(host))
        commands, told, unusable = self._compose.hosts(waiting, _now_ms())
        for host in unusable:
            self._health.failed_total += 1
            _log.error("a tally cannot be shown", host=host.decode("utf-8", "replace"))
        try:
            answers = self._ask([*commands, self._compose.poke(list(waiting))])
            refused = [self._is_bad(answer) for answer in answers]
        except Unavailable:
            self._dirty.put_back(waiting, ())
            raise
        now_s = time.monotonic()
        for each, answer, is_refused in zip(told, answers, refused, strict=False):
            if is_refused:
                self._failing[each.host] = waiting[each.host]
            else:
                self._taken(each, answer, waiting[each.host], now_s)

    def _taken(self, told: Told, answer: Answer, waiting: Waiting, now_s: float) -> None:
        if not answer:
            self._health.refused_total += 1
            self._audit.forget(told.host)
            return
        self._health.written_total += 1
        if told.as_of_ms:
            self._audit.acknowledged(told, waiting.partition, waiting.parts, now_s)
        else:
            self._audit.forget(told.host)

    def _write_steps(self, steps: Sequence[Step]) -> None:
        now_ms, versions = _now_ms(), self._owned.versions
        composed: list[list[bytes]] = []
        for step in steps:
            # a step told again stands under what its partition has come to since
            version = max(step.version, versions.get(step.partition, 0))
            composed.append(self._compose.step(step, version, now_ms))
        hosts = list(dict.fromkeys(step.host for step in steps))
        try:
            answers = iter(self._ask([*chain(*composed), self._compose.poke(hosts)]))
            for step, commands in zip(steps, composed, strict=True):
                refused = [self._is_refused(answer) for answer in islice(answers, len(commands))]
                self._alerts_audit.answered(step, time.monotonic(), taken=not any(refused))
            self._is_bad(next(answers))
        except Unavailable:
            self._dirty.put_back({}, steps)
            raise

    def _is_refused(self, answer: Answer) -> bool:
        """Whether something newer stands there, or the write will never be taken; and count it."""
        refused = self._is_bad(answer) or answer == 0
        self._health.refused_total += refused
        return refused

    def _ask(self, commands: Sequence[bytes]) -> list[Answer]:
        began_s = time.perf_counter()
        try:
            return self._link.ask(commands)
        finally:
            self._health.wrote(time.perf_counter() - began_s)

    def _is_bad(self, answer: Answer) -> bool:
        """Whether this one write will never be taken. Errors: ``Unavailable`` if none is taken now."""
        if not isinstance(answer, ResponseError):
            return False
        if reason := reason_of(answer):
            raise Unavailable(reason, str(answer))
        if "equal or smaller" in str(answer):  # the stream has this step already
            return False
        self._health.failed_total += 1
        _log.error("Redis does not take a write", detail=str(answer))
        return True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
