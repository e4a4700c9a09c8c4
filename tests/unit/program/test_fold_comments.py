from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from streamproc.errors import NewerState
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.program.keys import Kind, head, parse
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from streamproc.tally.model import SenseTally, SessionTally
from streamproc.tally.senses import PAIRS_OF_MINUTE, PAIRS_OF_SESSION
from streamproc.tally.session_sense import EVIDENCE, FACTS, PAIRS_WITH_EVIDENCE, SAMPLES
from tests.builders import T0, comment, joined, viewer_key
from tests.folding import State, batch_of, log_of, take_into, tell
from tests.spelled_reader import SpelledReader

DAY_MS = 86_400_000
OUT = "s L"
"""A comment that says that p-1 is out of stock."""


def said(text: str = OUT, user: int | None = 1, after_ms: int = 0, **fields: Any) -> CommentPosted:  # noqa: ANN401
    key = None if user is None else viewer_key(user)
    return comment(text, T0 + after_ms, **{"user_key": key, **fields})


def heard(*events: CommentPosted) -> SessionTally:
    program = LiveProgram(SpelledReader())
    tell(program, *events)
    return tally_of(program)


def tally_of(program: LiveProgram, session_id: str = "s-1") -> SessionTally:
    tallies = session_tallies(program.records.items())
    return next(each for each in tallies if each.session_id == session_id)


def counts(tally: SenseTally, label: str = "stockout_report", subject: str = "p:p-1") -> list[int]:
    """Comments, users and weighed users of a pair."""
    asked = tally.asked[label, subject]
    return [asked.comments, *(each.count() for each in asked.people())]


def sense_records(program: LiveProgram) -> Iterator[Kind]:
    kinds = (Kind.SENSE, Kind.SENSES, Kind.ASKED)
    return (Kind(key[0]) for key, _ in sorted(program.records.items()) if key[0] in kinds)


def test_a_comment_is_told_once_for_each_label_and_its_subject() -> None:
    senses = heard(said("s r L"), said("r", user=2), said("a #3", user=None)).senses

    assert sorted(senses.asked) == [
        ("availability_question", "l:3"),
        ("restock_request", ""),
        ("restock_request", "p:p-1"),
        ("stockout_report", "p:p-1"),
    ]
    assert counts(senses) == [1, 1, 1]
    assert counts(senses, "availability_question", "l:3") == [1, 0, 0]


def test_the_card_that_is_sent_along_wins_over_what_the_text_mentions() -> None:
    assert list(heard(said(OUT, product_id="p-9")).senses.asked) == [("stockout_report", "p:p-9")]


def test_goods_that_are_back_are_told_but_not_by_one_who_asks_for_them() -> None:
    assert sorted(heard(said("in L"), said("in r M")).senses.asked) == [
        ("recovered", "p:p-1"),
        ("restock_request", "p:p-2"),
    ]


@pytest.mark.parametrize(
    "fields", [{"mirrored": True}, {"role": Role.HOST}, {"role": Role.STAFF}, {"role": Role.OTHER}]
)
def test_only_what_viewers_of_this_room_write_is_asked(fields: dict[str, Any]) -> None:
    assert heard(said(**fields)).senses.asked == {}


def test_a_room_in_which_nobody_asks_has_no_record_of_it() -> None:
    program = LiveProgram(SpelledReader())
    tell(program, said("", user=None), said("hello", role=Role.OTHER), joined(1))

    assert list(sense_records(program)) == []


def test_a_program_without_a_reader_counts_comments_only() -> None:
    program = LiveProgram()
    tell(program, said(), said("?"))

    assert list(sense_records(program)) == []
    assert tally_of(program).senses == SenseTally()


def test_what_is_late_counts_in_the_session_and_in_no_minute() -> None:
    tally = heard(said(after_ms=300_000), said(user=2), said("?", user=2))

    assert counts(tally.senses) == [2, 2, 1]
    assert {number: list(each.asked) for number, each in tally.minutes.items()} == {
        (T0 + 300_000) // 60_000: [("stockout_report", "p:p-1")]
    }
    assert tally.senses.unexplained == 1
    assert sum(each.unexplained for each in tally.minutes.values()) == 0


def test_a_minute_that_is_told_after_a_later_one_counts_once_in_the_session() -> None:
    tally = heard(said(after_ms=60_000), said(user=2), said(user=2, after_ms=120_000))

    assert counts(tally.senses) == [3, 2, 2]
    assert [each.asked["stockout_report", "p:p-1"].comments for each in tally.minutes.values()] == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(("copies", "weighed"), [(3, 3), (4, 3), (30, 3)])
