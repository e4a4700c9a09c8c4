from __future__ import annotations

from typing import Any

import pytest

from streamproc.errors import NewerState, OlderState
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.program.canonical import canonical
from streamproc.program.codecs import SESSION_VERSION, VERSION_OF, unpack_session
from streamproc.program.keys import Kind, head, number
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch, DeadLetter
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    liked,
    order_failed,
    orders_counted,
    paid,
    profiled,
    refunded,
    room_started,
    viewers_counted,
)
from tests.folding import State, take_into, tell

SECOND = 1_000
MINUTE = 60_000


def state_of(program: LiveProgram) -> State:
    state: State = {}
    take_into(state, program)
    return state


def session_of(program: LiveProgram) -> dict[str, Any]:
    hosts = canonical(state_of(program).items())["hosts"]
    found: dict[str, Any] = hosts["h-1"]["sessions"]["s-1"]
    return found


def blocks_of(state: State) -> list[bytes]:
    return [key for key in state if key[0] == Kind.SEEN]


def test_an_evening_adds_up() -> None:
    program = LiveProgram()
    tell(
        program,
        profiled("张桂兰"),
        room_started(),
        joined(1, T0),
        joined(2, T0 + 12 * SECOND),
        liked(5, T0 + 13 * SECOND),
        comment(at_ms=T0 + 59 * SECOND),
        created(3_998, T0 + SECOND, quantity=2),
        paid(3_998, T0 + 2 * SECOND, quantity=2),
        refunded(1_999, T0 + 3 * SECOND),
        viewers_counted(12_000, T0 + 4 * SECOND, approximate=True),
    )

    (host,) = canonical(state_of(program).items())["hosts"].values()
    session = host["sessions"]["s-1"]
    assert host["name"] == "张桂兰"
    assert (
        session["totals"].items()
        >= {
            "paid_lines": 1,
            "items_sold": 2,
            "pay_gmv_minor": {"CNY": 3_998},
            "comments": 1,
            "joins": 2,
            "likes": 5,
        }.items()
    )
    assert session["panes"][str(T0)]["joins"] == 1
    assert session["panes"][str(T0 + 10 * SECOND)] == {"joins": 1, "likes": 5}
    assert session["panes"][str(T0 + 50 * SECOND)] == {"comments": 1}
    assert session["online"] == {"at_ms": T0 + 4 * SECOND, "count": 12_000, "approximate": 1}
    assert session["peak"] == {"at_ms": T0 + 4 * SECOND, "count": 12_000}
    assert session["readings"] == {str(T0 + 4 * SECOND): [12_000, 1]}
    assert session["lifecycle"] == {
        "started_first_ms": T0,
        "started_last": [T0, "", "", "", 0],
        "starts": 1,
        "turns": [2 * T0],
    }
    uniques = {"viewers": 2, "active": 1, "commenters": 1}
    assert session["uniques"].items() >= uniques.items()
    assert session["minute_uniques"][str(T0)].items() >= uniques.items()


def test_a_reading_of_no_viewers_is_a_reading() -> None:
    program = LiveProgram()
    tell(program, viewers_counted(0))

    assert session_of(program)["online"] == {"at_ms": T0, "count": 0, "approximate": 0}


def test_a_payment_told_again_with_more_replaces_the_first_wherever_it_was_counted() -> None:
    program = LiveProgram()
    first = paid(1_000, T0, session_id="s-1")
    tell(program, first, paid(9, T0 + 20 * SECOND, order_id="o-2", session_id="s-2"))
    report = tell(program, paid(1_500, T0 + 15 * SECOND, session_id="s-2", quantity=3))

    assert report.applied == 1
    hosts = canonical(state_of(program).items())["hosts"]
    assert set(hosts["h-1"]["sessions"]["s-1"]) == {"begun_ms"}
    session = hosts["h-1"]["sessions"]["s-2"]
    assert session["totals"]["pay_gmv_minor"] == {"CNY": 1_509}
    assert session["panes"][str(T0 + 10 * SECOND)]["items_sold"] == 3
    assert tell(program, first).duplicate == 1


def test_a_late_payment_that_is_replaced_is_taken_out_of_no_pane() -> None:
    program = LiveProgram()
    tell(program, paid(5, T0 + 30 * MINUTE, order_id="o-2"))
    assert tell(program, paid(7, T0)).late == 1
    assert tell(program, paid(8, T0 + 20 * MINUTE)).late == 0

    session = session_of(program)
    assert session["late"] == {ORDERS_TOPIC: 1}
    assert session["totals"]["paid_lines"] == 2
    assert session["totals"]["pay_gmv_minor"] == {"CNY": 13}
    assert {at: each["pay_gmv_minor"] for at, each in session["panes"].items()} == {
        str(T0 + 20 * MINUTE): {"CNY": 8},
        str(T0 + 30 * MINUTE): {"CNY": 5},
    }


