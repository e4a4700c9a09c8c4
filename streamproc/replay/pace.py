"""How fast recorded events are played: by their own time, or as fast as they fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from streamproc.replay.recorded import Recorded

BATCH_RECORDS: Final = 2_000
LOOK_EVERY_S: Final = 0.25


def at_once(records: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    """The records in batches, without waiting."""
    batch: list[Recorded] = []
    for each in records:
        batch.append(each)
        if len(batch) >= BATCH_RECORDS:
            yield batch
            batch = []
    if batch:
        yield batch


def paced(
    records: Iterable[Recorded],
    speed: float,
    now_s: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[list[Recorded]]:
    """The records in batches, each when it is due; an empty batch is a moment to look up.

    Shapes: the first record is due at once. One that is older than those before it is due with them.
    Units: at ``speed`` 60 a minute of event time takes a second.
    """
    started_s = now_s()
    first_ms: int | None = None
    due: list[Recorded] = []
    for each in records:
        first_ms = each.at_ms if first_ms is None else first_ms
        due_s = started_s + (each.at_ms - first_ms) / 1000 / speed
        if due_s > now_s() or len(due) >= BATCH_RECORDS:
            yield due
            due = []
        while (wait_s := due_s - now_s()) > 0:
            sleep(min(wait_s, LOOK_EVERY_S))
            yield []
        due.append(each)
    yield due
