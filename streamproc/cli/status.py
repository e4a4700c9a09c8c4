"""How a worker is doing, as one value: for the live table, the log lines and the status file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from streamproc.engine.engine import Engine


class Status(msgspec.Struct, kw_only=True):
    """One worker at one moment.

    Shapes: ``durable`` and ``lag_records`` by ``topic/partition``; ``lag_records`` holds what has any.
    ``state``: connecting, recovering, running or stopped. ``recovering_records``: read so far.
    Units: in the names; ``at_ms`` is the clock of this machine.
    """

    pid: int
    at_ms: int
    state: str
    events: int = 0
    partitions: list[int] = []
    durable: dict[str, int] = {}
    lag_records: dict[str, int] = {}
    paused: dict[str, str] = {}
    recovered_records: int = 0
    recovering_records: int | None = None
    stale_records: int = 0
    healed_keys: int = 0
    flushes: int = 0
    changelog_bytes: int = 0
    caught_up: bool = False

    @property
    def lag_total_records(self) -> int:
        """Records in the log of our partitions that are not folded yet."""
        return sum(self.lag_records.values())


def status_of(engine: Engine | None, at_ms: int, *, stopped: bool = False) -> Status:
    """The status of an engine, which does not exist before the topics were checked."""
    if engine is None:
        return Status(pid=os.getpid(), at_ms=at_ms, state="stopped" if stopped else "connecting")
    owned = engine.partitions
    recovery = engine.recovery
    state = "recovering" if recovery is not None else "running" if owned else "connecting"
    lag = engine.lag()
    return Status(
        pid=os.getpid(),
        at_ms=at_ms,
        state="stopped" if stopped else state,
        events=engine.events,
        partitions=sorted(owned),
        durable={
            f"{topic}/{number}": position.next_offset
            for number, partition in sorted(owned.items())
            for topic, position in partition.durable.items()
        },
        lag_records={f"{at.topic}/{at.partition}": lag[at] for at in sorted(lag) if lag[at]},
        paused={f"{at.topic}/{at.partition}": why for at, why in engine.paused.items()},
        recovered_records=engine.recovered_records,
        recovering_records=None if recovery is None else recovery.records,
        stale_records=engine.stale_records
        + sum(each.ownership.stale_records for each in owned.values()),
        healed_keys=sum(each.ownership.healed_keys for each in owned.values()),
        flushes=sum(each.flushes for each in owned.values()),
        changelog_bytes=sum(each.changelog_bytes for each in owned.values()),
        caught_up=engine.caught_up(),
    )


def write_status(path: Path, status: Status) -> None:
    """Put the status into a file, whole or not at all.

    Errors: ``OSError``.
    """
    scratch = path.with_name(f".{path.name}.{status.pid}")
    scratch.write_bytes(msgspec.json.encode(status) + b"\n")
    scratch.replace(path)
