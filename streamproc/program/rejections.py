"""Counting what cannot be used, by whose it is: a record of its own, so that it begins no broadcast."""

from __future__ import annotations

from streamproc.events.whose import whose
from streamproc.program.records import Records
from streamproc.program.rejected_codec import (
    is_over,
    pack_rejected,
    rejected_key,
    unpack_rejected,
)


def count_rejected(
    records: Records, topic: str, key: bytes | None, value: bytes | None, today: int
) -> None:
    """Count a record of a topic that was rejected on a day; one that is nobody's, too.

    Shapes: ``today`` is the day of the greatest event time applied, so that no garbage moves it.
    """
    at = rejected_key(topic, *whose(key, value))
    held = records.values.get(at)
    before = 0 if held is None or is_over(held, today) else unpack_rejected(held)
    records.put(at, pack_rejected(before + 1, today))
