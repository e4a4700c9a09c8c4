"""States that earlier versions wrote: one knew neither what is for sale nor what was sold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streamproc.comparison import (
    drop_kept_in_part,
    drop_unknown_begin,
    drop_unknown_turns,
    drop_unlike_senses,
)
from streamproc.events.orders import RefundReason
from streamproc.events.registry import TOPIC_OF
from streamproc.events.rooms import ProductListed
from streamproc.oracle.batch import LogRecord, compute, differences
from streamproc.program.canonical import canonical
from streamproc.program.codecs import VERSION_OF
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.program.order_codec import open_order
from streamproc.program.tallies import session_tallies
from streamproc.tally.sold import minute_of
from tests.builders import T0, created, made, refund_requested
from tests.folding import State, feed, take_into, tell
from tests.sensed import VERSION, spelled
from tests.spelled_reader import SpelledReader

HERE = Path(__file__).parent
LAST = "upgrade.5.state.json"
"""What the last version wrote; its number is that of its sessions."""
WITHOUT_BEGIN = "upgrade.4.state.json"
"""What the one before it wrote."""
FOLDED_BEFORE = 24
"""How many records of the log the recorded state holds."""


def recorded() -> list[LogRecord]:
    """The log, of one partition."""
    log = []
    for offset, line in enumerate((HERE / "upgrade.jsonl").read_bytes().splitlines()):
        event = msgspec.json.decode(line)
        key, at_ms = event["host_id"].encode(), event["occurred_at_ms"]
        log.append(LogRecord(TOPIC_OF[event["type"]], 0, offset, key, line, at_ms))
    return log


def before(name: str = "upgrade.state.json") -> State:
    """The state as an earlier version wrote it."""
    written = msgspec.json.decode((HERE / name).read_bytes())
    return {bytes.fromhex(key): bytes.fromhex(value) for key, value in written.items()}


@pytest.fixture
def state() -> State:
    """What a program of this version makes of it and of the rest of the log."""
    return gone_on(before())


def gone_on(state: State) -> State:
    """A state after the rest of the log."""
    program = LiveProgram(SpelledReader())
    program.restore(state.items())
    assert program.take_dirty() == []
    feed(program, recorded()[FOLDED_BEFORE:])
    take_into(state, program)
    return state


def test_the_recorded_state_is_of_the_version_before() -> None:
    versions = {Kind(key[0]): value[0] for key, value in before().items()}

    assert max(versions) == Kind.ASKED
    assert (versions[Kind.SESSION], versions[Kind.SENSE]) == (2, 1)
    assert (VERSION_OF[Kind.SESSION], VERSION_OF[Kind.SENSE]) == (6, 2)
    sessions = {value[0] for key, value in before(LAST).items() if key[0] == Kind.SESSION}
    assert sessions == {VERSION_OF[Kind.SESSION] - 1}


@pytest.mark.parametrize(("products", "dropped"), [(63, False), (64, True)])
def test_a_floor_of_the_version_before_may_have_dropped_what_is_for_sale(
    products: int, dropped: bool
) -> None:
    listed = [made(ProductListed, T0 + n, product_id=f"p-{n}", title="") for n in range(products)]
    program, state = LiveProgram(), State()
    tell(program, *listed)
    take_into(state, program)
    (key,) = [each for each in state if each[0] == Kind.FLOOR]
    kept = msgspec.msgpack.decode(state[key][1:])
    # the fields of the version before, one less
    state[key] = bytes((1,)) + msgspec.msgpack.encode(kept[:-1])
    again = LiveProgram()
    again.restore(state.items())
    tell(again, made(ProductListed, T0 + products, product_id="p-0", title=""))
    take_into(state, again)

    (tally,) = session_tallies(state.items())
    assert tally.floor is not None
    assert (len(tally.floor.products), tally.floor.dropped) == (products, dropped)
    assert state[key][0] == VERSION_OF[Kind.FLOOR] == 2


@pytest.mark.parametrize("version", [1, 2])
def test_what_was_sold_as_versions_before_wrote_it_goes_on(version: int) -> None:
    program, state = LiveProgram(), State()
    lines = [created(at_ms=T0 + at_ms, order_id=f"o-{at_ms}") for at_ms in (2_000, 13_500, 14_999)]
    tell(program, *lines)
    take_into(state, program)
    (key,) = [each for each in state if each[0] == Kind.SOLD]
    packs, requested = msgspec.msgpack.decode(state[key][1:], strict=False)
    ((names, (panes, refused, units, _, place)),) = packs.items()
    before = [{names: [panes, refused, units, T0 + 14_999, place]}, requested]
    state[key] = bytes((version,)) + msgspec.msgpack.encode(before)
    again = LiveProgram()
    again.restore(state.items())
    tell(again, created(at_ms=T0 + 1, order_id="o-2", product_id="p-2"))
    take_into(state, again)

    assert state[key][0] == VERSION_OF[Kind.SOLD] == 3
    (tally,) = session_tallies(state.items())
    sold = tally.minutes[minute_of(T0)].sold
    assert sold is not None
    assert sold.packs["p-1", ""].seconds == {0: 1, 10: 1, 14: 1}
    assert sold.packs["p-2", ""].seconds == {0: 1}


def test_an_order_as_the_version_before_wrote_it_goes_on() -> None:
    program, state = LiveProgram(), State()
    tell(program, refund_requested(T0, reason=RefundReason.LATE))
    take_into(state, program)
    (key,) = [each for each in state if each[0] == Kind.LINE]
    base_ms, (session, _), ((line, flags, *none, asked),) = msgspec.msgpack.decode(state[key][1:-2])
    asked = {refund: fact[:3] for refund, fact in asked.items()}
    body = msgspec.msgpack.encode((base_ms, [session], [[line, flags, *none, asked]]))
    state[key] = bytes((2,)) + body + state[key][-2:]
    again = LiveProgram()
    again.restore(state.items())
    tell(again, refund_requested(T0 + 60_000, refund_id="f-2", reason=RefundReason.QUALITY))
    take_into(state, again)

    assert state[key][0] == VERSION_OF[Kind.LINE] == 3
    line_now = open_order(key, state[key]).order().lines["1"]
    assert {name: (each.at_ms, each.reason) for name, each in line_now.requested.items()} == {
        "f-1": (T0, ""),
        "f-2": (T0 + 60_000, "quality"),
    }
    (tally,) = session_tallies(state.items())
    sold = tally.minutes[minute_of(T0)].sold
    assert sold is not None
    assert sold.requested == {"late": 1}


def test_a_state_of_the_version_before_goes_on(state: State) -> None:
    held, expected = canonical(state.items()), compute(recorded(), spelled)
    del expected["accounting"]

    (note,) = drop_kept_in_part(held, expected)
    assert "in 1 broadcasts" in note
    (note,) = drop_unknown_begin(held, expected)
    assert "when 1 broadcasts began" in note
    assert len(drop_unknown_turns(held, expected)) == 1
    assert drop_unlike_senses(held, expected, VERSION) == []
    assert differences(held, expected) == []
    assert {"floor", "sold"} <= held["hosts"]["h-1"]["sessions"]["s-2"].keys()


def test_what_was_not_kept_is_not_missed(state: State) -> None:
    tallies = {each.session_id: each for each in session_tallies(state.items())}
    whole, part = tallies["s-2"], tallies["s-1"]

    assert not whole.in_part
    assert len(part.in_part) == 4
    assert part.floor is not None
    assert part.floor.products["p-1"].stock[""].is_out
    assert [each.role for each in part.senses.spoken] == ["host", "staff"]
    first, *_ = part.minutes.values()
    # What was ordered before and told anew since counts, and takes nothing back.
    assert first.number == minute_of(recorded()[0].timestamp_ms)
    assert first.sold is not None
    assert {pack: sum(each.created) for pack, each in first.sold.packs.items()} == {
        ("p-1", ""): 1,
        ("p-1", "k-2"): 1,
    }


def test_a_state_that_kept_all_but_the_begin_lacks_nothing_else() -> None:
    state = gone_on(before(WITHOUT_BEGIN))
    held, expected = canonical(state.items()), compute(recorded(), spelled)
    del expected["accounting"]

    assert drop_kept_in_part(held, expected) == []
    (note,) = drop_unknown_begin(held, expected)
    assert "when 1 broadcasts began" in note
    assert len(drop_unknown_turns(held, expected)) == 1
    assert drop_unlike_senses(held, expected, VERSION) == []
    assert differences(held, expected) == []
    begun = {each.session_id: each.begun_ms for each in session_tallies(state.items())}
    assert (begun["s-1"], len(begun["s-2"])) == ({}, 3)
    # It would lack the readings before.
    assert Kind.WATCHING not in {key[0] for key in state}


def test_a_state_that_kept_the_last_turns_lacks_nothing_else() -> None:
    state = gone_on(before(LAST))
    held, expected = canonical(state.items()), compute(recorded(), spelled)
    del expected["accounting"]

    assert drop_kept_in_part(held, expected) == drop_unknown_begin(held, expected) == []
    (note,) = drop_unknown_turns(held, expected)
    assert "the turns of 1 broadcasts" in note
    assert drop_unlike_senses(held, expected, VERSION) == []
    assert differences(held, expected) == []


@pytest.mark.parametrize("name", ["upgrade.state.json", WITHOUT_BEGIN, LAST])
def test_a_program_restored_after_the_upgrade_goes_on_as_if_nothing_had_been(name: str) -> None:
    again, state = before(name), gone_on(before(name))
    for record in recorded()[FOLDED_BEFORE:]:
        program = LiveProgram(SpelledReader())
        program.restore(again.items())
        feed(program, [record])
        take_into(again, program)

    assert again == state
