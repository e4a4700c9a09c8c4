"""How alerts of every kind behave: how soon they are told again, and when they are damped."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from streamproc.tally.timing import MINUTE_MS

SpanMs = Annotated[int, Meta(ge=0, le=31 * 1_440 * MINUTE_MS)]
PositiveMs = Annotated[int, Meta(ge=1, le=31 * 1_440 * MINUTE_MS)]


def _least_open() -> dict[str, int]:
    return dict.fromkeys(("Stockout", "StockoutImminent"), MINUTE_MS)


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is the same for all rules; what differs is in their own thresholds."""

    renotify_ms: PositiveMs = 10 * MINUTE_MS
    """A firing alert is told again so often, unless somebody took it or it follows from another."""
    settle_ms: SpanMs = 15_000
    """What fires tells another state, or that it got less severe, this long after it was last told; that it
    got worse it tells at once."""
    least_open_ms: dict[str, SpanMs] = field(default_factory=_least_open)
    """How long an alert of a kind stays open at least; kinds that are missing may end at once."""
    flips: Annotated[int, Meta(ge=1, le=100)] = 3
    """So many returns to firing within ``flip_window_ms`` make a digest."""
    flip_window_ms: PositiveMs = 10 * MINUTE_MS
    """How far back returns are counted."""
    digest_ms: PositiveMs = 5 * MINUTE_MS
    """How often a digest is told while there is something to tell."""
    quiet_ms: PositiveMs = 5 * MINUTE_MS
    """A digest is over when the alert fired, or was clear, for so long without a turn."""
    linger_ms: SpanMs = MINUTE_MS
    """What follows from an alert is told this long after its end, if it has not ended by then: the figures
    that it rests on look back."""
    kept_ms: PositiveMs = 15 * MINUTE_MS
    """How long a resolved alert is remembered whole; later only how many there were."""
    abandoned_ms: PositiveMs = 30 * MINUTE_MS
    """A broadcast of which nothing is heard for so long is over, though nobody said so: it is judged no
    more, and its alerts end. What the thresholds of a rule say counts before this."""
    after_end_ms: SpanMs = 1_440 * MINUTE_MS
    """So long rules are asked that look at broadcasts which ended."""
    poll_ms: PositiveMs = 1_000
    """How often a running broadcast is judged although nothing is told of it."""
    look_ms: PositiveMs = 10_000
    """How often one is judged that is well, while what is told is what every broadcast tells all the time;
    what viewers ask, the shelf and alerts have it judged at once."""
    settled_ms: SpanMs = 31 * MINUTE_MS
    """After so long a silence nothing that rules look at changes any more but by deadlines."""
    slow_poll_ms: PositiveMs = MINUTE_MS
    """How often a broadcast is judged that is silent for so long, or ended."""

    def __post_init__(self) -> None:
        """Errors: ``ValueError`` where an alert would be forgotten while it still matters."""
        if self.kept_ms < max(self.flip_window_ms, self.linger_ms):
            raise ValueError("kept_ms must not be below flip_window_ms and linger_ms")
