"""Writes a broadcast to a file, as a recording."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

import msgspec

from streamproc.simulate.emission import Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.options import Options
from streamproc.simulate.progress import Progress, progress_of
from streamproc.simulate.scenario import Scenario
from streamproc.simulate.truth import Totals

_CHUNK: Final = 1_000


def write_records(
    scenario: Scenario,
    options: Options,
    file: IO[bytes],
    on_progress: Callable[[Progress], None] | None = None,
) -> Totals:
    """Write a broadcast as JSON lines ``{"topic", "timestamp_ms", "key", "value"}``; what is true of it.

    Shapes: a value that is no UTF-8 is ``value_base64`` instead; a record that has to go to a
    partition by name has ``partition``.
    Errors: what writing to ``file`` raises.
    """
    broadcast = Broadcast(scenario, options)
    progress = progress_of(broadcast)
    for chunk in _chunks(broadcast.emissions()):
        file.write(msgspec.json.Encoder().encode_lines(map(_record, chunk)))
        progress.emitted += len(chunk)
        progress.at_ms = chunk[-1].at_ms
        if on_progress is not None:
            on_progress(progress)
    return broadcast.totals(complete=True)


def _chunks(emissions: Iterator[Emission]) -> Iterator[list[Emission]]:
    chunk: list[Emission] = []
    for emission in emissions:
        chunk.append(emission)
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _record(emission: Emission) -> dict[str, Any]:
    record: dict[str, Any] = {
        "topic": emission.topic,
        "timestamp_ms": emission.at_ms,
        "key": None if emission.key is None else emission.key.decode(),
    }
    if emission.partition is not None:
        record["partition"] = emission.partition
    if emission.value is None:
        return {**record, "value": None}
    try:
        return {**record, "value": emission.value.decode()}
    except UnicodeDecodeError:
        return {**record, "value_base64": base64.b64encode(emission.value).decode()}
