"""Laws of views: whatever is told and whenever it is shown, it is what the records say, whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streamproc.client.digest import digest_of_figures, digest_of_tallies
from streamproc.oracle.batch import LogRecord
from streamproc.oracle.figures import figures
from streamproc.program.live import LiveProgram
from tests.broadcasts import MINUTE_MS, far_ms, logs, near_ms, turning_logs
from tests.builders import T0
from tests.folding import State, pieces, take_into
from tests.garbage import littered
from tests.shown import Watcher
from tests.spelled_reader import SpelledReader
from tests.spoken import few_spoken_logs

DAY_MS = 86_400_000
MOST = 100
waits_ms = st.sampled_from((0, 0, 1_000, 1_000, 10_000, 61_000, 600_000, 4_300_000))
steps = st.lists(
    st.sampled_from(("flush", "flush", "tick", "tick", "take", "take", "rest", "restart", "again")),
    max_size=4,
)


class Stage:
    """A program that is flushed, ticked, restarted and looked at."""

    def __init__(self) -> None:
        self.state: State = {}
        self.watcher = Watcher()
        self.wall_ms = T0
        self.program = LiveProgram(SpelledReader(), shown=True)

    def restart(self) -> None:
        take_into(self.state, self.program)
        self.program = LiveProgram(SpelledReader(), shown=True)
        self.program.restore(iter(self.state.items()))
        self.watcher.restarted()

    def take(self, most: int = MOST) -> None:
        self.watcher.see(self.program, self.program.take_views(most))

    def tick(self, wait_ms: int, caught_up: bool) -> None:
        self.wall_ms += wait_ms
        self.program.tick(self.wall_ms, caught_up)

    def step(self, kind: str, draw: Callable[[Any], Any]) -> None:
        match kind:
            case "flush":
                take_into(self.state, self.program)
            case "tick":
                self.tick(draw(waits_ms), draw(st.booleans()))
            case "take":
                self.take(draw(st.sampled_from((1, MOST))))
            case "rest":
                for _ in range(70):
                    self.program._rest.step()
            case "restart":
                self.restart()
            case _:
                self.program.show_again()


def play(data: st.DataObject, log: Sequence[LogRecord]) -> None:
    stage = Stage()
    cuts = data.draw(st.lists(st.integers(0, len(log)), max_size=6))
    for batch in pieces(log, cuts):
        stage.program.apply(batch.topic, batch)
        for kind in data.draw(steps):
            stage.step(kind, data.draw)
    for _ in range(12):
        stage.tick(1_000, True)
        stage.take()
    stage.program.show_again()
    stage.tick(1_000, True)
    stage.take()
    stage.watcher.knows(stage.program)


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data(), littered(st.one_of(logs(far_ms), logs(near_ms))))
def test_what_is_shown_is_what_the_records_say(data: st.DataObject, log: list[LogRecord]) -> None:
    play(data, log)


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(turning_logs())
def test_who_was_online_is_shown_by_all_turns_told_so_far(log: list[LogRecord]) -> None:
    stage = Stage()
    stage.wall_ms += 11 * MINUTE_MS  # later than all that is told, so that windows hold it
    for batch in pieces(log):
        stage.program.apply(batch.topic, batch)
        stage.tick(1_000, True)
        take_into(stage.state, stage.program)  # what is not written is told anew at each turn
        stage.take()
        stage.watcher.knows(stage.program)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data(), few_spoken_logs())
def test_what_was_asked_is_shown_as_the_records_say(
    data: st.DataObject, log: list[LogRecord]
) -> None:
    play(data, log)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(log=logs(near_ms))
def test_what_is_shown_has_the_digest_of_what_the_log_adds_up_to(log: list[LogRecord]) -> None:
    stage = Stage()
    for batch in pieces(log):
        stage.program.apply(batch.topic, batch)
    stage.tick(MINUTE_MS * 3, False)
    stage.take()
    shown = stage.watcher.tallies
    for as_of_ms in {each.as_of_ms for each in shown.values()}:
        told = figures(log, as_of_ms)["hosts"]
        plain = {
            host: {
                each.session_id: told[host][each.session_id]["figures"] for each in tally.sessions
            }
            for host, tally in shown.items()
        }
        assert digest_of_tallies(shown.values()) == digest_of_figures(plain)
