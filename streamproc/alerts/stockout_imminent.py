"""StockoutImminent: a product that sells so fast that its stock will not last two minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from streamproc.alerts.bounds import DurationMs, Weight, ascending
from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.products import is_sold_here, product_of, subject_of
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.alerts.selling import RECENT_PANES, Selling, selling
from streamproc.alerts.shelf import (
    FRESH_MS,
    LEARNED_CYCLES,
    Shelf,
    lengths_out,
    shelf_of,
    shelf_of_pack,
)
from streamproc.alerts.shown import prompt
from streamproc.alerts.stockout_words import called
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.floor import WHOLE
from streamproc.tally.sold import REST
from streamproc.tally.timing import MINUTE_MS, PANE_MS

_SECOND_MS: Final = 1_000


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When stock is about to run out."""

    cover_ms: DurationMs = 120_000
    """Stock that lasts for less time than this,"""
    per_min: Weight = 5
    """of what sells so many pieces a minute at least."""
    clear_cover_ms: DurationMs = 240_000
    """The alert ends when stock lasts longer than this."""
    for_ms: DurationMs = 15_000
    """So long it must be so."""
    hold_ms: DurationMs = 15_000
    """So long it must be over."""

    def __post_init__(self) -> None:
        ascending(cover_ms=self.cover_ms, clear_cover_ms=self.clear_cover_ms)


class Cover(NamedTuple):
    """How long the stock of a pack lasts. Units: ``left`` in pieces, by the last report and sales since."""

    shelf: Shelf
    left: float
    per_min: float

    @property
    def lasts_ms(self) -> int:
        """How long it lasts; 0 where nothing is sold and nothing left."""
        return round(self.left / self.per_min * MINUTE_MS) if self.per_min else 0


def judge(room: Room, limits: Limits) -> Iterable[Finding]:
    """Which packs are about to run out."""
    subjects = set(room.open_subjects).union(_candidates(room, limits))
    return _judged(room, limits, sorted(subjects)) if subjects else ()


def _candidates(room: Room, limits: Limits) -> Iterator[str]:
    """Packs that may be: what two minutes sold, taken for one, would empty them in time.

    Shapes: what is sold of a pack of which no stock is told counts for the product as a whole.
    """
    number = room.now_ms // MINUTE_MS
    units: dict[tuple[str, str], int] = {}
    for each in (number - 1, number):
        row = room.history.rows.get(each)
        if row is not None and row.sold is not None:
            for key, sold in row.sold.packs.items():
                if sold.units:
                    units[key] = units.get(key, 0) + sold.units
    units = _by_stock(room, units)
    most = limits.clear_cover_ms / MINUTE_MS
    for (product, pack), count in units.items():
        if count < limits.per_min:
            continue
        stock = _shelf(room, product, pack).stock
        if stock is not None and stock.available <= most * count:
            yield subject_of(product, pack)


