"""UnlistedDemand: viewers ask for a product that the room does not sell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from streamproc.alerts.asking import Said
from streamproc.alerts.bounds import Count, DurationMs, ascending
from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.products import may_be_listed, product_of
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.alerts.shown import SHOWN
from streamproc.comments.labels import AVAILABILITY, RESTOCK, STOCKOUT
from streamproc.events.outputs import Advice, Evidence, ShownComment
from streamproc.tally.floor import Floor
from streamproc.tally.senses import OF_PRODUCT
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques, union

_LABELS: Final = frozenset((RESTOCK, STOCKOUT, AVAILABILITY, "purchase_intent"))
_MINUTES: Final = 5


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a product that is not sold here is in demand."""

    min_users: Count = 5
    """Different viewers who ask for it in five minutes."""
    clear_users: Count = 2
    """Fewer than these end the alert."""
    for_ms: DurationMs = 60_000
    """So long it must be so."""
    hold_ms: DurationMs = 0
    """So long it must be over."""

    def __post_init__(self) -> None:
        ascending(clear_users=self.clear_users, min_users=self.min_users)


def judge(room: Room, limits: Limits) -> Iterable[Finding]:
    """Which products are asked for that are not for sale here."""
    rows = room.history.rows
    last = room.now_ms // MINUTE_MS
    for number in range(last - _MINUTES + 1, last + 1):
        row = rows.get(number)
        if row is not None and row.named():
            return _judged(room, limits) if _lists_any(room.floor) else ()
    return ()


def _judged(room: Room, limits: Limits) -> Iterator[Finding]:
    for subject, people in sorted(_asked(room).items()):
        users = union(people).count()
        if users < limits.clear_users:
            continue
        yield Finding(
            subject,
            Level.ENTER if users >= limits.min_users else Level.HOLD,
            Severity.INFO,
            for_ms=limits.for_ms,
            hold_ms=limits.hold_ms,
            why={"users": users},
        )


def _asked(room: Room) -> dict[str, list[Uniques]]:
    """Who asked in which minute, by subject, of what is not for sale."""
    last = room.now_ms // MINUTE_MS
    floor, products = room.floor, room.floor.products
    found: dict[str, list[Uniques]] = {}
    for number in range(last - _MINUTES + 1, last + 1):
        row = room.history.rows.get(number)
        if row is None:
            continue
        for (label, subject), each in row.named():
            if label not in _LABELS:
                continue
            product = subject[len(OF_PRODUCT) :]
            held = products.get(product)
            # what was asked while it was for sale was no demand for what is not
            is_listed = held is not None and (
                held.is_listed or held.delisted_ms >= number * MINUTE_MS
            )
            if not is_listed and not may_be_listed(floor, product):
                found.setdefault(subject, []).append(each.people()[1])
    return found


def _lists_any(floor: Floor) -> bool:
    """Whether it is known what a room sells."""
    return any(product.is_listed for product in floor.products.values())


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Who asked, in their words."""
    since_ms = room.now_ms - _MINUTES * MINUTE_MS
    said = {
        (partition, offset): Said(at_ms, offset, partition, label, text)
        for (label, subject), kept in room.said.evidence.items()
        if subject == finding.subject and label in _LABELS
        for at_ms, offset, partition, _, text in kept
        if at_ms > since_ms
    }
    comments: list[ShownComment] = [each.shown() for each in sorted(said.values())[-SHOWN:]]
    return Evidence(comments=comments, users=finding.why.get("users"), inputs=dict(finding.why))


def advice(_room: Room, finding: Finding) -> Advice:
    """List it, or say why not."""
    product, _ = product_of(finding.subject)
    return Advice(
        zh=f"观众在要本场没上架的{product}：能上就上架，不能上请主播说明；记入下场选品",
        en=f"Viewers ask for {product}, which is not listed: list it or say why not",
        teleprompter="有人要没上架的商品",
    )


RULE = Rule(
    kind="UnlistedDemand",
    section="unlisted_demand",
    version=2,
    zh="有人要没上架的商品",
    en="Unlisted demand",
    severity=Severity.INFO,
    trigger="5 different viewers or more in 5 min ask for a product that this room does not sell, for 60 s",
    clears="Fewer than 2 in 5 min, or it is listed",
    runbook=(
        ("仓库有货就上架并挂链接", "If the warehouse has it, list it and give it a link"),
        ("没有就请主播说明，记入下场选品", "If not, the host says so; note it for the next show"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    look_ms=5_000,
)