def test_of_a_text_that_many_copy_in_ten_seconds_three_weigh(copies: int, weighed: int) -> None:
    users = [*range(copies), *range(copies)]
    events = [said("s L long enough", user=user) for user in users]

    assert counts(heard(*events).senses) == [2 * copies, copies, weighed]


def test_what_is_short_and_names_something_many_type_alike() -> None:
    short = heard(*[said("s L", user=user) for user in range(9)])
    nothing_named = heard(*[said("s", user=user) for user in range(9)])

    assert counts(short.senses) == [9, 9, 9]
    assert counts(nothing_named.senses, subject="") == [9, 9, 3]


def test_the_next_ten_seconds_begin_anew() -> None:
    events = [said("s", user=user, after_ms=user // 4 * 10_000) for user in range(8)]

    assert counts(heard(*events).senses, subject="") == [8, 8, 6]


def test_of_one_user_twenty_comments_in_ten_seconds_weigh() -> None:
    chatter = [said(f"hello {number}") for number in range(19)]
    twentieth = heard(*chatter, said("s L"))
    one_more = heard(*chatter, said("hello"), said("s L"))

    assert counts(twentieth.senses) == [1, 1, 1]
    assert counts(one_more.senses) == [1, 1, 0]


def test_spam_and_the_nameless_do_not_weigh() -> None:
    assert counts(heard(said("s ! L"), said(user=None)).senses) == [2, 1, 0]


def test_who_weighs_once_weighs_however_often_he_is_damped() -> None:
    assert counts(heard(said("s L"), said("s ! L"), said("s ! L", user=2)).senses) == [3, 2, 1]


def test_beyond_the_bounds_pairs_count_together() -> None:
    products = PAIRS_OF_SESSION + 10
    events = [said(product_id=f"p-{number}", after_ms=number * 2_000) for number in range(products)]
    tally = heard(*events)
    crowded = heard(*[said(product_id=f"p-{number}") for number in range(PAIRS_OF_MINUTE + 5)])

    assert len(tally.senses.asked) == PAIRS_OF_SESSION + 1
    assert tally.senses.asked["stockout_report", "*"].comments == 10
    (minute,) = crowded.minutes.values()
    assert len(minute.asked) == PAIRS_OF_MINUTE + 1
    assert minute.asked["stockout_report", "*"].comments == 5
    assert len(crowded.senses.asked) == PAIRS_OF_MINUTE + 5


def test_facts_are_what_host_and_staff_say_of_stock() -> None:
    events = [
        said("s L out", role=Role.HOST),
        said("r", role=Role.STAFF, after_ms=1),
        said("in", role=Role.STAFF, after_ms=2),
        said("p", role=Role.HOST, after_ms=3),
        said("s", role=Role.OTHER, after_ms=4),
    ]

    facts = heard(*events).senses.facts
    assert [(each.role, each.polarity, each.subject, each.shown) for each in facts] == [
        ("host", "out", "p:p-1", "s L out"),
        ("staff", "unknown", "", "r"),
        ("staff", "in", "", "in"),
    ]
    many = heard(*[said("s", role=Role.HOST, after_ms=-number) for number in range(FACTS + 4)])
    assert [each.at_ms - T0 for each in many.senses.facts] == list(range(1 - FACTS, 1))


def test_evidence_is_the_newest_that_weighs_and_hides_numbers() -> None:
    events = [said(f"s 13800138000 no {n}", user=n, after_ms=-n * 100) for n in range(EVIDENCE + 3)]
    senses = heard(*events, said("p"), said("s !", after_ms=1)).senses

    (kept,) = senses.evidence.values()
    assert [each[0] - T0 for each in kept] == [-100 * n for n in reversed(range(EVIDENCE))]
    assert kept[-1][4] == "s *** no 0"


def test_evidence_of_the_pair_that_was_silent_longest_goes() -> None:
    products = [f"p-{number:02}" for number in range(PAIRS_WITH_EVIDENCE + 1)]
    events = [said(product_id=one, after_ms=at, user=at) for at, one in enumerate(products)]
    again = said(product_id="p-00", after_ms=500)
    senses = heard(*events[:-1], again, events[-1]).senses

    assert ("stockout_report", "p:p-00") in senses.evidence
    assert ("stockout_report", "p:p-01") not in senses.evidence


def test_a_pair_that_lost_its_evidence_may_have_new_one() -> None:
    products = [f"p-{number:02}" for number in range(PAIRS_WITH_EVIDENCE + 1)]
    events = [said(product_id=one, after_ms=at, user=at) for at, one in enumerate(products)]
    senses = heard(*events, said(product_id="p-00", after_ms=500)).senses

    assert [each[0] - T0 for each in senses.evidence["stockout_report", "p:p-00"]] == [500]


def test_what_nothing_explains_is_counted_and_the_newest_kept() -> None:
    events = [said(f"? {number}", after_ms=number) for number in range(SAMPLES + 2)]
    tally = heard(*events, said("?", role=Role.HOST))

    assert tally.senses.unexplained == SAMPLES + 2
    assert [each.shown for each in tally.senses.samples] == [
        f"? {n}" for n in range(2, SAMPLES + 2)
    ]
    assert [each.unexplained for each in tally.minutes.values()] == [SAMPLES + 2]


def test_another_lexicon_takes_over_between_batches_and_is_remembered() -> None:
    program = LiveProgram(SpelledReader("one"))
    tell(program, said())
    for version in ("two", "two", "three", "four", "five"):
        program.read_with(SpelledReader(version))
        tell(program, said(user=2))

    tally = tally_of(program)
    assert tally.senses.versions == ["two", "three", "four", "five"]
    assert counts(tally.senses) == [6, 2, 2]


def test_what_was_asked_ends_with_its_minute_and_its_session() -> None:
    program = LiveProgram(SpelledReader())
    tell(program, said("s r L"))
    tell(program, said(after_ms=60_000, session_id="s-2"))
    tell(program, joined(1, T0 + 60_000), said(after_ms=9 * DAY_MS, host_id="h-2"))
    program.take_dirty()
    program.tick(0, True)
    left = [parse(key) for key, _ in program.records.items() if key[0] == Kind.SENSES]
    assert [each.host_id for each in left] == ["h-1", "h-1", "h-2"]  # open minutes stay

    tell(program, said(after_ms=402 * DAY_MS, host_id="h-2"))
    program.take_dirty()
    program.tick(0, True)
    kept = [parse(key) for key, _ in program.records.items() if key[0] in (Kind.SENSE, Kind.ASKED)]
    assert {(each.host_id, each.ids) for each in kept} == {("h-1", ("s-2",)), ("h-2", ("s-1",))}


def test_a_minute_that_is_over_takes_what_was_asked_in_it_along() -> None:
    program = LiveProgram(SpelledReader())
    tell(program, said(), said(after_ms=60_000), said(after_ms=9 * DAY_MS, host_id="h-2"))
    program.take_dirty()
    program.tick(0, True)

    minutes = [parse(key) for key, _ in program.records.items() if key[0] == Kind.SENSES]
    assert [(each.host_id, each.numbers[0] * 60_000 - T0) for each in minutes] == [
        ("h-1", 60_000),
        ("h-2", 9 * DAY_MS),
    ]
    assert counts(tally_of(program).senses) == [2, 1, 1]


def test_records_of_a_newer_version_are_refused() -> None:
    for kind in (Kind.SENSE, Kind.SENSES, Kind.ASKED):
        with pytest.raises(NewerState, match=kind.name.lower()):
            LiveProgram().restore([(head(kind, COMMENTS_TOPIC) + b"h\0s", b"\3")])


def test_a_program_restored_between_any_two_comments_goes_on_as_if_nothing_had_been() -> None:
    texts = ("s L", "s ! L", "r", "in", "?", "p #4", "s long enough to damp")
    log = log_of(
        [
            said(
                texts[number % len(texts)],
                user=number % 5,
                after_ms=number % 9 * 7_000,
                role=Role.HOST if number % 11 == 0 else Role.VIEWER,
            )
            for number in range(120)
        ]
    )
    program, state = LiveProgram(SpelledReader()), State()
    for each in log:
        program.apply(each.topic, batch_of([each]))
        take_into(state, program)
        program = LiveProgram(SpelledReader())
        program.restore(state.items())
    whole, at_once = LiveProgram(SpelledReader()), State()
    whole.apply(COMMENTS_TOPIC, batch_of(log))
    take_into(at_once, whole)

    assert state == at_once
