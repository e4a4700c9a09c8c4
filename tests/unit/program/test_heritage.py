"""What a new state takes over of a log that lost its beginning, and of a state that is damaged."""

from __future__ import annotations

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, AnyEvent
from streamproc.events.rooms import StreamHealth
from streamproc.oracle.batch import LogRecord
from streamproc.program.canonical import canonical
from streamproc.program.keys import Kind, parse
from streamproc.program.live import LiveProgram
from streamproc.tally.retention import DAY_MS
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    made,
    order_failed,
    paid,
    profiled,
    refunded,
    room_started,
    stock_reported,
    viewers_counted,
)
from tests.cut_log import numbered
from tests.folding import State, feed, folded, log_of
from tests.spelled_reader import SpelledReader

LATER_MS = T0 + 9 * DAY_MS
EVENING: list[AnyEvent] = [
    room_started(),
    profiled("former", valid_from_ms=T0),
    joined(),
    comment(),
    stock_reported(),
    paid(2_000),
]
STRADDLING: list[AnyEvent] = [joined(2, T0 + 60_000), refunded(500, LATER_MS)]
LATER: list[AnyEvent] = [
    joined(3, LATER_MS, session_id="s-2"),
    paid(300, LATER_MS, order_id="o-2", session_id="s-2"),
]
LOG = numbered([*EVENING, *STRADDLING, *LATER])
CUT: dict[str, int | None] = {each.topic: T0 + 60_000 for each in LOG}


def made_anew(earlier: State, *, damaged: bool = False) -> tuple[State, int]:
    """The state that the log without its evening makes in the place of another; how much is taken over."""
    program = LiveProgram()
    feed(program, LOG[len(EVENING) :])
    taken, _ = program.inherit(earlier.items(), (), CUT, damaged=damaged)
    return {key: value for key, value in program.take_dirty() if value is not None}, taken


def test_what_the_log_lost_and_what_it_tells_in_part_is_taken_over() -> None:
    whole = folded(LOG)
    of_later = [key for key in whole if b"s-2" in key or b"o-2" in key]

    state, taken = made_anew(whole)

    assert state == whole
    seen_lately = [
        key for key in whole if key[0] == Kind.SEEN and parse(key).numbers[0] > T0 / 3e4 + 9
    ]
    assert taken == len(whole) - len(of_later) - len(seen_lately)


def test_what_the_log_tells_whole_is_not_taken_over() -> None:
    whole = folded(LOG)
    wrong = {key: value for key, value in whole.items() if b"s-2" not in key}

    assert made_anew(wrong)[0] == whole


def test_what_a_damaged_state_lost_is_what_the_log_tells_of_it() -> None:
    lost = {k: v for k, v in folded(LOG).items() if k[:2] != bytes((Kind.SESSION, 3))}

    for damaged, joins in ((True, 1), (False, 0)):
        state, _ = made_anew(lost, damaged=damaged)
        totals = canonical(state.items())["hosts"]["h-1"]["sessions"]["s-1"]["totals"]
        assert totals.get("joins", 0) == joins
        assert totals["pay_gmv_minor"] == {"CNY": 2_000}
        assert totals["refunded_minor"] == {"CNY": 500}


def test_an_attempt_that_is_told_again_in_what_is_left_counts_once() -> None:
    first = order_failed(attempt_id="a")
    again = order_failed(at_ms=LATER_MS, attempt_id="a")
    log = numbered([first, paid(order_id="o-3"), again])
    whole = folded(log)
    program = LiveProgram()
    feed(program, log[1:])

    program.inherit(whole.items(), (), {ORDERS_TOPIC: log[1].timestamp_ms})

    made = {key: value for key, value in program.take_dirty() if value is not None}
    assert canonical(made.items()) == canonical(whole.items())
    # the one whose first telling is gone was new when it was met: its id is remembered, too
    assert [key[0] for key in made if key not in whole] == [Kind.SEEN]


def test_what_was_rejected_of_no_broadcast_counts_as_often_as_the_log_tells() -> None:
    garbage = LogRecord(ORDERS_TOPIC, 0, 99, b"h-1", b"{", LATER_MS)
    whole = folded([*LOG, garbage])
    program = LiveProgram()
    feed(program, [*LOG[len(EVENING) :], garbage])

    program.inherit(whole.items(), (), CUT)

    assert {key: value for key, value in program.take_dirty() if value is not None} == whole


def test_without_a_loss_nothing_but_alerts_is_taken_over() -> None:
    program = LiveProgram()
    feed(program, LOG[len(EVENING) :])

    assert program.inherit(folded(LOG).items()) == (0, 0)


def test_only_records_that_can_be_restored_are_whole() -> None:
    program = LiveProgram(SpelledReader())
    asked = [comment(text="s L", user_key="a" * 16), comment(text="s L", at_ms=T0 + 60_000)]
    sold: list[AnyEvent] = [created(1, order_id="o-9"), made(StreamHealth, frames_per_s=24.0)]
    events = [*EVENING, *asked, *sold, order_failed(), viewers_counted(5), *STRADDLING]
    feed(program, [*log_of(events), LogRecord(COMMENTS_TOPIC, 0, 99, b"h-1", b"{", T0)])
    records = {key: value for key, value in program.take_dirty() if value is not None}

    assert {key[0] for key in records} == set(Kind) - {Kind.ALERT, Kind.OUTBOX}
    for key, value in records.items():
        assert program.is_whole(key, value)
        assert not program.is_whole(key, b"\x00" + value[1:])
        assert not program.is_whole(key, value[:1])
        assert not program.is_whole(bytes((99,)) + key[1:], value)
        assert not program.is_whole(key[:1], value)
    assert not program.is_whole(b"", b"")
