"""Steps of alerts as they stand on their topic, each held against its schema."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from streamproc.events.outputs import ALERTS_TOPIC, AlertTransition, decode_alert
from tests.contract.validators import as_json, validator
from tests.kafka_log import read_topic

DEADLINE_S = 120.0
POLL_S = 0.3


async def steps_of(
    bootstrap: str, partitions: int = 1, kind: str | None = None
) -> list[AlertTransition]:
    """Every step on the topic; of one kind of alert, if that is given."""
    records = await read_topic(bootstrap, ALERTS_TOPIC, range(partitions))
    values = [each.value or b"" for each in records]
    broken = [
        error.message
        for value in values
        for error in validator(ALERTS_TOPIC).iter_errors(as_json(value))
    ]
    assert broken == []
    return [each for each in map(decode_alert, values) if kind in {None, each.kind}]


async def steps_told(
    bootstrap: str,
    holds: Callable[[Sequence[AlertTransition]], bool],
    what: str,
    *,
    partitions: int = 1,
    kind: str | None = None,
) -> list[AlertTransition]:
    """The same, once something holds of them. Errors: ``AssertionError`` with what was waited for."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds(steps := await steps_of(bootstrap, partitions, kind)):
        assert time.monotonic() < deadline_s, f"not in time: {what}; {steps}"
        await asyncio.sleep(POLL_S)
    return steps
