"""The heartbeat of a partition in the Redis view: who works on it, and how far it has read.

Whoever writes the view and whoever reads it have it from here.

Source: docs/redis.md.
"""

from __future__ import annotations

from msgspec import Struct


class SourceRead(Struct, frozen=True, kw_only=True):
    """How far one source of a partition is read.

    Shapes: ``lag`` is how many of its records are not counted yet. ``paused``: it is read no more, for
        too many of its records cannot be used.
    Units: ``folded_ms`` is the broker's time of the newest record that is counted; None: none was since
        this worker took the partition over.
    """

    lag: int = 0
    paused: bool = False
    folded_ms: int | None = None


class Beat(Struct, frozen=True, kw_only=True):
    """What the owner of a partition says of it every few seconds.

    Shapes: ``sources`` by topic; empty: the owner tells none. ``follows``: it was at the end of each
        source, and never far from it since. One that an earlier version wrote tells neither.
    """

    worker: str = ""
    version: int = 0
    at_ms: int = 0
    follows: bool = True
    sources: dict[str, SourceRead] = {}
