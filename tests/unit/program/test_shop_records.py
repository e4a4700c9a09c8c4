"""What is for sale, a room's pulse and what was sold, as the fold keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.errors import NewerState
from streamproc.events.comments import Role
from streamproc.events.orders import FailReason, RefundReason
from streamproc.events.registry import ORDERS_TOPIC, ROOMS_TOPIC, AnyEvent
from streamproc.events.rooms import AdapterHeartbeat, ProductListed, StreamHealth
from streamproc.program.codecs import VERSION_OF
from streamproc.program.keys import Kind, head, parse
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from streamproc.tally.model import SessionTally
from streamproc.tally.session_sense import SPOKEN, Spoken
from streamproc.tally.sold import MinuteSold, Sold, minute_of
from tests.builders import (
    T0,
    comment,
    created,
    made,
    order_failed,
    paid,
    refund_requested,
    stock_reported,
)
from tests.folding import State, take_into, tell
from tests.spelled_reader import SpelledReader

DAY_MS = 86_400_000
MINUTE_MS = 60_000
SHOP = (Kind.FLOOR, Kind.PULSE, Kind.SOLD)


def listed(at_ms: int = T0, **fields: object) -> ProductListed:
    return made(ProductListed, at_ms, **{"product_id": "p-1", "title": "荔枝", **fields})


def heartbeat(at_ms: int = T0, **fields: object) -> AdapterHeartbeat:
    return made(AdapterHeartbeat, at_ms, **{"connected": True, **fields})


def told(*events: AnyEvent) -> SessionTally:
    program = LiveProgram()
    tell(program, *events)
    return tally_of(program)


def tally_of(program: LiveProgram, session_id: str = "s-1") -> SessionTally:
    tallies = session_tallies(program.records.items())
    return next(each for each in tallies if each.session_id == session_id)


def sold_of(tally: SessionTally, at_ms: int = T0) -> MinuteSold:
    sold = tally.minutes[minute_of(at_ms)].sold
    assert sold is not None
    return sold


def packs(tally: SessionTally) -> dict[tuple[int, str, str], tuple[list[int], int]]:
    """What was created, by minutes after ``T0``, product and pack, without what counts nowhere."""
    return {
        (number - minute_of(T0), *pack): (each.created, each.units)
        for number, minute in tally.minutes.items()
        if minute.sold is not None
        for pack, each in minute.sold.packs.items()
        if any(each.created)
    }


def kinds(program: LiveProgram) -> list[Kind]:
    return sorted(Kind(key[0]) for key, _ in program.records.items() if key[0] in SHOP)


def test_a_room_knows_what_is_for_sale_and_whether_it_is_alive() -> None:
    tally = told(listed(link_no=3), stock_reported(0), heartbeat(), made(StreamHealth, T0))

    assert tally.floor is not None
    assert tally.floor.linked(3, T0) == "p-1"
    assert tally.floor.products["p-1"].stock[""].out_since_ms == T0
    assert tally.pulse is not None
    assert len(tally.pulse.heartbeats) == len(tally.pulse.health) == 1


def test_a_heartbeat_writes_no_table_of_products() -> None:
    program, state = LiveProgram(), State()
    tell(program, listed(), heartbeat())
    take_into(state, program)
    tell(program, heartbeat(T0 + 1))

    assert {Kind(key[0]) for key, _ in program.take_dirty()} == {
        Kind.SESSION,
        Kind.SEEN,
        Kind.PULSE,
    }


def test_an_event_told_again_changes_nothing_on_the_floor() -> None:
    program = LiveProgram()
    report, later = stock_reported(0), stock_reported(4, T0 + 5)
    tell(program, report, later)
    before = tally_of(program).floor

    assert tell(program, report, later).duplicate == 2
    assert tally_of(program).floor == before


def test_a_line_counts_once_for_its_pack() -> None:
    line = created(sku_id="k-1", quantity=2)
    tally = told(line, line, created(order_id="o-2"), paid(sku_id="k-1", quantity=2))

    assert packs(tally) == {
        (0, "p-1", "k-1"): ([1, 0, 0, 0, 0, 0], 2),
        (0, "p-1", ""): ([1, 0, 0, 0, 0, 0], 1),
    }


def test_a_payment_that_comes_first_counts_until_the_creation_is_told() -> None:
    payment = paid(at_ms=T0 + MINUTE_MS, sku_id="k-1", quantity=3)
    assert packs(told(payment)) == {(1, "p-1", "k-1"): ([1, 0, 0, 0, 0, 0], 3)}

    tally = told(payment, created(at_ms=T0 + 50_000, sku_id="k-1", quantity=3))
    assert packs(tally) == {(0, "p-1", "k-1"): ([0, 0, 0, 0, 0, 1], 3)}


def test_another_version_moves_a_line_out_of_the_pack_in_which_it_counted() -> None:
    first, last = created(at_ms=T0), created(at_ms=T0 + 1, product_id="p-2", quantity=5)

    assert packs(told(first, last)) == {(0, "p-2", ""): ([1, 0, 0, 0, 0, 0], 5)}
    assert packs(told(last, first)) == {(0, "p-2", ""): ([1, 0, 0, 0, 0, 0], 5)}


def test_another_version_moves_a_line_to_another_session() -> None:
    program = LiveProgram()
    tell(program, created(), created(at_ms=T0 + 9, session_id="s-2"))

    assert packs(tally_of(program)) == {}
    assert packs(tally_of(program, "s-2")) == {(0, "p-1", ""): ([1, 0, 0, 0, 0, 0], 1)}


def test_what_is_late_is_sold_in_no_minute() -> None:
    tally = told(
        created(at_ms=T0 + 20 * MINUTE_MS, order_id="o-9"),
        created(at_ms=T0),
        order_failed(at_ms=T0, product_id="p-1"),
        refund_requested(at_ms=T0),
    )

    assert packs(tally) == {(20, "p-1", ""): ([1, 0, 0, 0, 0, 0], 1)}
    assert minute_of(T0) not in tally.minutes


def test_a_line_that_was_late_is_taken_back_from_nowhere() -> None:
    late, newer = created(at_ms=T0), created(at_ms=T0 + 10 * MINUTE_MS, product_id="p-2")
    tally = told(created(at_ms=T0 + 20 * MINUTE_MS, order_id="o-9"), late, newer)

    assert packs(tally) == {
        (10, "p-2", ""): ([1, 0, 0, 0, 0, 0], 1),
        (20, "p-1", ""): ([1, 0, 0, 0, 0, 0], 1),
    }


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"product_id": "p-1"}, {("p-1", ""): Sold(refused=[0, 1, 0, 0, 0, 0], place=1)}),
        ({"product_id": None}, None),
        ({"product_id": "p-1", "reason": FailReason.RISK}, None),
    ],
    ids=["out of stock", "of nothing known", "for another reason"],
)
def test_an_attempt_that_failed_for_lack_of_a_product_is_refused(
    fields: dict[str, Any], refused: dict[tuple[str, str], Sold] | None
) -> None:
    sold = told(order_failed(at_ms=T0 + 10_000, **fields)).minutes[minute_of(T0)].sold

    assert (sold and sold.packs) == refused


def test_a_line_whose_money_is_asked_back_counts_once_where_it_was_first_asked() -> None:
    first = refund_requested(T0 + MINUTE_MS, reason=RefundReason.QUALITY)
    tally = told(
        paid(session_id="s-2"),
        first,
        first,
        refund_requested(T0 + 2 * MINUTE_MS, refund_id="f-2", reason=RefundReason.LATE),
        refund_requested(T0 + MINUTE_MS, line_id="2"),
        refund_requested(T0 + 3 * MINUTE_MS, order_id="o-2", reason=RefundReason.LATE),
    )

    assert sold_of(tally, T0 + MINUTE_MS).requested == {"quality": 1, "": 1}
    assert minute_of(T0 + 2 * MINUTE_MS) not in tally.minutes
    assert sold_of(tally, T0 + 3 * MINUTE_MS).requested == {"late": 1}


def test_a_minute_in_which_nothing_was_ordered_has_no_record_of_it() -> None:
    program = LiveProgram()
    tell(program, created(), paid(at_ms=T0 + MINUTE_MS), order_failed(FailReason.RISK))

    assert kinds(program) == [Kind.SOLD]


def test_what_was_sold_ends_with_its_minute() -> None:
    program = LiveProgram()
    tell(program, created(), created(at_ms=T0 + 9 * DAY_MS, host_id="h-2"))
    tell(program, created(at_ms=T0 + MINUTE_MS, order_id="o-2"))
    program.take_dirty()
    program.tick(0, True)
    left = [parse(key) for key, _ in program.records.items() if key[0] == Kind.SOLD]
    assert sorted(each.host_id for each in left) == ["h-1", "h-2"]

    tell(program, created(at_ms=T0, product_id="p-2", order_id="o-3"))
    assert packs(tally_of(program))[0, "p-2", ""] == ([1, 0, 0, 0, 0, 0], 1)
    assert (0, "p-1", "") not in packs(tally_of(program))


def test_nothing_is_taken_back_from_what_was_sold_in_a_minute_that_is_over() -> None:
    program = LiveProgram()
    tell(program, created(), created(at_ms=T0 + MINUTE_MS, order_id="o-2"))
    tell(program, created(at_ms=T0 + 9 * DAY_MS, host_id="h-2"))
    program.take_dirty()
    tell(program, created(at_ms=T0 + MINUTE_MS + 1))

    assert packs(tally_of(program)) == {
        (0, "p-1", ""): ([1, 0, 0, 0, 0, 0], 1),  # over, and not swept yet
        (1, "p-1", ""): ([2, 0, 0, 0, 0, 0], 2),
    }


def test_a_floor_and_a_pulse_end_with_their_session() -> None:
    program = LiveProgram()
    tell(program, listed(), heartbeat(), listed(T0 + 1, session_id="s-2"))
    tell(program, heartbeat(T0 + 402 * DAY_MS, host_id="h-2"))
    program.take_dirty()
    program.tick(0, True)

    left = [parse(key) for key, _ in program.records.items() if key[0] in SHOP]
    assert {(each.kind, each.host_id, each.ids) for each in left} == {
        (Kind.FLOOR, "h-1", ("s-2",)),
        (Kind.PULSE, "h-2", ("s-1",)),
    }


@pytest.mark.parametrize(
    ("kind", "topic"),
    [(Kind.FLOOR, ROOMS_TOPIC), (Kind.PULSE, ROOMS_TOPIC), (Kind.SOLD, ORDERS_TOPIC)],
)
def test_a_record_of_a_newer_version_is_refused(kind: Kind, topic: str) -> None:
    newer = bytes((VERSION_OF[kind] + 1,))

    with pytest.raises(NewerState, match=kind.name.lower()):
        LiveProgram().restore([(head(kind, topic) + b"h\0s", newer)])


def test_host_and_staff_are_remembered_whatever_they_say() -> None:
    program = LiveProgram(SpelledReader())
    for n in range(6):
        role = Role.STAFF if n % 2 else Role.HOST
        tell(program, comment(("hello", "r L")[n % 2], T0 - n, role=role, user_key=None))
    tell(program, comment("s L", T0), comment("hello", T0, role=Role.HOST, mirrored=True))

    spoken = tally_of(program).senses.spoken
    assert spoken == [
        Spoken(T0 - 1, 0, "staff", ("restock_request",), "p:p-1"),
        Spoken(T0, 0, "host", (), ""),
    ]


def test_of_what_host_and_staff_say_the_newest_of_so_many_things_is_kept() -> None:
    program = LiveProgram(SpelledReader())
    for n in range(SPOKEN + 4):
        tell(program, comment(f"x #{n + 1}", T0 + n, role=Role.HOST, user_key=None))
    tell(program, comment("x #5", T0 + 900, role=Role.STAFF, user_key=None))

    spoken = tally_of(program).senses.spoken
    assert len(spoken) == SPOKEN
    assert [each.subject for each in spoken[:2]] == ["l:6", "l:7"]
    assert (spoken[-1].at_ms, spoken[-1].subject) == (T0 + 900, "l:5")