def _by_stock(room: Room, units: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Pieces by the product and pack whose stock they are taken of."""
    found: dict[tuple[str, str], int] = {}
    for (product, pack), count in units.items():
        held = room.floor.products.get(product)
        if held is None or product == REST:
            continue
        key = product, pack if pack in held.stock else WHOLE
        found[key] = found.get(key, 0) + count
    return found


def _shelf(room: Room, product: str, pack: str) -> Shelf:
    """The stock of a pack; of a product that is told by packs only, of all of them together."""
    held = room.floor.products.get(product)
    if pack or held is None or WHOLE in held.stock:
        return shelf_of_pack(held, pack).by(room.now_ms)
    shelf = shelf_of(held)
    there = [each for each in held.stock.values() if not each.is_out]
    if shelf.stock is None or not there:
        return shelf.by(room.now_ms)
    left = sum(each.available for each in there)
    # what was sold since counts from the oldest report on
    told_ms = min(each.as_of_ms for each in there)
    return shelf._replace(stock=replace(shelf.stock, as_of_ms=told_ms, available=left)).by(
        room.now_ms
    )


def _judged(room: Room, limits: Limits, subjects: list[str]) -> Iterator[Finding]:
    sells = selling(room, subjects)
    for subject in subjects:
        found = _found(room, limits, subject, sells[subject])
        if found is not None:
            yield found


def _found(room: Room, limits: Limits, subject: str, sells: Selling) -> Finding | None:
    product, _ = product_of(subject)
    cover = cover_of(room, subject, sells)
    shelf = cover.shelf
    if not is_sold_here(room.floor, product) or shelf.is_out or cover.left <= 0:
        # if it is out, that is another alert
        return Finding(subject, Level.CLEAR, Severity.TICKET, over="out")
    if not shelf.is_fresh(room.now_ms) or _is_provided(room, cover, sells):
        return None
    why = {
        "left_units": round(cover.left, 1),
        "units_per_min": round(cover.per_min, 1),
        "cover_s": round(cover.lasts_ms / _SECOND_MS, 1),
    }
    level = Level.HOLD
    if cover.lasts_ms < limits.cover_ms and cover.per_min >= limits.per_min:
        level = Level.ENTER
    elif cover.lasts_ms > limits.clear_cover_ms or not cover.per_min:
        return None
    return Finding(
        subject,
        level,
        Severity.TICKET,
        for_ms=limits.for_ms,
        hold_ms=limits.hold_ms,
        due_ms=shelf.told_ms + FRESH_MS + 1,
        why=why,
    )


def cover_of(room: Room, subject: str, sells: Selling) -> Cover:
    """How long a pack lasts at the rate of the last minute."""
    product, pack = product_of(subject)
    shelf = _shelf(room, product, pack)
    lines = sum(sells.lines)
    each = sells.units / lines if lines else 0.0
    span_ms = RECENT_PANES * PANE_MS + room.now_ms % PANE_MS
    per_min = sells.recent * each * MINUTE_MS / span_ms
    left = (shelf.stock.available if shelf.stock else 0) - sells.since(shelf.told_ms) * each
    return Cover(shelf, max(0.0, left), per_min)


def _is_provided(room: Room, cover: Cover, sells: Selling) -> bool:
    """Whether more comes before it runs out, or it is sold in batches."""
    plan = cover.shelf.plan
    end_ms = room.now_ms + cover.lasts_ms
    if plan is not None and room.now_ms <= plan.release_at_ms <= end_ms:
        return True
    return len(lengths_out(cover.shelf, sells)) >= LEARNED_CYCLES


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Stock, and how fast it sells."""
    sells = selling(room, [finding.subject])[finding.subject]
    cover = cover_of(room, finding.subject, sells)
    return Evidence(
        orders_per_min=float(sum(sells.lines[-RECENT_PANES:])),
        stock=cover.shelf.seen(room.now_ms),
        planned=cover.shelf.planned(),
        inputs=dict(finding.why),
    )


def advice(room: Room, finding: Finding) -> Advice:
    """Release more, or go on to the next product."""
    what = called(room, finding.subject)
    return Advice(
        zh=f"{what}库存撑不到两分钟：放下一批，或准备切下一个品",
        en=f"{what} runs out within two minutes: release the next batch or prepare the next product",
        teleprompter=prompt(room, "{name}快没了,抓紧拍", finding.subject),
    )


RULE = Rule(
    kind="StockoutImminent",
    section="stockout_imminent",
    version=2,
    zh="即将断货",
    en="Stock-out imminent",
    severity=Severity.TICKET,
    trigger="Fresh stock lasts for less than 120 s at the last minute's pace of 5 pieces or more",
    clears="Stock lasts for more than 240 s, it is out, or it is taken out of the room",
    runbook=(
        ("看看还有没有下一批，能放就放", "See whether there is a next batch, and release it"),
        (
            "没有就准备切下一个品，主播提前预告",
            "If not, prepare the next product; the host announces it",
        ),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
)
