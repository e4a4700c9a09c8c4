"""How far a partition has read its sources, as its heartbeat tells it."""

from __future__ import annotations

from streamproc.engine.engine import Engine
from streamproc.engine.ports import SourcePartition
from streamproc.events.view_beat import Beat, SourceRead


def beat_of(engine: Engine | None, worker: str, partition: int, version: int, at_ms: int) -> Beat:
    """The heartbeat of a partition. Shapes: asked from another thread than the engine's.

    A partition that the engine does not hold at this moment tells no sources.
    """
    held = None if engine is None else engine.partitions.get(partition)
    if engine is None or held is None:
        return Beat(worker=worker, version=version, at_ms=at_ms)
    sources = {
        topic: SourceRead(
            lag=held.lag(topic),
            paused=SourcePartition(topic, partition) in engine.paused,
            folded_ms=held.newest_ms.get(topic),
        )
        for topic in engine.config.inputs
    }
    return Beat(worker=worker, version=version, at_ms=at_ms, follows=held.follows, sources=sources)
