"""Laws of what comments mean: whatever the log and its cuts, the fold holds what the oracle says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streamproc.comments.senses import SenseReader
from streamproc.events.registry import INPUT_TOPICS, AnyEvent
from streamproc.oracle import senses as plain
from streamproc.oracle import uniques
from streamproc.oracle.batch import LogRecord, compute, differences, digest
from streamproc.oracle.senses import Reader
from streamproc.program.canonical import canonical
from streamproc.program.fold_comments import CommentReader
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from streamproc.verification import words_of
from tests.broadcasts import MINUTE_MS, far_ms, near_ms
from tests.builders import T0
from tests.folding import State, batch_of, feed, log_of, pieces, take_into
from tests.sensed import VERSION, spelled
from tests.spelled_reader import SpelledReader
from tests.spoken import evening, few_spoken, few_spoken_logs, masses, said, spoken_logs
from tests.unit.comments.reading import classifier

Tree = dict[str, Any]

LONG = settings(
    deadline=None, max_examples=50, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
"""For long logs: to make one of them short takes minutes, and few_spoken finds what is short."""

SEEDS = range(3)
TYPED = (
    *(
        "没货了",
        "荔枝没货了",
        "荔枝没货了吗",
        "3号没货了",
        "3号补货",
        "補貨吧!!",
        "有货了",
        "上架了",
    ),
    *(
        "优惠券怎么领",
        "好吃",
        "多少钱",
        "假货 退款",
        "加微信13800138000",
        "没货 补货吗",
        "库存呢",
        "哈哈哈",
    ),
    *("sold out", "restock please", "8号链接还有吗", "现货没"),
)


def folded(log: Sequence[LogRecord], reader: CommentReader | None = None) -> State:
    program = LiveProgram(reader or SpelledReader())
    feed(program, log)
    return {key: value for key, value in program.take_dirty() if value is not None}


def held(state: State) -> dict[str, Any]:
    """The canonical form of a state, without the versions that only a state has."""
    form = {"hosts": canonical(state.items())["hosts"]}
    for host in form["hosts"].values():
        for session in host.get("sessions", {}).values():
            session.get("senses", {}).pop("versions", None)
            if not session.get("senses", True):
                del session["senses"]
    return form


def unlike(state: State, log: Sequence[LogRecord], reading: Reader = spelled) -> list[str]:
    """In what a state is not what its log says."""
    fold, oracle = held(state), {"hosts": compute(log, reading)["hosts"]}
    found = differences(fold, oracle)
    assert bool(found) == (digest(fold) != digest(oracle))
    return found or differences(*_of_many(state, log, reading))


def _of_many(state: State, log: Sequence[LogRecord], reading: Reader) -> tuple[Tree, Tree]:
    """How many people a state tells of where it does not tell exactly, and how many there were.

    Shapes: both are the true number where the estimate is good enough.
    """
    with patch.object(uniques, "EXACT_MEMBERS", len(log)):
        hosts = compute(log, reading)["hosts"]
    told: Tree = {}
    true: Tree = {}
    for tally in session_tallies(state.items()):
        sessions = hosts.get(tally.host_id, {}).get("sessions", {})
        senses = sessions.get(tally.session_id, {}).get("senses", {})
        parts = [("", tally.senses.asked, senses.get("totals", {}))]
        for number, minute in tally.minutes.items():
            of_minute = senses.get("minutes", {}).get(str(number * MINUTE_MS), {})
            parts.append((str(number), minute.asked, of_minute))
        for part, asked, expected in parts:
            for (label, subject), each in asked.items():
                numbers = expected[label][subject]
                for name, count in zip(("users", "weighed"), each.people(), strict=True):
                    there = numbers.get(name, 0)
                    path = f"{tally.session_id} {part} {label} {subject} {name}"
                    good = (
                        count.exact == (there <= 256) and abs(count.count() - there) <= there / 20
                    )
                    told[path], true[path] = there if good else count.count(), there
    return told, true


@given(log=st.one_of(few_spoken_logs(far_ms), few_spoken_logs(near_ms)))
@settings(deadline=None)
def test_the_fold_holds_what_the_oracle_says(log: list[LogRecord]) -> None:
    assert unlike(folded(log), log) == []


@given(log=st.one_of(spoken_logs(far_ms), spoken_logs(near_ms)))
@LONG
def test_the_fold_of_much_talk_holds_what_the_oracle_says(log: list[LogRecord]) -> None:
    assert unlike(folded(log), log) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_an_evening_that_reaches_every_rule_is_folded_as_the_oracle_says(seed: int) -> None:
    log = evening(seed)

    assert unlike(folded(log), log) == []


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize(
    "bound",
    [
        *("PAIRS_OF_MINUTE", "PAIRS_OF_SESSION", "COMMENTS_OF_USER", "USERS_OF_TEXT"),
        *("SHORT_CHARACTERS", "USERS_REMEMBERED", "TEXTS_REMEMBERED", "FACTS_KEPT", "SPOKEN_KEPT"),
        *("SAMPLES_KEPT", "EVIDENCE_OF_PAIR", "PAIRS_WITH_EVIDENCE"),
    ],
)
def test_the_evening_reaches_every_bound(
    bound: str, by: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = evening(0)
    right = compute(log, spelled)
    monkeypatch.setattr(plain, bound, getattr(plain, bound) + by)

    assert compute(log, spelled) != right


@given(
    log=st.one_of(spoken_logs(far_ms), spoken_logs(near_ms)),
    cuts=st.lists(st.floats(0, 1), max_size=6),
)
@LONG
def test_the_state_does_not_depend_on_cuts_or_crashes(
    log: list[LogRecord], cuts: list[float]
) -> None:
    places = sorted({int(cut * len(log)) for cut in cuts})

    assert _stopping(log, places) == _cut(log, places) == folded(log)


@given(log=few_spoken_logs())
@settings(deadline=None)
def test_a_program_that_crashes_after_every_record_forgets_nothing(log: list[LogRecord]) -> None:
    assert _stopping(log, range(1, len(log))) == folded(log)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_evening_of_crashes_adds_up_to_the_same(seed: int) -> None:
    log = evening(seed)

    assert _stopping(log, range(7, len(log), 97)) == folded(log)


def _cut(log: Sequence[LogRecord], places: Iterable[int]) -> State:
    """The state of a program that was told in such pieces, and from which each time all was taken."""
    program, state = LiveProgram(SpelledReader()), State()
    for batch in pieces(log, list(places)):
        report = program.apply(batch.topic, batch)
        assert report.dirty_keys == take_into(state, program)
        assert all(program.value(key) == value for key, value in state.items())
    return state


def _stopping(log: Sequence[LogRecord], places: Iterable[int]) -> State:
    """The state of programs that followed each other at these places."""
    state, begin = State(), 0
    for end in [*places, len(log)]:
        program = LiveProgram(SpelledReader())
        program.restore(state.items())
        assert program.take_dirty() == []
        feed(program, log[begin:end])
        take_into(state, program)
        begin = end
    return state


@given(log=spoken_logs(), data=st.data())
@LONG
def test_the_state_does_not_depend_on_how_topics_interleave(
    log: list[LogRecord], data: st.DataObject
) -> None:
    chance = data.draw(st.randoms(use_true_random=False))
    turns = [each.topic for each in log]
    chance.shuffle(turns)
    queues = {topic: iter([each for each in log if each.topic == topic]) for topic in INPUT_TOPICS}

    assert folded([next(queues[topic]) for topic in turns]) == folded(log)


@given(log=few_spoken_logs())
@settings(deadline=None)
def test_all_that_was_told_told_again_changes_no_meaning_near_in_time(log: list[LogRecord]) -> None:
    program, state = LiveProgram(SpelledReader()), State()
    for record in log:
        batch = batch_of([record])
        program.apply(record.topic, batch)
        again = program.apply(record.topic, batch)
        assert again.applied in (0, 1)
        if again.applied:
            return  # too old to be remembered: counted again, and said so
    take_into(state, program)

    assert state == folded(log)


@given(events=few_spoken(near_ms), data=st.data())
@settings(deadline=None)
def test_of_few_comments_that_are_never_late_the_order_decides_weight_alone(
    events: list[AnyEvent], data: st.DataObject
) -> None:
    unique = {each.event_id: each for each in events}
    told = list(unique.values())
    other = data.draw(st.permutations(told))

    assert _without_weight(other) == _without_weight(told)


def _without_weight(events: Sequence[AnyEvent]) -> dict[str, Any]:
    """Comments and users by host, session, minute, label and subject, and what was not understood."""
    counts: dict[str, Any] = {}
    for tally in session_tallies(folded(log_of(events)).items()):
        of_session = {"unexplained": tally.senses.unexplained, **_people(tally.senses.asked)}
        counts[f"{tally.host_id} {tally.session_id}"] = of_session
        for number, minute in tally.minutes.items():
            of_session[f"{number}"] = {"?": minute.unexplained, **_people(minute.asked)}
    # where nothing was asked, the order may decide whether something is held that says so
    return {
        where: told
        for where, held in counts.items()
        if (told := {what: said for what, said in held.items() if said not in (0, {"?": 0})})
    }


def _people(asked: dict[tuple[str, str], Any]) -> dict[str, Any]:
    return {
        " ".join(pair): (each.comments, each.people()[0].count()) for pair, each in asked.items()
    }


@given(
    texts=st.lists(
        st.tuples(st.sampled_from(TYPED), st.integers(0, 5), st.integers(0, 30)), max_size=60
    )
)
@settings(deadline=None)
def test_what_people_type_is_folded_as_the_oracle_reads_it(
    texts: list[tuple[str, int, int]],
) -> None:
    log = log_of([said(text, who, typed_at(at_s)) for text, who, at_s in texts])

    assert unlike(folded(log, _reader()), log, words_of(classifier()).reading) == []


def typed_at(at_s: int) -> int:
    """A time at which comments of these laws are typed."""
    return T0 + at_s * 7_000


@cache
def _reader() -> SenseReader:
    return SenseReader(classifier())


@pytest.mark.parametrize("people", [257, 700, 2_000])
def test_more_people_than_are_counted_exactly_are_estimated(people: int) -> None:
    many = masses(T0, people)
    crowded = folded(log_of([*many, *many[: people // 2]]))

    (tally,) = session_tallies(crowded.items())
    asked = tally.senses.asked["stockout_report", "p:p-1"]
    users, weighed = asked.people()
    assert (asked.comments, users.exact, weighed.exact) == (people, False, False)
    assert users.count() == pytest.approx(people, rel=0.05)
    assert weighed.count() == pytest.approx(people, rel=0.05)


def test_a_session_knows_what_it_was_read_with() -> None:
    log = log_of([said("s", 1, T0 + n) for n in range(7)])
    program = LiveProgram(SpelledReader())
    state = State()
    versions = []
    for index, record in enumerate(log):
        program = LiveProgram(SpelledReader(f"v{9 - index}" if index else VERSION))
        program.restore(state.items())
        feed(program, [record])
        take_into(state, program)
        (tally,) = session_tallies(state.items())
        versions.append(sorted(tally.senses.versions))

    assert versions[:3] == [[VERSION], sorted([VERSION, "v8"]), sorted([VERSION, "v8", "v7"])]
    assert versions[-1] == ["v3", "v4", "v5", "v6"]


def test_without_a_reader_nothing_is_kept_of_what_comments_mean() -> None:
    log = evening(0)
    program = LiveProgram()
    feed(program, log)
    state = {key: value for key, value in program.take_dirty() if value is not None}

    assert held(state)["hosts"] == compute(log)["hosts"]
