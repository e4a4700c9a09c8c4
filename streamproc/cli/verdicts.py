"""Where ``export --verdicts`` and ``state rebuild`` find steps of alerts: their topic, or a recording."""

from __future__ import annotations

import asyncio

from msgspec import MsgspecError

from streamproc.changelog_state import read_to_end
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.recordings import Lines, played
from streamproc.engine.changelog import changelog_cursor
from streamproc.engine.preflight import check_topics
from streamproc.events.outputs import ALERTS_TOPIC, AlertTransition, decode_alert
from streamproc.replay.playback import Playback
from streamproc.settings import Settings


def alerts_of_topic(settings: Settings) -> list[AlertTransition]:
    """Every step that the topic of alerts still holds.

    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``.
    """
    with libraries_silenced():
        return [decode_alert(value) for value in asyncio.run(_read(settings))]


async def last_steps(settings: Settings) -> list[bytes]:
    """The newest step of the newest episode of each alert that the topic still tells of.

    Shapes: values as they stand there; what is no step of an alert is passed over.
    Errors: as :func:`alerts_of_topic`.
    """
    latest: dict[tuple[str, ...], tuple[tuple[int, int], bytes]] = {}
    for value in await _read(settings):
        try:
            step = decode_alert(value)
        except MsgspecError:
            continue
        of = (step.host_id, step.session_id, step.kind, step.subject)
        newest = (step.episode, step.seq), value
        if of not in latest or newest[0] > latest[of][0]:
            latest[of] = newest
    return [value for _, value in latest.values()]


async def _read(settings: Settings) -> list[bytes]:
    kafka = settings.kafka
    partitions = await check_topics(
        kafka.bootstrap_servers, (), ALERTS_TOPIC, timeout_s=kafka.request_timeout_s
    )
    steps: list[bytes] = []
    starts = dict.fromkeys(range(partitions), -1)
    async with changelog_cursor(kafka.bootstrap_servers, ALERTS_TOPIC, starts) as cursor:
        async for _, raw, _ in read_to_end(cursor):
            steps += [value for value in raw.values if value is not None]
    return steps


def alerts_of_recording(settings: Settings, events: str) -> tuple[Lines, list[AlertTransition]]:
    """The lines of a recording, and every step of alerts that it raises by the rules in force."""
    playback = Playback(reader_of(settings), judge_of(limits_of(settings)))
    lines = played(events, playback)
    return lines, playback.alerts
