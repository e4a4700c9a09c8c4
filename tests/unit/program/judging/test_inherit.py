"""A state that replaces another one takes over what no log tells again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from streamproc.alerts.held import Held
from streamproc.alerts.model import Phase
from streamproc.events.outputs import AlertTransition, encoded
from streamproc.program.alert_codec import pack_alert
from streamproc.program.keys import CLOCK, Kind, head
from tests.builders import T0, joined
from tests.folding import State, take_into, tell
from tests.judged import SECOND_MS, again, alerts_of, decoded, live, pass_time


def test_a_program_that_replaces_a_state_takes_its_alerts_over_and_counts_on() -> None:
    state: State = {}
    program = live()
    fired = pass_time(program, T0 + SECOND_MS, T0 + 90_000, state=state)
    for now_ms in range(T0 + 90_000, T0 + 100_000, SECOND_MS):
        tell(program, joined(now_ms, now_ms))
        program.tick(now_ms, caught_up=True)
    take_into(state, program)
    waiting = decoded(program.take_outputs().published)
    assert waiting

    rebuilt = live()
    tell(rebuilt, *(joined(now_ms, now_ms) for now_ms in range(T0 + 90_000, T0 + 100_000, 1_000)))
    _, unread = rebuilt.inherit([*state.items(), *BROKEN])
    taken: State = {}
    take_into(taken, rebuilt)
    assert by_clock(taken) == by_clock(state)
    heir = again(taken)
    told = decoded(heir.take_outputs().published)
    steps = pass_time(heir, T0 + 100_000, T0 + 420_000, state=taken)

    assert unread == len(BROKEN)
    assert told == waiting
    (first,) = [each for each in fired if each.kind == "StreamDead"]
    (second,) = [each for each in steps if (each.kind, each.why) == ("StreamDead", "entered")]
    assert (second.episode, first.episode) == (2, 1)
    assert second.alert_id != first.alert_id


def test_a_program_that_finds_no_state_takes_alerts_from_what_was_published() -> None:
    published = pass_time(live(), T0 + SECOND_MS, T0 + 90_000)
    (first,) = [each for each in published if each.kind == "StreamDead"]
    elsewhere = replace(first, session_id="s-9")
    rebuilt, taken = live(), dict[bytes, bytes]()
    _, unread = rebuilt.inherit([], [encoded(each) for each in (first, elsewhere)])
    take_into(taken, rebuilt)
    heir = again(taken)

    tell(heir, joined(2, T0 + 90_500))
    steps = pass_time(heir, T0 + 91_000, T0 + 155_000)

    assert unread == 0
    assert [each.session_id for each in published] == ["s-1"]
    assert [each.phase for each in alerts_of(taken)] == ["firing"]
    assert {each.alert_id for each in steps} == {first.alert_id}
    assert [each.seq for each in steps] == list(range(2, 2 + len(steps)))
    assert steps[-1].phase == "resolved"


@pytest.mark.parametrize(
    ("known", "stands"),
    [
        (Held("StreamDead", "", Phase.FIRING, episode=1, seq=1), 1),
        (Held("StreamDead", "", Phase.FIRING, episode=1, seq=2), 2),
        (Held("StreamDead", "", Phase.FIRING, episode=2, seq=1), 1),
        (Held("StreamDead", "", episode=1), 0),
        (Held("StreamDead", "", Phase.PENDING, since_ms=T0), 1),
    ],
    ids=["as far", "further", "another episode", "long over", "about to fire"],
)
def test_what_a_state_knows_of_an_alert_counts_if_it_is_no_less(known: Held, stands: int) -> None:
    (first,) = dead_steps(pass_time(live(), T0 + SECOND_MS, T0 + 90_000))
    key = head(Kind.ALERT, CLOCK) + b"h-1\0s-1\0StreamDead\0"
    rebuilt, taken = live(), dict[bytes, bytes]()
    rebuilt.inherit([(key, pack_alert(known))], [encoded(first)])
    take_into(taken, rebuilt)

    (held,) = alerts_of(taken)

    assert held.seq == stands


def dead_steps(steps: list[AlertTransition]) -> list[AlertTransition]:
    return [each for each in steps if each.kind == "StreamDead"]


BROKEN = [
    (head(Kind.ALERT, CLOCK) + b"h-1\0s-1\0StreamDead\0x", b""),
    (head(Kind.ALERT, CLOCK) + b"h-1\0s-1\0StreamDead\0x", b"\x01junk"),
    (head(Kind.ALERT, CLOCK) + b"h-1\0s-1\0StreamDead\0x", pack_alert(Held("Stockout", "x"))),
    (head(Kind.ALERT, CLOCK), pack_alert(Held("Stockout", "x"))),
    (
        head(Kind.ALERT, CLOCK) + b"h-1\0s-1\0Stockout\0x",
        b"\x63" + pack_alert(Held("Stockout", "x")),
    ),
    (head(Kind.OUTBOX, CLOCK) + b"h-1\0s-1\0a-1\0" + bytes(8), b"\x01{}"),
]
"""Records that no worker could restore."""


def by_clock(state: State) -> State:
    """What no log tells again."""
    return {key: value for key, value in state.items() if key[0] in {Kind.ALERT, Kind.OUTBOX}}
