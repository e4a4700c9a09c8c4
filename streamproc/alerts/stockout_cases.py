"""Of which products of a room anything is to be said about their stock; of most rooms of none."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from streamproc.alerts.asking import WINDOW_MS, Asking, Backdrop, asking, is_asked
from streamproc.alerts.house import House, house
from streamproc.alerts.model import ROOM
from streamproc.alerts.products import is_sold_here, product_of, subject_of
from streamproc.alerts.room import Room
from streamproc.alerts.selling import selling
from streamproc.alerts.shelf import FRESH_MS, NEAR_MS, shelf_of, shelf_of_pack
from streamproc.alerts.stockout_case import Case
from streamproc.alerts.stockout_limits import Limits
from streamproc.tally.floor import Product, Stock


def is_quiet(room: Room, limits: Limits) -> bool:
    """Whether nothing can be out of stock: too few ask, nothing is out, nothing is open. Cheap."""
    now_ms, facts = room.now_ms, room.said.facts
    # what the house says counts as one viewer
    helps = bool(facts) and now_ms - facts[-1].at_ms <= WINDOW_MS
    if room.open_subjects or is_asked(room, limits.min_users - helps):
        return False
    for product in room.floor.products.values():
        for stock in product.stock.values():
            if stock.out_since_ms and now_ms - stock.as_of_ms <= FRESH_MS:
                return False
    return True


def cases(room: Room, limits: Limits) -> list[Case]:
    """Every product and pack of which anything is to be said, in a fixed order."""
    asked = asking(room)
    told = house(room, limits.house_ms)
    found = {subject_of(product) for product, each in asked.items() if each.count}
    found |= {subject_of(product) for product in told}
    found |= set(room.open_subjects)
    for product, held in room.floor.products.items():
        if any(_is_lately_out(room, stock) for stock in held.stock.values()):
            found |= set(_out_subjects(room, product, held))
    return brought(room, limits, sorted(found), asked, told)


def _out_subjects(room: Room, product: str, held: Product) -> Iterator[str]:
    """What is out of a product: all of it, or packs."""
    shelf = shelf_of(held)
    if shelf.is_out:
        yield subject_of(product)
    for pack in shelf.out:
        if _is_lately_out(room, held.stock[pack]):
            yield subject_of(product, pack)


def _is_lately_out(room: Room, stock: Stock) -> bool:
    return stock.is_out and room.now_ms - stock.as_of_ms <= NEAR_MS


def case_of(room: Room, limits: Limits, subject: str) -> Case:
    """One product or pack, whatever there is to be said of it."""
    return brought(room, limits, [subject], asking(room), house(room, limits.house_ms))[0]


def brought(
    room: Room,
    limits: Limits,
    subjects: Collection[str],
    asked: dict[str, Asking],
    told: dict[str, House],
) -> list[Case]:
    """The cases of some subjects; what was asked before it was there again does not count."""
    sells, backdrop = selling(room, subjects), Backdrop(room)
    found: list[Case] = []
    for subject in subjects:
        product, pack = product_of(subject)
        held = room.floor.products.get(product)
        shelf = (shelf_of_pack(held, pack) if pack else shelf_of(held)).by(room.now_ms)
        asks, says = asked.get(product, Asking()), told.get(product, House())
        case = Case(room, limits, product, pack, shelf, asks, sells[subject], says, backdrop)
        found.append(case)
    for case in found:
        again_ms = 0 if case.pack else case.again_ms
        if again_ms > room.now_ms - WINDOW_MS:
            case.asked.cut(again_ms)
        case.asked.forget_back(case.shelf.since_ms)
    return found


def is_judged(room: Room, product: str) -> bool:
    """Whether a product can run out here."""
    return product == ROOM or is_sold_here(room.floor, product)
