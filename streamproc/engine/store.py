"""The store of the one Faust table: tells the engine which partitions are ours, and holds nothing.

Source: docs/adr/0002-one-table-one-changelog.md, 0007-recovery-is-the-engines-own.md.
"""

from __future__ import annotations

from typing import Any, ClassVar

from faust.stores import STORES, memory
from faust.types import TP

from streamproc.engine.engine import Engine

SCHEME = "streamproc"


class EngineStore(memory.Store):  # type: ignore[misc]  # Faust has no types we can check
    """Faust's hooks around a rebalance, handed to the engine."""

    engine: ClassVar[Engine]

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],
        newly_assigned: set[TP],
        generation_id: int = 0,
    ) -> None:
        """Capture the generation with the assignment; read later it may be another one (ADR 0004)."""
        changelog = self.engine.config.changelog
        ours = (tp.partition for tp in assigned if tp.topic == changelog)
        self.engine.on_assigned(generation_id, ours)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Recover: Faust awaits this before sources flow, and found nothing to do itself."""
        changelog = self.engine.config.changelog
        await self.engine.recover(tp.partition for tp in active_tps if tp.topic == changelog)

    def apply_changelog_batch(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: if Faust reads a changelog after all, our highwaters are not used."""
        msg = "Faust must not read the changelog; the engine does"
        raise RuntimeError(msg)


def install(engine: Engine) -> None:
    """Let ``streamproc://`` table stores use this engine."""
    EngineStore.engine = engine
    STORES.aliases[SCHEME] = f"{__name__}:EngineStore"
