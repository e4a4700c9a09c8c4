"""What the oracle makes of comments that spell their meaning, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from xxhash import xxh3_64_hexdigest

from streamproc.events.comments import CommentPosted, Role
from streamproc.oracle.batch import compute
from streamproc.oracle.senses import masked
from tests.builders import T0, viewer_key
from tests.folding import log_of
from tests.unit.oracle.meant import said, told

SECOND_MS = 1_000
PANE_MS = 10_000
MINUTE_MS = 60_000
ONE = {"comments": 1, "users": 1, "weighed": 1}
UNWEIGHED = {"comments": 1, "users": 1}


def totals(*events: CommentPosted) -> dict[str, Any]:
    result: dict[str, Any] = told(*events)["totals"]
    return result


def minute(*events: CommentPosted, at_ms: int = T0) -> dict[str, Any]:
    result: dict[str, Any] = told(*events)["minutes"][str(at_ms)]
    return result


def user(number: int) -> str:
    return xxh3_64_hexdigest(viewer_key(number).encode())


def test_without_a_reading_nothing_is_said_of_comments() -> None:
    assert "senses" not in compute(log_of([said("s")]))["hosts"]["h-1"]["sessions"]["s-1"]


def test_a_comment_counts_under_each_of_its_labels_in_session_and_minute() -> None:
    found = told(said("r s out", at_ms=T0 + 61_000))

    both = {"restock_request": {"": ONE}, "stockout_report": {"": ONE}}
    assert found["totals"] == both
    assert found["minutes"] == {str(T0 + MINUTE_MS): both}


def test_a_comment_without_meaning_counts_nowhere() -> None:
    assert told(said("good evening")) == {}


@pytest.mark.parametrize(
    ("text", "card", "subject"),
    [
        ("p", None, ""),
        ("p L", None, "p:p-1"),
        ("p #7", None, "l:7"),
        ("p L", "p-9", "p:p-9"),
        ("p", "p-9", "p:p-9"),
    ],
)
def test_a_comment_is_about_its_card_or_what_it_mentions(
    text: str, card: str | None, subject: str
) -> None:
    assert totals(said(text, product_id=card)) == {"praise": {subject: ONE}}


def test_goods_that_are_back_count_as_recovered() -> None:
    assert totals(said("in L")) == {"recovered": {"p:p-1": ONE}}
    assert totals(said("in p")) == {"praise": {"": ONE}, "recovered": {"": ONE}}


@pytest.mark.parametrize("alarm", ["r", "s"])
def test_who_asks_for_goods_does_not_say_that_they_are_back(alarm: str) -> None:
    assert "recovered" not in totals(said(f"in {alarm}"))


@pytest.mark.parametrize(
    "fields",
    [{"mirrored": True}, {"role": Role.OTHER}],
)
def test_mirrored_comments_and_those_of_nobody_known_say_nothing(fields: dict[str, Any]) -> None:
    assert told(said("s ? out", **fields)) == {}


def test_a_duplicate_says_nothing() -> None:
    assert totals(said("s", event_id="e"), said("s", 2, event_id="e")) == {
        "stockout_report": {"": ONE}
    }


def test_a_person_counts_once_and_a_nameless_comment_for_nobody() -> None:
    assert totals(said("s"), said("s"), said("s", 2), said("s", None)) == {
        "stockout_report": {"": {"comments": 4, "users": 2, "weighed": 2}}
    }
    assert totals(said("s", None)) == {"stockout_report": {"": {"comments": 1}}}


def test_a_person_counts_in_each_minute_and_once_in_the_session() -> None:
    found = told(said("s"), said("s", at_ms=T0 + MINUTE_MS))

    assert found["totals"] == {"stockout_report": {"": {"comments": 2, "users": 1, "weighed": 1}}}
    assert [each["stockout_report"][""] for each in found["minutes"].values()] == [ONE, ONE]


def test_a_late_comment_counts_in_the_session_alone_and_weighs_nothing() -> None:
    found = told(said("x", 2, T0 + 121_000), said("s ?"))

    assert found["totals"] == {"complaint": {"": ONE}, "stockout_report": {"": UNWEIGHED}}
    assert list(found["minutes"]) == [str(T0 + 120_000)]
    assert found["unexplained"] == {"total": 1}
    assert found["samples"] == [[T0, 1, "s ?"]]
    assert "stockout_report" not in found["evidence"]


def test_a_comment_that_is_exactly_as_old_as_allowed_is_not_late() -> None:
    assert minute(said("x", 2, T0 + 120_000), said("s")) == {"stockout_report": {"": ONE}}


def test_more_people_than_are_counted_exactly_are_left_out() -> None:
    many = [said(f"s ~{n}", n, T0 + n * 5_000) for n in range(257)]

    assert totals(*many[:256])["stockout_report"][""] == {
        "comments": 256,
        "users": 256,
        "weighed": 256,
    }
    assert totals(*many)["stockout_report"][""] == {"comments": 257}


def test_a_minute_holds_64_pairs_and_a_session_256() -> None:
    found = told(*[said(f"p x #{n}", n, T0 + n * 100) for n in range(200)])

    of_minute = found["minutes"][str(T0)]
    assert {label: len(subjects) for label, subjects in of_minute.items()} == {
        "complaint": 33,
        "praise": 33,
    }
    assert of_minute["praise"]["*"] == {"comments": 168, "users": 168, "weighed": 168}
    assert {label: len(subjects) for label, subjects in found["totals"].items()} == {
        "complaint": 129,
        "praise": 129,
    }
    assert found["totals"]["complaint"]["*"]["comments"] == 72


def test_a_pair_that_has_its_place_keeps_it() -> None:
    full = [said(f"p #{n}", n) for n in range(64)]

    assert minute(*full, said("p #3", 99), said("p", 99))["praise"]["l:3"]["comments"] == 2
    assert minute(*full, said("x", 99))["complaint"] == {"*": ONE}


def test_spam_weighs_nothing() -> None:
    assert totals(said("! p")) == {"spam": {"": UNWEIGHED}, "praise": {"": UNWEIGHED}}


def test_whoever_writes_more_than_twenty_times_in_a_pane_weighs_nothing_any_more() -> None:
    chatter = [said(f"hello {n}") for n in range(20)]

    assert totals(*chatter[:19], said("s")) == {"stockout_report": {"": ONE}}
    assert totals(*chatter, said("s")) == {"stockout_report": {"": UNWEIGHED}}
    assert totals(*chatter, said("s", 2)) == {"stockout_report": {"": ONE}}
    assert totals(*chatter, said("s", at_ms=T0 + PANE_MS)) == {"stockout_report": {"": ONE}}


def test_the_chatter_of_another_broadcast_does_not_count() -> None:
    chatter = [said(f"hello {n}", session_id="s-2") for n in range(20)]

    assert totals(*chatter, said("s")) == {"stockout_report": {"": ONE}}


@pytest.mark.parametrize(
    "fields", [{"mirrored": True}, {"role": Role.HOST}, {"user_key": None}, {"role": Role.OTHER}]
)
def test_only_comments_of_named_viewers_are_chatter(fields: dict[str, Any]) -> None:
    chatter = [said(f"hello {n}", **fields) for n in range(20)]

    assert totals(*chatter, said("s")) == {"stockout_report": {"": ONE}}


def test_only_so_many_people_of_a_pane_are_remembered() -> None:
    people = [said("hello", n) for n in range(2, 1_026)]

    assert totals(*people[:-1], *_often(21))["praise"] == {"": UNWEIGHED}
    assert totals(*people, *_often(21))["praise"] == {"": ONE}


def _often(times: int) -> list[CommentPosted]:
    """One person's comments of one pane, the last of them praise."""
    return [*[said("s") for _ in range(times)], said("p")]


