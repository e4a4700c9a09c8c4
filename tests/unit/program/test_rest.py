from __future__ import annotations

from streamproc.events.registry import VIEWERS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.program.rest import STEPS
from streamproc.program.streams import NOTHING
from tests.builders import T0, joined
from tests.folding import tell


def test_a_quiet_host_lets_go_and_goes_on_where_it_was() -> None:
    program, known = LiveProgram(), joined(1, T0)
    tell(program, joined(0, T0 - 1), known)
    stream = program.audience[VIEWERS_TOPIC].hosts[joined().host_id]
    program.take_dirty()
    for _ in range(2 * STEPS):
        program.tick(0, caught_up=True)
    assert stream.session is NOTHING
    assert stream.bucket is None

    assert tell(program, known, joined(2, T0 + 1)).duplicate == 1
    program.take_dirty()
    session = program.audience[VIEWERS_TOPIC].find_session(stream, joined().session_id)
    assert session is not None
    assert session.totals.row()[0] == 3


def test_a_host_that_is_not_written_yet_stays_open() -> None:
    program = LiveProgram()
    tell(program, joined(0, T0 - 1), joined(1, T0))
    stream = program.audience[VIEWERS_TOPIC].hosts[joined().host_id]
    for _ in range(3 * STEPS):
        program.tick(0, caught_up=True)

    assert stream.session is not NOTHING


def test_a_host_that_goes_on_stays_open() -> None:
    program = LiveProgram()
    tell(program, joined(0, T0 - 1), joined(1, T0))
    stream = program.audience[VIEWERS_TOPIC].hosts[joined().host_id]
    program.take_dirty()
    for second in range(2 * STEPS):
        tell(program, joined(second, T0 + second * 1_000))
        program.take_dirty()
        program.tick(0, caught_up=True)

    assert stream.session is not NOTHING
