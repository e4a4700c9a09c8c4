"""How a product sells: its lines by panes of ten seconds, its rate before, and whether they stopped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import exp
from operator import mul
from typing import Final

from streamproc.alerts.model import ROOM
from streamproc.alerts.products import off_show_ms, product_of, subject_of
from streamproc.alerts.room import Room
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.tally.sold import SECOND_MS, Sold
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

MINUTES: Final = 12
"""How far back sales are looked at."""
LATE_MS: Final = 7_000
"""So late orders come, 99 of a hundred; what is missing for longer was not ordered."""
RECENT_PANES: Final = 6
"""The minute that a rate now is taken of."""

_FADES_MS: Final = 600_000
"""What sold so long ago counts a third as much."""
_FADING: Final = [exp(-age * PANE_MS / _FADES_MS) for age in range(MINUTES * PANES_PER_MINUTE)]
_HOLDS_CLICKS: Final = 0.5
_HOLDS_ONLINE: Final = 0.7
_BEFORE_MS: Final = 5 * MINUTE_MS


class Selling:
    """The sales of one product in the newest minutes.

    Shapes: ``lines`` and ``refused`` by pane, ``lines[0]`` of the pane ``first``, the last of the open one;
        ``last_ms`` is the second of the last created line, 0: none; ``begun_ms`` is since when its rate
        compares with now: the broadcast runs, and it is on show or not, as it is now.
    """

    __slots__ = ("begun_ms", "first", "last_ms", "lines", "now_ms", "refused", "units")

    def __init__(self, now_ms: int, begun_ms: int) -> None:
        self.now_ms = now_ms
        self.begun_ms = begun_ms
        self.first = (now_ms // MINUTE_MS - MINUTES + 1) * PANES_PER_MINUTE
        panes = now_ms // PANE_MS - self.first + 1
        self.lines = [0] * panes
        self.refused = [0] * panes
        self.last_ms = 0
        self.units = 0

    def add(self, number: int, sold: Sold) -> None:
        """Count a pack in a minute."""
        at = number * PANES_PER_MINUTE - self.first
        for pane, (created, refused) in enumerate(
            zip(sold.created, sold.refused, strict=False), at
        ):
            if pane < len(self.lines):
                self.lines[pane] += created
                self.refused[pane] += refused
        self.units += sold.units
        last_s = sold.last_s
        if last_s is not None:
            self.last_ms = max(self.last_ms, number * MINUTE_MS + last_s * SECOND_MS)

    def since(self, at_ms: int) -> int:
        """Lines in panes that begin at or after a time."""
        return sum(self.lines[max(0, -(-at_ms // PANE_MS) - self.first) :])

    def between(self, start_ms: int, end_ms: int) -> int | None:
        """Lines from the pane of one time to that of another; None: so far back nothing is known."""
        start, end = start_ms // PANE_MS - self.first, end_ms // PANE_MS - self.first
        return None if start < 0 else sum(self.lines[start : end + 1])

    def refused_since(self, at_ms: int) -> int:
        """Attempts refused for lack of stock, from the pane of a time on."""
        return sum(self.refused[max(0, at_ms // PANE_MS - self.first) :])

    @property
    def refused_ms(self) -> int:
        """The begin of the newest pane in which an attempt was refused; 0: none."""
        for pane in range(len(self.refused) - 1, -1, -1):
            if self.refused[pane]:
                return (self.first + pane) * PANE_MS
        return 0

    @property
    def recent(self) -> int:
        """Lines of about the last minute: six full panes, and the open one."""
        return sum(self.lines[-RECENT_PANES - 1 :])

    def usual_rate(self, until_ms: int) -> float:
        """Lines in a millisecond, of ten minutes until the end of a time's pane, the newer counting more.

        Shapes: 0 where nothing compares.
        """
        start, end = self._compared(until_ms)
        if end <= start:
            return 0.0
        weights = _FADING[: end - start]
        sold: float = sum(map(mul, reversed(self.lines[start:end]), weights))
        return sold / sum(weights) / PANE_MS

    def rate_before(self, until_ms: int) -> float:
        """The lesser of the usual rate and that of the minute until then: shows flare up and cool down."""
        start, end = self._compared(until_ms)
        if end <= start:
            return 0.0
        minute = self.lines[max(start, end - RECENT_PANES) : end]
        return min(self.usual_rate(until_ms), sum(minute) / len(minute) / PANE_MS)

    def run(self, gap_ms: int) -> tuple[int, int]:
        """The newest lines with no gap between them.

        Shapes: the begin of the first pane of them, and how many; a gap is at least one whole pane and
            ``gap_ms`` long, not counted from the last line on.
        """
        empty = max(1, round(gap_ms / PANE_MS))
        begin = count = blank = 0
        for pane in range(len(self.lines) - 1, -1, -1):
            if not self.lines[pane]:
                blank += 1
                continue
            if count and blank >= empty:
                break
            count, begin, blank = count + self.lines[pane], pane, 0
        return ((self.first + begin) * PANE_MS if count else 0), count

    def _compared(self, until_ms: int) -> tuple[int, int]:
        """The panes that compare with now, until a time."""
        end = min(until_ms // PANE_MS, self.now_ms // PANE_MS) - self.first + 1
        return max(0, -(-self.begun_ms // PANE_MS) - self.first), end


def selling(room: Room, wanted: Collection[str]) -> dict[str, Selling]:
    """How each of some products and packs sells, by subject; the room stands for all of them together."""
    floor, now_ms = room.floor, room.now_ms
    began_ms = max(room.live_since_ms, room.begun_ms)
    found = {
        subject: Selling(now_ms, max(began_ms, off_show_ms(floor, product_of(subject)[0], now_ms)))
        for subject in wanted
    }
    counting: dict[tuple[str, str], list[Selling]] = {}
    last = now_ms // MINUTE_MS
    for number in range(last - MINUTES + 1, last + 1):
        row = room.history.rows.get(number)
        if row is None or row.sold is None:
            continue
        for (product, pack), sold in row.sold.packs.items():
            ones = counting.get((product, pack))
            if ones is None:
                ones = _counting(found, counting, product, pack)
            for one in ones:
                one.add(number, sold)
    return found


def _counting(
    found: Mapping[str, Selling],
    known: dict[tuple[str, str], list[Selling]],
    product: str,
    pack: str,
) -> list[Selling]:
    """Where a pack is counted; remembered."""
    subjects = {ROOM, subject_of(product), subject_of(product, pack)}
    known[product, pack] = [one for subject, one in found.items() if subject in subjects]
    return known[product, pack]


def heard_until_ms(room: Room) -> int:
    """Until when it is known what was ordered: the topic told so, or what is late would be here."""
    told_ms = min(room.seen_ms.get(ORDERS_TOPIC, 0), room.now_ms)
    return max(told_ms, room.now_ms - LATE_MS)


def audience_holds(room: Room) -> bool:
    """Whether as many click or watch as before, so that orders that stop do not stop for want of viewers.

    Shapes: also where nobody counts them.
    """
    now_ms = room.now_ms
    start_ms = now_ms - MINUTE_MS
    before_ms = max(start_ms - _BEFORE_MS, room.live_since_ms, room.begun_ms)
    clicked_before = room.history.count("clicks", before_ms, start_ms)
    span_ms = start_ms - before_ms
    if clicked_before and span_ms > 0:
        clicked = room.history.count("clicks", start_ms, now_ms + 1)
        if clicked >= _HOLDS_CLICKS * clicked_before * MINUTE_MS / span_ms:
            return True
    readings = room.history.readings(before_ms, now_ms + 1)
    if not readings:
        return not clicked_before
    usual = sum(each.online for each in readings) / len(readings)
    return readings[-1].online >= _HOLDS_ONLINE * usual