def test_what_three_people_wrote_weighs_nothing_of_a_fourth() -> None:
    copies = [said("r please", who) for who in (1, 2, 3, 3, 4, 5, 1)]

    assert totals(*copies) == {"restock_request": {"": {"comments": 7, "users": 5, "weighed": 3}}}


def test_copies_may_differ_in_the_name_of_a_product() -> None:
    copies = [said(text, who) for who, text in enumerate(["r L now", "r l now"] * 2)]

    assert totals(*copies)["restock_request"]["p:p-1"]["weighed"] == 3


def test_copies_in_another_pane_are_no_copies() -> None:
    copies = [said("r please", who, T0 + who * 5_000) for who in range(1, 5)]

    assert totals(*copies)["restock_request"][""]["weighed"] == 4


@pytest.mark.parametrize(
    ("text", "weighed"), [("r L", 4), ("r L   ", 4), ("r L    ", 3), ("r #3", 4), ("r", 3)]
)
def test_short_texts_that_mention_something_are_typed_alike(text: str, weighed: int) -> None:
    ((of_subject,),) = [
        each.values() for each in totals(*[said(text, who) for who in range(4)]).values()
    ]

    assert of_subject["weighed"] == weighed


def test_a_card_is_no_mention() -> None:
    copies = [said("r", who, product_id="p-1") for who in range(4)]

    assert totals(*copies)["restock_request"]["p:p-1"]["weighed"] == 3


def test_only_so_many_texts_of_a_pane_are_remembered() -> None:
    texts = [said(f"p {n}", 100 + n) for n in range(512)]
    copies = [said("r please", who) for who in range(4)]

    assert totals(*texts[:-1], *copies)["restock_request"][""]["weighed"] == 3
    assert totals(*texts, *copies)["restock_request"][""]["weighed"] == 4


def test_texts_that_say_nothing_are_not_remembered() -> None:
    texts = [said(f"hello {n}", 100 + n) for n in range(512)]
    copies = [said("r please", who) for who in range(4)]

    assert totals(*texts, *copies)["restock_request"][""]["weighed"] == 3


