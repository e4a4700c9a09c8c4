"""Laws of a log that lost its beginning: a right state never differs from it, and goes on in a new one."""

from __future__ import annotations

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import INPUT_TOPICS, AnyEvent
from streamproc.oracle.batch import LogRecord
from streamproc.program.canonical import canonical
from streamproc.program.codecs import unpack_block
from streamproc.program.keys import Kind, parse
from streamproc.program.live import LiveProgram
from tests.broadcasts import far_ms, told
from tests.builders import T0
from tests.cut_log import numbered, verified
from tests.folding import State, feed, folded

WRITTEN_MS: Final = 7_200_000
"""So long after the first of them two hours of events are in the log."""
LATER_MS: Final = 3 * 86_400_000


def _in_one_log(before: list[AnyEvent], after: list[AnyEvent], renamed: str) -> list[LogRecord]:
    """One evening, and another one days later, of which some broadcasts go by another name."""
    first = numbered(before, T0 + WRITTEN_MS)
    ends = {topic: sum(each.topic == topic for each in first) for topic in INPUT_TOPICS}
    first = [each._replace(value=_renamed(each.value or b"", "")) for each in first]
    second = numbered(after, T0 + LATER_MS + WRITTEN_MS)
    return first + [
        each._replace(
            offset=each.offset + ends[each.topic], value=_renamed(each.value or b"", renamed)
        )
        for each in second
    ]


def _renamed(value: bytes, sessions: str) -> bytes:
    event = msgspec.json.decode(value)
    if "session_id" in event:
        event["session_id"] += "2" * (event["session_id"] in sessions)
        # one id in two broadcasts: which of them has the event then depends on what came first
        event["event_id"] += "-" + event["session_id"]
    return msgspec.json.encode(event)


def _without_ids(state: State) -> State:
    """All but ids: a fact that is left and was known before leaves one, or sums of nothing."""
    return {key: value for key, value in state.items() if key[0] != Kind.SEEN}


def _ids(state: State) -> set[tuple[str, str, int]]:
    """The ids that a state remembers; when one is forgotten hangs on what its host told before."""
    blocks = [(parse(key), value) for key, value in state.items() if key[0] == Kind.SEEN]
    return {
        (parsed.host_id, parsed.topic, event_id)
        for parsed, value in blocks
        for event_id in unpack_block(value)
    }


LOGS: Final = {
    "before": told(),
    "after": told(far_ms.map(lambda ms: ms + LATER_MS)),
    "renamed": st.sampled_from(["", "s", "st", "st"]),
    "cuts": st.fixed_dictionaries(
        dict.fromkeys(INPUT_TOPICS, st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0, 1.0, 1.2]))
    ),
}


def _begins(log: list[LogRecord], before: int, cuts: dict[str, float]) -> dict[str, int]:
    """Where what is left begins: so far into the first evening."""
    begins = {}
    for topic, part in cuts.items():
        of_first = sum(each.topic == topic for each in log[:before])
        of_all = sum(each.topic == topic for each in log)
        begins[topic] = min(of_all, round(part * of_first))
    return begins


@given(**LOGS)
def test_a_right_state_is_equal_to_what_is_left_of_its_log(
    before: list[AnyEvent], after: list[AnyEvent], renamed: str, cuts: dict[str, float]
) -> None:
    log = _in_one_log(before, after, renamed)
    begins = _begins(log, len(before), cuts)

    found = verified(log, begins)

    assert found.differences == []
    assert (found.notes == []) is not any(begins.values())


@given(**LOGS)
def test_what_is_left_of_a_log_and_the_state_before_make_the_whole_state(
    before: list[AnyEvent], after: list[AnyEvent], renamed: str, cuts: dict[str, float]
) -> None:
    log = _in_one_log(before, after, renamed)
    begins = _begins(log, len(before), cuts)
    whole, left = folded(log), [each for each in log if each.offset >= begins[each.topic]]
    first_ms = {each.topic: each.timestamp_ms for each in reversed(left)}
    cut = {topic: first_ms.get(topic) for topic, offset in begins.items() if offset}
    program = LiveProgram()
    feed(program, left)

    program.inherit(whole.items(), (), cut)

    made = [(key, value) for key, value in program.take_dirty() if value is not None]
    assert len(made) == len(dict(made))
    assert canonical(made) == canonical(whole.items())
    assert _without_ids({key: value for key, value in made if key in whole}) == _without_ids(whole)
    assert _ids(dict(made)) >= _ids(whole)
    assert {key[0] for key, _ in made if key not in whole} <= {Kind.SEEN, Kind.SOLD}