def test_a_late_payment_counts_in_its_session_and_in_no_pane() -> None:
    program = LiveProgram()
    tell(program, room_started(), paid(7, T0, order_id="o-2"), created(at_ms=T0 + 16 * MINUTE))
    tell(program, paid(5, T0 - SECOND))

    session = session_of(program)
    assert session["totals"]["pay_gmv_minor"] == {"CNY": 12}
    assert session["panes"].keys() == {str(T0), str(T0 + 16 * MINUTE)}
    assert session["panes"][str(T0)]["pay_gmv_minor"] == {"CNY": 7}


def test_two_sessions_of_a_host_that_alternate_keep_their_panes_apart() -> None:
    program = LiveProgram()
    for at_s in (0, 12, 24, 12):
        for session in ("s-1", "s-2"):
            tell(program, joined(at_ms=T0 + at_s * SECOND, session_id=session))

    sessions = canonical(state_of(program).items())["hosts"]["h-1"]["sessions"]
    panes = {str(T0): 1, str(T0 + 10 * SECOND): 2, str(T0 + 20 * SECOND): 1}
    for session in ("s-1", "s-2"):
        assert {at: pane["joins"] for at, pane in sessions[session]["panes"].items()} == panes


def test_a_pane_that_was_taken_is_taken_again_when_it_grows() -> None:
    program, state = LiveProgram(), State()
    for _ in range(2):
        tell(program, joined())
        take_into(state, program)

    assert canonical(state.items())["hosts"]["h-1"]["sessions"]["s-1"]["panes"] == {
        str(T0): {"joins": 2}
    }


def test_a_profile_is_late_by_the_greatest_time_of_all_profiles_of_its_host() -> None:
    program = LiveProgram()
    tell(program, profiled(at_ms=T0), profiled(at_ms=T0 - 60 * SECOND))

    assert tell(program, profiled(at_ms=T0 - 121 * SECOND)).late == 1


@pytest.mark.parametrize(("behind_ms", "late"), [(120_000, 0), (120_001, 1)])
def test_a_comment_is_late_when_it_lies_further_behind_than_is_allowed(
    behind_ms: int, late: int
) -> None:
    program = LiveProgram()
    tell(program, comment(at_ms=T0))

    assert tell(program, comment(at_ms=T0 - behind_ms)).late == late
    assert len(session_of(program)["panes"]) == 2 - late


@pytest.mark.parametrize(("behind_ms", "late"), [(900_000, 0), (900_001, 1)])
def test_orders_are_allowed_fifteen_minutes(behind_ms: int, late: int) -> None:
    program = LiveProgram()
    tell(program, paid(at_ms=T0))

    assert tell(program, created(at_ms=T0 - behind_ms)).late == late


def test_the_watermark_of_one_topic_makes_nothing_late_in_another() -> None:
    program = LiveProgram()
    tell(program, joined(at_ms=T0))

    assert tell(program, comment(at_ms=T0 - 60 * MINUTE)).late == 0


@pytest.mark.parametrize(
    "event", [comment(), joined(), room_started(), order_failed(), orders_counted()]
)
def test_an_event_id_that_was_seen_is_a_duplicate(
    event: AnyEvent,
) -> None:
    program = LiveProgram()

    assert tell(program, event, event).duplicate == 1


def test_an_event_id_is_forgotten_when_the_watermark_is_two_minutes_past_its_bucket() -> None:
    program, state = LiveProgram(), State()
    again = joined(at_ms=T0, event_id="e-again")
    tell(program, again, joined(at_ms=T0 + 150 * SECOND - 1))
    assert tell(program, again).duplicate == 1
    take_into(state, program)
    assert len(blocks_of(state)) == 2
    tell(program, joined(at_ms=T0 + 150 * SECOND))
    assert tell(program, again).applied == 1
    take_into(state, program)

    assert {int.from_bytes(key[-16:-8], "big") for key in blocks_of(state)} == {
        (T0 + 150 * SECOND - 1) // 30_000,
        (T0 + 150 * SECOND) // 30_000,
    }


def test_a_hot_room_writes_a_full_block_once() -> None:
    program = LiveProgram()
    written: list[bytes] = []
    for _ in range(100):
        tell(program, joined())
        written += [key for key, _ in program.take_dirty() if key[0] == Kind.SEEN]

    blocks = [int.from_bytes(key[-8:], "big") for key in written]
    assert blocks == [0] * 32 + [1] * 32 + [2] * 32 + [3] * 4


def test_keys_that_nobody_took_are_counted_block_by_block() -> None:
    program = LiveProgram()
    for count in (1, 31, 1, 40, 64):
        dirty_keys = tell(program, *[joined() for _ in range(count)]).dirty_keys
        assert dirty_keys == len(program.take_dirty())


