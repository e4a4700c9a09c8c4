"""Programs that judge in tests, second by second, and what they publish."""

from __future__ import annotations

from collections.abc import Iterable

from streamproc.alerts.held import Held
from streamproc.alerts.judge import Judge
from streamproc.alerts.limits import Limits
from streamproc.alerts.registry import RULES
from streamproc.events.outputs import AlertTransition, decode_alert
from streamproc.program.alert_codec import unpack_alert
from streamproc.program.fold_comments import CommentReader
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.protocol import Published
from tests.builders import T0, joined, profiled, room_started, viewers_counted
from tests.folding import State, take_into, tell

SECOND_MS = 1_000


def judging(reader: CommentReader | None = None) -> LiveProgram:
    """A program that judges by the rules of the catalogue."""
    return LiveProgram(reader, Judge(RULES, Limits().of_host))


def pass_time(
    program: LiveProgram,
    start_ms: int,
    end_ms: int,
    *,
    caught_up: bool = True,
    state: State | None = None,
) -> list[AlertTransition]:
    """Let each second of a span begin; the steps that were published, all known to be out.

    Shapes: ``state`` is brought up to date, as a changelog, before anything is published.
    """
    steps: list[AlertTransition] = []
    for now_ms in range(start_ms, end_ms, SECOND_MS):
        program.tick(now_ms, caught_up)
        if state is None:
            program.take_dirty()
        else:
            take_into(state, program)
        published = program.take_outputs().published
        program.delivered(published)
        steps += decoded(published)
    return steps


def decoded(published: Iterable[Published]) -> list[AlertTransition]:
    """The transitions of records."""
    return [decode_alert(each.value or b"") for each in published]


def live() -> LiveProgram:
    """A program whose room was heard for the last time at ``T0``, and often in the two minutes before."""
    program = judging()
    started_ms = T0 - 120_000
    tell(program, profiled(at_ms=started_ms - 1_000), room_started(started_ms))
    tell(program, *(viewers_counted(3, at_ms) for at_ms in range(started_ms, T0, 10_000)))
    tell(program, joined(at_ms=T0))
    return program


def again(state: State) -> LiveProgram:
    """A fresh worker's program, of a recovered state."""
    program = judging()
    program.restore(state.items())
    return program


def alerts_of(state: State) -> list[Held]:
    """The alerts that a state holds."""
    return [unpack_alert(value) for key, value in state.items() if key[0] == Kind.ALERT]
