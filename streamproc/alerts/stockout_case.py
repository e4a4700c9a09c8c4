"""All that speaks for and against one product being out of stock, brought together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any, Final

from streamproc.alerts.asking import WINDOW_MS, Asking, Backdrop
from streamproc.alerts.house import House
from streamproc.alerts.products import subject_of
from streamproc.alerts.room import Room
from streamproc.alerts.selling import Selling, audience_holds, heard_until_ms
from streamproc.alerts.shelf import Shelf, flaps_since_ms, lengths_out, muted_until_ms
from streamproc.alerts.stockout_limits import Limits
from streamproc.tally.timing import MINUTE_MS, PANE_MS

ORDERS_AGAIN: Final = 2
"""Lines that show that a product can be had."""

AT_ONCE_MS: Final = 5_000
"""So soon viewers see that something is gone: before the last line is told, or its time."""

_BUYERS: Final = 2
"""Refused attempts count as so many viewers at most: it may be one who tries again."""
_WOLF: Final = 2
"""Times as many lines must be missing where viewers said before that it was out, and it was not."""


@dataclass(eq=False)
class Case:
    """One product of a room at a moment, or one pack of it; the room for what nobody knows the product of.

    Shapes: ``asked`` is of the product as a whole: no comment names a pack.
    """

    room: Room
    limits: Limits
    product: str
    pack: str
    shelf: Shelf
    asked: Asking
    sells: Selling
    house: House
    backdrop: Backdrop

    @property
    def subject(self) -> str:
        """What a finding of it is about."""
        return subject_of(self.product, self.pack)

    @property
    def is_open(self) -> bool:
        """Whether an alert of it is open."""
        return self.subject in self.room.open_subjects

    @cached_property
    def is_void(self) -> bool:
        """Whether orders go on although it is said to be out, and not only those that were under way."""
        since_ms = self.shelf.since_ms
        after = self.sells.since(since_ms) if since_ms else 0
        return after >= ORDERS_AGAIN and self.selling_since_ms > 0

    @cached_property
    def is_out(self) -> bool:
        """Whether the last report says so, and no order against it."""
        return self.shelf.is_out and not self.is_void

    @cached_property
    def is_there(self) -> bool:
        """Whether a fresh report tells of stock that cannot all be sold since."""
        stock, shelf = self.shelf.stock, self.shelf
        if stock is None or shelf.is_out or not shelf.is_fresh(self.room.now_ms):
            return False
        lines = self.sells.since(stock.as_of_ms)
        total = sum(self.sells.lines)
        units = lines * self.sells.units / total if total else 0.0
        return stock.available > units

    @cached_property
    def silent_ms(self) -> int:
        """For how long no line came, as far as is known."""
        return max(0, heard_until_ms(self.room) - self.sells.last_ms) if self.sells.last_ms else 0

    @cached_property
    def rate(self) -> float:
        """Lines in a millisecond before the last one; 0: nothing compares."""
        return self.sells.rate_before(self.sells.last_ms) if self.sells.last_ms else 0.0

    @cached_property
    def refused(self) -> int:
        """Attempts refused for lack of stock in a minute, with no line since."""
        since_ms = max(self.sells.last_ms, self.room.now_ms - MINUTE_MS)
        return self.sells.refused_since(since_ms)

    @cached_property
    def has_stopped(self) -> bool:
        """Whether orders stopped while viewers are still there."""
        if self.refused >= self.limits.refused_attempts:
            return True
        stopped = self.is_silent or self.has_fallen
        return stopped and self.is_settled and audience_holds(self.room)

    @cached_property
    def accused(self) -> float:
        """What speaks for it since the last line: viewers, buyers who were refused, the house.

        Shapes: who spoke before a line was refuted by it.
        """
        since_ms = max(self.sells.last_ms - AT_ONCE_MS, self.house.there_ms)
        said = self.asked.since(since_ms)
        if said <= 0:
            return 0.0
        house_ms = max(self.house.out_ms, self.house.refill_ms)
        told = house_ms > max(self.sells.last_ms, self.house.in_ms)
        return said + min(self.refused, _BUYERS) + told

    @cached_property
    def refuted(self) -> float:
        """What viewers said lately before a line that could be ordered."""
        return self.asked.until(self.sells.last_ms - AT_ONCE_MS)

    @cached_property
    def is_accused(self) -> bool:
        """Whether so much speaks for it since the last line that it stands out."""
        limits = self.limits
        span_ms = min(WINDOW_MS, self.room.now_ms - self.sells.last_ms + AT_ONCE_MS)
        least = self.backdrop.threshold(limits.min_users, limits.min_share, span_ms)
        return self.accused >= least

    @cached_property
    def stands_out(self) -> bool:
        """Whether more ask for it than chance and habit make ask."""
        least, share = self.limits.min_users, self.limits.min_share
        return self.asked.score >= least and self.asked.score >= self.backdrop.threshold(
            least, share
        )

    @cached_property
    def is_settled(self) -> bool:
        """Whether rates of now compare with those before."""
        room, limits = self.room, self.limits
        return (
            room.now_ms - room.live_since_ms >= limits.settle_ms
            and room.now_ms - self.sells.begun_ms >= limits.pinned_ms
        )

    @cached_property
    def is_silent(self) -> bool:
        """Whether no line came for longer than chance allows."""
        silent_ms = self.silent_ms
        return silent_ms >= self.limits.quiet_ms and self.rate * silent_ms >= self.needed_lines

    @cached_property
    def lasts(self) -> bool:
        """Whether orders stopped for so long already as an alert must wait that is not open yet.

        Shapes: an open one tells at once that it gets worse.
        """
        if not self.is_open or not self.is_silent:
            return True
        return self.rate * (self.silent_ms - self.limits.for_ms) >= self.needed_lines

    @cached_property
    def needed_lines(self) -> float:
        """Lines that must be missing: more where viewers cried wolf already."""
        limits = self.limits
        wolf = self.refuted >= limits.min_users
        return limits.expected_lines * (_WOLF if wolf else 1)

    @cached_property
    def has_fallen(self) -> bool:
        """Whether hardly any of the lines came that were expected in a minute."""
        start_ms = heard_until_ms(self.room) - MINUTE_MS
        expected = self.sells.rate_before(start_ms - PANE_MS) * MINUTE_MS
        fallen = self.sells.since(start_ms) < self.limits.fallen_share * expected
        return expected >= self.needed_lines and fallen

    @cached_property
    def quiet_until_ms(self) -> int:
        """When a silence becomes longer than chance allows; 0: never."""
        rate = self.rate
        if not rate:
            return 0
        needed_ms = max(self.limits.quiet_ms, round(self.needed_lines / rate))
        return self.sells.last_ms + needed_ms

    @cached_property
    def selling_since_ms(self) -> int:
        """Since when orders go on; 0: they do not, by what is usual for it."""
        usual = self.sells.usual_rate(self.room.now_ms)
        if not usual:
            return 0
        gap_ms = max(self.limits.quiet_ms, round(self.limits.expected_lines / usual))
        begin_ms, lines = self.sells.run(gap_ms)
        return begin_ms if lines >= ORDERS_AGAIN and self.silent_ms < gap_ms else 0

    @property
    def again_ms(self) -> int:
        """When it was last there again: stock came, or orders after a time without."""
        return max(self.shelf.back_ms, self.selling_since_ms)

    @cached_property
    def house_says_out(self) -> bool:
        """Whether host or staff said that it is out, and nothing speaks against it."""
        out_ms = self.house.out_ms
        now_ms = self.room.now_ms
        if out_ms <= self.house.in_ms or now_ms - out_ms > self.limits.house_ms or self.is_there:
            return False
        if not self.sells.last_ms:
            return True
        return self.sells.last_ms < out_ms + PANE_MS and self.is_silent

    @cached_property
    def muted_until_ms(self) -> int:
        """Until when it is meant to be out; 0: it is not."""
        return muted_until_ms(self.shelf, self.sells)

    @cached_property
    def lengths_out(self) -> list[int]:
        """How long it was out each time of late, the newest first."""
        return lengths_out(self.shelf, self.sells)

    @cached_property
    def flaps_since_ms(self) -> int:
        """Since when reports contradict each other; 0: they do not."""
        return flaps_since_ms(self.shelf, self.sells)

    @cached_property
    def is_muted(self) -> bool:
        """Whether it is out on purpose: batches."""
        return self.room.now_ms < self.muted_until_ms

    @cached_property
    def wanted_ms(self) -> int:
        """When somebody last asked for it or tried to order it; 0: nobody did."""
        return max(self.asked.newest_ms, self.sells.last_ms, self.sells.refused_ms)

    @cached_property
    def is_wanted(self) -> bool:
        """Whether somebody wants it: asks now, or bought it shortly before it ran out."""
        if self.asked.count:
            return True
        return self.was_bought and not self.is_unwanted

    @cached_property
    def was_bought(self) -> bool:
        """Whether somebody bought it shortly before it ran out, which is not long ago."""
        now_ms, since_ms = self.room.now_ms, self.shelf.since_ms
        bought_ms = max(self.sells.last_ms, self.sells.refused_ms)
        lately = bought_ms > 0 and since_ms - bought_ms <= self.limits.sold_before_ms
        return lately and now_ms - since_ms < self.limits.no_demand_ms

    @cached_property
    def is_unwanted(self) -> bool:
        """Whether nobody wanted it for long, and it is out for so long."""
        last_ms = max(self.wanted_ms, self.shelf.since_ms)
        return self.room.now_ms - last_ms >= self.limits.no_demand_ms

    @cached_property
    def confidence(self) -> float:
        """How much speaks for it, from 0 to 1: a rank, no probability.

        Source: the weights of evidence in the design: viewers 1 each up to 5, orders 3, refusals 5, a
            fresh zero 6, an old one or the house 3, stock that is told -6.
        """
        points = min(5.0, max(0.0, self.asked.score))
        refused = self.refused >= self.limits.refused_attempts
        points += 5 if refused else 3 if self.has_stopped else 0
        if self.is_out:
            points += 6 if self.shelf.is_fresh(self.room.now_ms) else 3
        elif self.house_says_out:
            points += 3
        points -= 6 if self.is_there else 0
        return round(1 - exp(-max(0.5, points) / 4), 2)

    def numbers(self) -> dict[str, Any]:
        """What decided, for people and for whoever looks again later."""
        found: dict[str, Any] = {
            "users": self.asked.count,
            "score": round(self.asked.score, 2),
            "accused": round(self.accused, 2),
            "refuted": round(self.refuted, 2),
            "via": self.asked.mostly_via,
            "confidence": self.confidence,
            "silent_ms": self.silent_ms,
            "expected_lines": round(self.rate * self.silent_ms, 1),
            "refused_per_min": self.sells.refused_since(self.room.now_ms - MINUTE_MS),
        }
        if self.shelf.since_ms:
            found["out_ms"] = self.room.now_ms - self.shelf.since_ms
        if self.muted_until_ms > self.room.now_ms:
            found["muted_until_ms"] = self.muted_until_ms
        if self.house.out_ms:
            found["house_out_ms"] = self.house.out_ms
        return found