def test_event_ids_that_died_before_anybody_took_them_are_not_counted() -> None:
    program = LiveProgram()
    old = [joined() for _ in range(40)]
    dirty_keys = tell(program, *old, joined(at_ms=T0 + 10 * MINUTE)).dirty_keys

    assert dirty_keys == len(program.take_dirty()) == 5  # session, two minutes, people, a block


def test_event_ids_are_remembered_over_a_restart_in_their_order() -> None:
    program, restarted, state = LiveProgram(), LiveProgram(), State()
    seen = [joined() for _ in range(70)]
    tell(program, *seen)
    take_into(state, program)
    restarted.restore(reversed(state.items()))
    assert tell(restarted, *seen).duplicate == 70
    after = joined()
    tell(program, after)
    tell(restarted, after)

    assert restarted.take_dirty() == program.take_dirty()


def test_a_session_knows_when_it_was_last_heard_of_beside_a_later_one() -> None:
    program = LiveProgram()
    tell(program, joined(at_ms=T0), joined(at_ms=T0 + 9, session_id="s-2"), joined(at_ms=T0 + 5))

    key = head(Kind.SESSION, VIEWERS_TOPIC) + b"h-1\0s-1"
    assert unpack_session(key, program.value(key) or b"").seen_ms == T0 + 5


def test_a_profile_with_the_latest_start_names_the_host() -> None:
    program = LiveProgram()
    later = profiled("后来", T0, valid_from_ms=T0 + MINUTE)
    report = tell(program, later, profiled("以前", T0 + 1, valid_from_ms=T0), later)

    assert (report.applied, report.duplicate) == (2, 1)
    assert canonical(state_of(program).items())["hosts"] == {"h-1": {"name": "后来"}}


def test_what_cannot_be_used_leaves_as_it_came() -> None:
    program = LiveProgram()
    batch = Batch(
        COMMENTS_TOPIC, 3, [7, 9], [None, b"h-1"], [b"{", b"\xff"], [T0, T0], 10, {1: [("a", b"b")]}
    )
    report = program.apply(COMMENTS_TOPIC, batch)
    letters = program.take_outputs().dead_letters

    assert (report.applied, report.duplicate, report.rejected, report.dirty_keys) == (0, 0, 2, 2)
    assert letters == [
        DeadLetter(COMMENTS_TOPIC, 3, 7, None, b"{", (), "malformed", letters[0].detail),
        DeadLetter(
            COMMENTS_TOPIC, 3, 9, b"h-1", b"\xff", [("a", b"b")], "malformed", letters[1].detail
        ),
    ]
    assert program.take_outputs().dead_letters == []


@pytest.mark.parametrize("topic", INPUT_TOPICS)
def test_an_empty_batch_changes_nothing(topic: str) -> None:
    program = LiveProgram()

    assert program.apply(topic, Batch(topic, 0, [], [], [], [], 5)).dirty_keys == 0
    assert program.take_dirty() == []


def test_a_tick_changes_nothing_yet() -> None:
    program = LiveProgram()
    tell(program, joined(), paid())
    state = state_of(program)
    program.tick(T0 + 400 * 24 * 60 * MINUTE, caught_up=True)

    assert program.take_dirty() == []
    assert all(program.value(key) == value for key, value in state.items())


def test_a_key_that_is_not_held_has_no_value() -> None:
    program = LiveProgram()
    tell(program, joined())
    seen = blocks_of(state_of(program))[0]
    tell(program, joined())

    assert program.value(seen[:-8] + number(1)) is None
    assert program.value(head(Kind.LINE, ORDERS_TOPIC) + b"h-1\0o-9\x001") is None
    assert program.value(bytes((99,))) is None


def newer(kind: Kind) -> bytes:
    """The begin of a record that the next version writes."""
    return bytes((VERSION_OF[kind] + 1,))


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        (head(Kind.LINE, ORDERS_TOPIC) + b"h-1\0o-1", newer(Kind.LINE), "line"),
        (head(Kind.SEEN, VIEWERS_TOPIC) + b"h-1\0" + number(1) + number(1), b"\x07", "seen"),
        (bytes((77, 1)) + b"h-1\0", b"\x01", "77"),
        (bytes((Kind.SESSION, 99)) + b"h-1\0s-1", bytes((SESSION_VERSION,)), "session"),
    ],
    ids=["line", "seen", "unknown kind", "unknown topic"],
)
def test_what_a_newer_version_wrote_is_refused_by_kind(
    key: bytes, value: bytes, named: str
) -> None:
    with pytest.raises(NewerState) as refused:
        LiveProgram().restore([(key, value)])

    assert named in refused.value.what
    assert refused.value.hint


def test_what_an_older_version_wrote_is_refused_by_kind() -> None:
    with pytest.raises(OlderState, match="minute") as refused:
        LiveProgram().restore(
            [(head(Kind.MINUTE, VIEWERS_TOPIC) + b"h-1\0s-1\0" + number(1), b"\x01")]
        )

    assert "rebuild" in refused.value.hint
