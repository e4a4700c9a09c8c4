from __future__ import annotations

from streamproc.events.comments import Role
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from streamproc.tally.comments import asked_between, comments_answer
from streamproc.tally.model import SessionTally
from tests.builders import T0, comment, viewer_key
from tests.folding import tell
from tests.spelled_reader import SpelledReader


def tally() -> SessionTally:
    program = LiveProgram(SpelledReader())
    tell(
        program,
        comment("s L"),
        comment("s L", T0 + 60_000, user_key=viewer_key(2)),
        comment("s #3", T0 + 120_000, user_key=viewer_key(2)),
        comment("s", T0 + 120_001, user_key=None),
        comment("? hm", T0 + 120_002),
        comment("in M", T0 + 120_003, role=Role.HOST),
    )
    (found,) = host_tallies(program)
    return found


def test_intents_count_people_once_over_all_products() -> None:
    said = comments_answer(tally())

    out = {"comments": 4, "users": 2, "approximate": False}
    assert said["intents"] == {"stockout_report": out}
    assert said["products"] == {
        "p:p-1": {"stockout_report": {"comments": 2, "users": 2, "approximate": False}},
        "l:3": {"stockout_report": {"comments": 1, "users": 1, "approximate": False}},
    }
    assert said["unexplained"] == 1
    assert said["lexicon_versions"] == ["spelled"]
    assert said["facts"] == [
        {
            "at_ms": T0 + 120_003,
            "role": "host",
            "polarity": "in",
            "subject": "p:p-2",
            "text": "in M",
        }
    ]


def test_windows_are_of_whole_minutes() -> None:
    first = T0 // 60_000
    lychee = ("stockout_report", "p:p-1")

    assert asked_between(tally(), first, 1)[lychee]["users"] == 1
    assert asked_between(tally(), first, 5)[lychee]["users"] == 2
    assert lychee not in asked_between(tally(), first + 2, 10)
