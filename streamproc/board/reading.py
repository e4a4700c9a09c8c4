"""Reading the Redis view: pipelines of what is asked for, in as few round trips as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import MsgspecError, Struct, json
from redis.asyncio import Redis

from streamproc.board.cards import MINUTE_MS, SPARK_MINUTES
from streamproc.board.hall import Reading
from streamproc.events.view_beat import Beat
from streamproc.events.view_keys import CURVE, FENCE, Keys

RECENT_MINUTES: Final = 3
"""Minutes of a curve that are read with each change; a sweep reads all that are shown."""

_LIVE: Final = ("version", "as_of_ms", "partition", "tally")


class _Session(Struct, frozen=True):
    session_id: str
    heard_ms: int = 0
    ended_ms: int | None = None


class _Peek(Struct, frozen=True):
    """As much of a tally as tells which minutes of which curve to read."""

    sessions: list[_Session]


_peek: Final = json.Decoder(_Peek).decode
_beat: Final = json.Decoder(Beat).decode


class _Live(NamedTuple):
    host_id: str
    version: int
    as_of_ms: int
    partition: int | None
    tally: bytes | None
    alerts: Mapping[str, bytes]


class ViewReader:
    """Reads what the Redis view holds. Errors of every method: ``redis.RedisError``, ``OSError``."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def index(self) -> dict[str, int]:
        """All hosts, and when their last tally is of. Units: milliseconds."""
        found: Any = await self._redis.zrange(self._keys.hosts, 0, -1, withscores=True)
        return {_text(host_id): int(as_of_ms) for host_id, as_of_ms in found}

    async def rooms(self, host_ids: Sequence[str], *, whole: bool) -> list[Reading]:
        """What is held of these hosts, in two round trips.

        Shapes: ``whole``: with all minutes that a card shows, else with the newest.
        """
        lives = await self._lives(host_ids)
        return await self._with_minutes(lives, SPARK_MINUTES if whole else RECENT_MINUTES)

    async def _lives(self, host_ids: Sequence[str]) -> list[_Live]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for host_id in host_ids:
                pipe.hmget(self._keys.live(host_id.encode()), _LIVE)
                pipe.hgetall(self._keys.alerts(host_id.encode()))
            found: list[Any] = await pipe.execute()
        return [
            _live(host_id, *found[2 * number : 2 * number + 2])
            for number, host_id in enumerate(host_ids)
        ]

    async def _with_minutes(self, lives: Iterable[_Live], count: int) -> list[Reading]:
        readings = []
        async with self._redis.pipeline(transaction=False) as pipe:
            for live in lives:
                session_id, minutes = _wanted(live.tally, live.as_of_ms, count)
                if session_id:
                    pipe.hmget(self._curve(live.host_id, session_id), minutes)
                readings.append((live, session_id, minutes))
            found = iter(await pipe.execute())
        return [
            _reading(live, session_id, minutes, found) for live, session_id, minutes in readings
        ]

    async def curve(self, host_id: str, session_id: str) -> list[bytes]:
        """Every minute of a broadcast, ascending, as JSON."""
        found: Any = await self._redis.hgetall(self._curve(host_id, session_id))
        minutes = {int(at_ms): value for at_ms, value in found.items() if at_ms.isdigit()}
        return [minutes[at_ms] for at_ms in sorted(minutes)]

    def _curve(self, host_id: str, session_id: str) -> bytes:
        return self._keys.curve(host_id.encode(), f"{CURVE}{session_id}")

    async def beats(self, partitions: Iterable[int]) -> dict[int, Beat | None]:
        """The heartbeats of these partitions. Shapes: None: there is none that can be read."""
        asked = sorted(partitions)
        async with self._redis.pipeline(transaction=False) as pipe:
            for partition in asked:
                pipe.get(self._keys.epoch(partition))
            found = await pipe.execute()
        return {partition: _beat_of(value) for partition, value in zip(asked, found, strict=True)}


def _live(host_id: str, fields: Sequence[bytes | None], alerts: Mapping[bytes, bytes]) -> _Live:
    version, as_of_ms, partition, tally = fields
    return _Live(
        host_id,
        _number(version) or 0,
        _number(as_of_ms) or 0,
        _number(partition),
        tally,
        {_text(alert_id): value for alert_id, value in alerts.items() if alert_id != FENCE},
    )


def _number(value: bytes | None) -> int | None:
    """A number that Redis holds; None: there is none, or it is something else."""
    return int(value) if value is not None and value.isdigit() else None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _wanted(tally: bytes | None, as_of_ms: int, count: int) -> tuple[str, list[int]]:
    """The current broadcast of a tally, and the begins of its last minutes."""
    try:
        sessions = _peek(tally or b"").sessions
    except MsgspecError:
        return "", []
    if not sessions:
        return "", []
    session = sessions[0]
    end_ms = session.ended_ms or max(session.heard_ms, as_of_ms)
    last = end_ms // MINUTE_MS * MINUTE_MS
    return session.session_id, [last - back * MINUTE_MS for back in range(count)]


def _reading(live: _Live, session_id: str, minutes: Sequence[int], found: Any) -> Reading:  # noqa: ANN401 - an iterator of replies
    values = next(found) if session_id else ()
    held = {at_ms: value for at_ms, value in zip(minutes, values, strict=True) if value is not None}
    return Reading(
        live.host_id,
        live.version,
        live.as_of_ms,
        live.partition,
        live.tally,
        session_id,
        held,
        live.alerts,
    )


def _beat_of(value: bytes | None) -> Beat | None:
    try:
        return None if value is None else _beat(value)
    except MsgspecError:
        return None
