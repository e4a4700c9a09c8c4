"""Where ``streamproc export --verdicts`` finds the steps of alerts: their topic, or a recording."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.recordings import DECLARED_PARTITIONS, Lines, opened
from streamproc.engine.changelog import changelog_cursor
from streamproc.engine.preflight import check_topics
from streamproc.events.outputs import ALERTS_TOPIC, AlertTransition, decode_alert
from streamproc.replay.pace import at_once
from streamproc.replay.playback import Playback
from streamproc.verification import read_to_end

if TYPE_CHECKING:
    from streamproc.settings import Settings


def alerts_of_topic(settings: Settings) -> list[AlertTransition]:
    """Every step that the topic of alerts still holds.

    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``.
    """
    with libraries_silenced():
        return asyncio.run(_read(settings))


async def _read(settings: Settings) -> list[AlertTransition]:
    kafka = settings.kafka
    partitions = await check_topics(
        kafka.bootstrap_servers, (), ALERTS_TOPIC, timeout_s=kafka.request_timeout_s
    )
    steps: list[AlertTransition] = []
    starts = dict.fromkeys(range(partitions), -1)
    async with changelog_cursor(kafka.bootstrap_servers, ALERTS_TOPIC, starts) as cursor:
        async for _, raw, _ in read_to_end(cursor):
            steps += [decode_alert(value) for value in raw.values if value is not None]
    return steps


def alerts_of_recording(settings: Settings, events: str) -> tuple[Lines, list[AlertTransition]]:
    """The lines of a recording, and every step of alerts that it raises by the rules in force."""
    lines = Lines(DECLARED_PARTITIONS)
    playback = Playback(reader_of(settings), judge_of(limits_of(settings)))
    with opened(events) as source:
        for batch in at_once(lines.records(source)):
            playback.take(batch)
    return lines, playback.alerts
