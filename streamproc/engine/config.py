"""What the engine must be told: plain values, no settings object."""

from __future__ import annotations

from dataclasses import dataclass

from streamproc.engine.rewriting import Pass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """One worker's engine.

    Units: in the names. ``inputs`` are the source topics, co-partitioned; ``dead_letter_*``: a source
    partition pauses when that share of its last records, or that many in a row, were rejected.
    """

    app_id: str
    bootstrap_servers: str
    inputs: tuple[str, ...]
    partitions: int
    flush_interval_ms: int = 100
    flush_interval_max_ms: int = 500
    flush_soft_bytes: int = 4 << 20
    flush_hard_bytes: int = 8 << 20
    batch_records_max: int = 2000
    fetch_wait_max_ms: int = 500
    fetch_bytes: int = 2 << 20
    fetch_partition_bytes: int = 1 << 20
    session_timeout_s: float = 15.0
    heartbeat_interval_s: float = 3.0
    rebalance_timeout_s: float = 60.0
    request_timeout_s: float = 30.0
    commit_interval_s: float = 1.0
    look_interval_s: float = 60.0
    metadata_age_max_s: float = 60.0
    tick_interval_s: float = 1.0
    views_share_max: float = 0.15
    stall_timeout_s: float = 120.0
    dead_letter_ratio_max: float = 0.10
    dead_letter_window_records: int = 10_000
    dead_letters_in_a_row_max: int = 500
    accept_loss: bool = False
    group_instance_id: str | None = None
    rewrite_after_records: int = 100_000
    rewrite_after_times: int = 8
    rewrite_flush_bytes: int = 1 << 16

    @property
    def rewriting(self) -> Pass:
        """When the state of a partition is written again, and how fast: a flush is to fit one batch."""
        room = min(self.rewrite_flush_bytes, self.flush_hard_bytes // 8)
        return Pass(self.rewrite_after_records, self.rewrite_after_times, room)

    @property
    def changelog(self) -> str:
        """The changelog topic of the one Faust table, ``state``."""
        return f"{self.app_id}-state-changelog"
