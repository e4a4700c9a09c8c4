"""What readers of the views saw meanwhile, and whether the views say in the end what the state says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from redis.exceptions import ConnectionError as Away
from redis.exceptions import TimeoutError as Silent

from streamproc.alerts.held import alert_id
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.client.alerts import AlertReader
from streamproc.events.host_tally import HostTally, decode_tally
from streamproc.events.outputs import ALERTS_TOPIC
from streamproc.events.view_keys import FENCE
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from streamproc.settings import Settings
from streamproc.tally.formulas import session_answer
from tests.changelog_view import ChangelogView
from tests.kafka_log import Record, read_topic
from tests.read_views import KEYS, settled, tallies_of_redis, tallies_of_topic
from tests.redis_server import Client, RedisServer

LOOK_S = 0.1

Figures = dict[tuple[str, str], dict[str, Any]]
"""By host and broadcast."""
Steps = dict[str, int]
"""The number of the last step of each open alert, by the alert's name."""


class Compared(NamedTuple):
    """How views compare with a state. Shapes: ``alert_steps`` counts those in the topic, copies once."""

    defects: list[str]
    alert_steps: int


class Watch:
    """A reader of the Redis view that looks ten times a second, from a thread beside everything.

    Shapes: ``seen`` counts tallies that were newer than those before; ``defects`` tells of each that was
        older. While Redis is away there is nothing to see; what else cannot be read ends it.
    """

    def __init__(self, redis: RedisServer) -> None:
        self.seen = 0
        self.defects: list[str] = []
        self._redis = redis
        self._known: dict[bytes, tuple[int, int]] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        with self._redis.client(decode_responses=False) as client:
            while True:
                with suppress(Away, Silent):
                    await asyncio.to_thread(self._look, client)
                await asyncio.sleep(LOOK_S)

    def _look(self, client: Client) -> None:
        for host, value in tallies_of_redis(client).items():
            tally = decode_tally(value)
            place, known = (tally.version, tally.as_of_ms), self._known.get(host, (-1, -1))
            if place < known:
                self.defects.append(
                    f"Redis: the view of {host!r} went back from {known} to {place}"
                )
            self.seen += place > known
            self._known[host] = place


async def unlike(
    bootstrap: str, partitions: int, redis: RedisServer, state: Iterable[ChangelogView]
) -> Compared:
    """Where the topics of tallies and alerts and the Redis view do not say what the state says."""
    numbers = range(partitions)
    of_state, open_alerts = of(state)
    tallies = await tallies_of_topic(bootstrap, numbers)
    steps = await read_topic(bootstrap, ALERTS_TOPIC, numbers)
    with redis.client(decode_responses=False) as client:
        of_redis = told(map(decode_tally, tallies_of_redis(client).values()))
        held = open_of(alerts_of_redis(client))
    values = values_of(steps)
    defects = [
        *_differing("tallies topic", told(tallies.values()), of_state),
        *_differing("Redis view", of_redis, of_state),
        *(f"copies of step {name!r} differ" for name, each in values.items() if len(each) > 1),
        *_differing("alerts topic", open_of(each.value for each in steps), open_alerts),
        *_differing("alerts in Redis", held, open_alerts),
    ]
    return Compared(defects, len(values))


def of(state: Iterable[ChangelogView]) -> tuple[Figures, Steps]:
    """The figures that a state holds, and its open alerts."""
    figures: Figures = {}
    steps: Steps = {}
    limits = limits_of(Settings())
    now_ms = time.time_ns() // 1_000_000
    for view in state:
        for tally in session_tallies(view.state.items()):
            figures[tally.host_id, tally.session_id] = settled(
                session_answer(tally, now_ms)["figures"]
            )
        program = LiveProgram(judge=judge_of(limits))
        program.restore(view.state.items())
        for host_id, session_id, held in program.open_alerts():
            steps[alert_id(host_id, session_id, held)] = held.seq
    return figures, steps


def told(tallies: Iterable[HostTally]) -> Figures:
    """The figures of every broadcast that is told of."""
    return {
        (tally.host_id, session.session_id): settled(session.figures)
        for tally in tallies
        for session in tally.sessions
    }


def open_of(values: Iterable[bytes | None]) -> Steps:
    """The open alerts that a reader of these steps knows."""
    reader = AlertReader()
    for value in values:
        reader.take(value)
    return {each.alert_id: each.seq for each in reader.open()}


def alerts_of_redis(client: Client) -> Iterator[bytes]:
    """The steps of alerts that Redis holds."""
    for host in client.zrange(KEYS.hosts, 0, -1):
        held = client.hgetall(KEYS.alerts(host))
        yield from (step for name, step in held.items() if name != FENCE)


def values_of(steps: Iterable[Record]) -> dict[bytes, set[bytes]]:
    """What was published as each step of an alert: one value, however often."""
    values: dict[bytes, set[bytes]] = {}
    for record in steps:
        values.setdefault(dict(record.headers)["ce_id"] or b"", set()).add(record.value or b"")
    return values


def _differing(name: str, shown: Mapping[Any, Any], true: Mapping[Any, Any]) -> list[str]:
    found = [
        f"{name}: {at} is {shown.get(at)}, in the state {true.get(at)}"
        for at in sorted({*shown, *true})
        if shown.get(at) != true.get(at)
    ]
    return found[:5] + [f"{name}: and {len(found) - 5} more"] * (len(found) > 5)
