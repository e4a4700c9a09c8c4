"""When too many records of a source partition are bad, so that it pauses.

A bad deploy must not empty a topic into the dead letters. Pure; one limiter per source partition, in
memory: a restart gives the partition another try.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Self

from streamproc.engine.config import EngineConfig


class DeadLetterLimiter:
    """Watches the share of rejected records, and how many come in a row.

    Units: ``ratio_max`` of the last ``window_records`` records.
    """

    __slots__ = (
        "_bad",
        "_batches",
        "_in_a_row",
        "_in_a_row_max",
        "_ratio_max",
        "_records",
        "_window",
    )

    def __init__(self, *, ratio_max: float, window_records: int, in_a_row_max: int) -> None:
        self._ratio_max = ratio_max
        self._window = window_records
        self._in_a_row_max = in_a_row_max
        self._batches: deque[tuple[int, int]] = deque()
        self._records = 0
        self._bad = 0
        self._in_a_row = 0

    @classmethod
    def of(cls, config: EngineConfig) -> Self:
        """A limiter as configured."""
        return cls(
            ratio_max=config.dead_letter_ratio_max,
            window_records=config.dead_letter_window_records,
            in_a_row_max=config.dead_letters_in_a_row_max,
        )

    def passed(self, records: int, rejected_indices: Sequence[int]) -> str | None:
        """Count a batch; the reason to pause, or ``None``.

        Shapes: ``rejected_indices`` ascend within the batch of ``records``. The share counts once the
        window is full, so that the first bad record of a quiet topic stops nothing.
        """
        longest = self._longest_run(records, rejected_indices)
        self._batches.append((records, len(rejected_indices)))
        self._records += records
        self._bad += len(rejected_indices)
        while self._batches and self._records - self._batches[0][0] >= self._window:
            old_records, old_bad = self._batches.popleft()
            self._records -= old_records
            self._bad -= old_bad
        if longest >= self._in_a_row_max:
            return f"{longest} records in a row cannot be used"
        if self._records >= self._window and self._bad > self._ratio_max * self._records:
            return f"{self._bad} of the last {self._records} records cannot be used"
        return None

    def _longest_run(self, records: int, rejected: Sequence[int]) -> int:
        if not rejected:
            if records:
                self._in_a_row = 0
            return 0
        longest, run, expected = 0, self._in_a_row, 0
        for index in rejected:
            run = run + 1 if index == expected else 1
            expected = index + 1
            longest = max(longest, run)
        self._in_a_row = run if expected == records else 0
        return longest