def test_a_comment_of_an_earlier_pane_is_weighed_by_itself() -> None:
    copies = [said("r please", who) for who in range(3)]
    newer = said("x", 9, T0 + PANE_MS)

    assert totals(*copies, said("r please", 3))["restock_request"][""]["weighed"] == 3
    assert totals(*copies, newer, said("r please", 3))["restock_request"][""]["weighed"] == 4
    assert totals(newer, said("r !", 3))["restock_request"] == {"": UNWEIGHED}


@pytest.mark.parametrize("fields", [{"role": Role.HOST}, {"user_key": None}])
def test_only_a_named_viewer_begins_another_pane(fields: dict[str, Any]) -> None:
    copies = [said("r please", who) for who in range(3)]
    newer = said("x", 9, T0 + PANE_MS, **fields)

    assert totals(*copies, newer, said("r please", 3))["restock_request"][""]["weighed"] == 3


def test_a_late_comment_begins_no_pane_of_its_session() -> None:
    elsewhere = said("hello", 9, T0 + 200_000, session_id="s-2")
    late = said("x", 9, T0 + 79_000)
    copies = [said("r please", who, T0 + 80_000) for who in range(4)]

    assert totals(elsewhere, late, *copies)["restock_request"][""]["weighed"] == 3


def test_evidence_is_what_weighs_of_labels_that_alert() -> None:
    events = [
        said("r c L", at_ms=T0 + 5),
        said("p b", 2),
        said("in", 3),
        said("! s", 4),
        said("s", None),
        said("s 13800138000", 5),
    ]

    assert told(*events)["evidence"] == {
        "restock_request": {"p:p-1": [[T0 + 5, 0, 0, user(1), "r c L"]]},
        "coupon_question": {"p:p-1": [[T0 + 5, 0, 0, user(1), "r c L"]]},
        "recovered": {"": [[T0, 2, 0, user(3), "in"]]},
        "stockout_report": {"": [[T0, 5, 0, user(5), "s ***"]]},
    }


def test_the_newest_eight_of_a_pair_are_evidence() -> None:
    events = [said(f"s {at}", at, T0 + at) for at in (9, 0, 1, 2, 3, 4, 5, 6, 7)]

    kept = told(*events)["evidence"]["stockout_report"][""]
    assert [entry[4] for entry in kept] == [f"s {at}" for at in (1, 2, 3, 4, 5, 6, 7, 9)]


def test_the_pair_whose_newest_evidence_is_oldest_makes_room() -> None:
    pairs = [said(f"s #{n}", n, T0 + 100 * n) for n in range(24)]
    again, one_more = said("s #0", 0, T0 + 2_500), said("s #30", 30, T0 + 2_600)

    assert "l:1" in told(*pairs, again)["evidence"]["stockout_report"]
    assert "l:0" not in told(*pairs, one_more)["evidence"]["stockout_report"]
    kept = told(*pairs, again, one_more)["evidence"]["stockout_report"]
    assert len(kept) == 24
    assert [len(kept.get(f"l:{n}", ())) for n in (0, 1, 2, 30)] == [2, 0, 1, 1]


def test_a_newcomer_that_is_older_than_all_is_the_one_to_go() -> None:
    pairs = [said(f"s #{n}", n, T0 + 100 + n) for n in range(24)]

    kept = told(*pairs, said("s", 30))["evidence"]["stockout_report"]
    assert "" not in kept
    assert len(kept) == 24


def test_of_pairs_of_one_comment_the_first_by_name_goes() -> None:
    both = said("r s #50", 50)
    pairs = [said(f"s #{n}", n, T0 + 100 + n) for n in range(23)]

    kept = told(both, *pairs)["evidence"]
    assert "restock_request" not in kept
    assert len(kept["stockout_report"]) == 24


def test_evidence_stands_under_the_pair_that_the_session_had_room_for() -> None:
    full = [said(f"p #{n}", n % 90, T0 + n * 30) for n in range(256)]

    kept = told(*full, said("s L", 99, T0 + 9_000))["evidence"]
    assert kept == {"stockout_report": {"*": [[T0 + 9_000, 256, 0, user(99), "s L"]]}}


def test_what_is_not_understood_is_counted_and_sampled() -> None:
    events = [said(f"{n} ?", n, T0 + n * 10_000) for n in range(10)]

    found = told(*events)
    assert found["unexplained"] == {
        "total": 10,
        "minutes": {str(T0): 6, str(T0 + MINUTE_MS): 4},
    }
    assert found["samples"] == [[T0 + n * 10_000, n, f"{n} ?"] for n in range(2, 10)]
    assert found.keys() == {"unexplained", "samples"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 1380013", "call ***"),
        ("call 138001", "call 138001"),
        ("138-0013 8000 now", "*** now"),
        ("138--00138", "138--00138"),
        ("138  00138", "138  00138"),
        ("a" * 80, "a" * 80),
        ("a" * 81, "a" * 79 + "…"),
        ("1" * 70 + "a" * 77, "***" + "a" * 77),
        ("１３８００１３８", "***"),
    ],
)
def test_a_text_is_shown_without_long_numbers_and_not_at_length(text: str, shown: str) -> None:
    assert masked(text) == shown
