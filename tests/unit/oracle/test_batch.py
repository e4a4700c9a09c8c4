from __future__ import annotations

from typing import Any

from streamproc.oracle.batch import compute, differences, digest
from tests.log_records import COMMENTS, HOSTS, ORDERS, T0, VIEWERS, WRITTEN_MS, LogBuilder

SECOND_MS = 1_000


def session(log: LogBuilder, name: str = "s-1") -> dict[str, Any]:
    result: dict[str, Any] = compute(log.records)["hosts"][log.host]["sessions"][name]
    result.pop("sold", None)  # of which test_sold tells
    result.pop("begun_ms")
    return result


def begun(log: LogBuilder, name: str = "s-1") -> dict[str, int]:
    """When topics first told of the session, in milliseconds after ``T0``'s minute."""
    told: dict[str, Any] = compute(log.records)["hosts"][log.host]["sessions"][name]
    return {topic: at_ms - T0 // 60_000 * 60_000 for topic, at_ms in told["begun_ms"].items()}


def sold(minor: int) -> dict[str, Any]:
    """What one line adds of which nothing but its payment was told."""
    counted = dict.fromkeys(
        ["created_lines", "paid_lines", "items_sold", "orders_main", "unnamed_paid_lines"], 1
    )
    return {**counted, "created_minor": {"CNY": minor}, "pay_gmv_minor": {"CNY": minor}}


def counts(log: LogBuilder, topic: str) -> dict[str, int]:
    result: dict[str, int] = compute(log.records)["accounting"][topic]["0"]
    return result


def test_an_empty_log_adds_up_to_nothing() -> None:
    assert compute([]) == {"accounting": {}, "hosts": {}, "rejected": {}}


def test_a_paid_line_counts_in_the_session_and_in_the_pane_of_its_own_time() -> None:
    log = LogBuilder().paid(1_999, at_ms=T0 + 12_345, quantity=3)

    figures = {**sold(1_999), "items_sold": 3}
    assert session(log) == {"totals": figures, "panes": {str(T0 + 10_000): figures}}


def test_currencies_are_never_added_to_each_other() -> None:
    log = LogBuilder().paid(100, order_id="a").paid(200, order_id="b", currency="HKD")

    assert session(log)["totals"]["pay_gmv_minor"] == {"CNY": 100, "HKD": 200}


def test_a_line_paid_for_nothing_has_no_gmv() -> None:
    assert "pay_gmv_minor" not in session(LogBuilder().paid(0))["totals"]


def test_a_fact_told_twice_is_counted_once_however_long_ago_it_was() -> None:
    log = LogBuilder().paid(500).paid(600, at_ms=T0 + 86_000_000, order_id="b").paid(500)

    assert session(log)["totals"]["paid_lines"] == 2
    assert counts(log, ORDERS) == {"applied": 2, "duplicate": 1}


def test_two_lines_of_one_order_are_two_facts() -> None:
    assert session(LogBuilder().paid(1).paid(1, line_id="2"))["totals"]["paid_lines"] == 2


def test_the_same_order_number_at_another_host_is_another_fact() -> None:
    log = LogBuilder().paid(1).paid(1, host_id="h-2")

    assert counts(log, ORDERS) == {"applied": 2}


def test_a_greater_version_of_a_paid_fact_takes_the_old_one_back() -> None:
    log = LogBuilder().paid(500, at_ms=T0).paid(700, at_ms=T0 + 20_000, session_id="s-2")

    figures = sold(700)
    totals = {**figures, "contradicted_lines": 1}
    assert compute(log.records)["hosts"]["h-1"]["sessions"]["s-1"].keys() == {"begun_ms"}
    assert session(log, "s-2") == {"totals": totals, "panes": {str(T0 + 20_000): figures}}
    assert counts(log, ORDERS) == {"applied": 2}


def test_a_smaller_version_of_a_paid_fact_is_a_duplicate() -> None:
    log = LogBuilder().paid(700).paid(500)

    assert session(log)["totals"]["pay_gmv_minor"] == {"CNY": 700}
    assert counts(log, ORDERS) == {"applied": 1, "duplicate": 1}


def test_refunds_of_one_line_are_told_apart_by_their_id() -> None:
    log = LogBuilder()
    for refund_id in ("r-1", "r-2", "r-1"):
        log.event("order.refund_closed", order_id="o", line_id="1", refund_id=refund_id)

    assert counts(log, ORDERS) == {"applied": 2, "duplicate": 1}


def test_other_facts_move_the_watermark_and_nothing_else() -> None:
    log = LogBuilder().event("order.cancelled", T0 + 900_001, order_id="o", line_id="1")
    log.paid(5, at_ms=T0, order_id="p")

    assert session(log) == {
        "totals": sold(5),
        "late": {ORDERS: 1},
    }


def test_an_order_exactly_at_the_allowance_is_not_late() -> None:
    log = LogBuilder().paid(1, at_ms=T0 + 900_000).paid(1, at_ms=T0, order_id="b")

    assert "late" not in session(log)
    assert str(T0) in session(log)["panes"]


def test_a_late_fact_that_is_taken_back_leaves_the_panes_alone() -> None:
    log = LogBuilder().paid(1, at_ms=T0 + 1_000_000, order_id="b").paid(5, at_ms=T0)
    log.paid(7, at_ms=T0 + 950_000)

    assert session(log)["panes"].keys() == {str(T0 + 1_000_000), str(T0 + 950_000)}
    assert session(log)["totals"]["pay_gmv_minor"] == {"CNY": 8}


def test_a_repeated_event_id_is_a_duplicate() -> None:
    log = LogBuilder().comment(event_id="x").comment(at_ms=T0 + 5, event_id="x")

    assert session(log)["totals"]["comments"] == 1
    assert counts(log, COMMENTS) == {"applied": 1, "duplicate": 1}


def test_event_ids_are_remembered_per_topic_whatever_time_their_events_tell() -> None:
    log = LogBuilder().comment(event_id="x").comment(at_ms=T0 + 30_000, event_id="x")
    log.comment(at_ms=T0 - 7_200_000, event_id="x").event("viewer.joined", event_id="x")

    assert session(log)["totals"]["comments"] == 1
    assert session(log)["totals"]["joins"] == 1


def test_an_event_id_is_forgotten_with_its_bucket() -> None:
    bucket_end_ms = T0 // 30_000 * 30_000 + 30_000
    alive = LogBuilder().comment(event_id="x").comment(at_ms=bucket_end_ms + 119_999)
    dead = LogBuilder().comment(event_id="x").comment(at_ms=bucket_end_ms + 120_000)

    assert counts(alive.comment(event_id="x"), COMMENTS) == {"applied": 2, "duplicate": 1}
    assert counts(dead.comment(event_id="x"), COMMENTS) == {"applied": 3, "late": 1}


def test_a_duplicate_does_not_move_the_watermark() -> None:
    log = LogBuilder().comment(at_ms=T0 + 29_000 - T0 % 30_000, event_id="x")
    first_ms = T0 + 29_000 - T0 % 30_000
    log.comment(at_ms=first_ms + 900, event_id="x")
    log.comment(at_ms=first_ms + 500 - 120_000, event_id="y")

    assert counts(log, COMMENTS) == {"applied": 2, "duplicate": 1}


def test_a_failed_attempt_is_deduplicated_by_event_id_or_its_own_and_late_by_the_rule_of_orders() -> (
    None
):
    log = LogBuilder().event("order.failed", event_id="x", attempt_id="a", reason="risk")
    log.paid(1, at_ms=T0 + 300_000)
    log.event("order.failed", event_id="x", attempt_id="b", reason="risk")
    log.event("order.failed", event_id="y", attempt_id="a", reason="other")

    assert counts(log, ORDERS) == {"applied": 3, "duplicate": 1}
    assert session(log)["totals"]["failed_risk"] == 2


def test_a_mirrored_comment_is_counted_as_such_and_as_nothing_else() -> None:
    log = LogBuilder().comment(mirrored=True, user_key="u" * 16)

    assert session(log) == {"totals": {"mirrored": 1}, "panes": {str(T0): {"mirrored": 1}}}
    assert counts(log, COMMENTS) == {"applied": 1}


def test_likes_are_summed_by_their_count() -> None:
    log = LogBuilder().event("viewer.liked", count=7).event("viewer.liked", count=5)

    assert session(log)["totals"] == {"likes": 12}


def test_the_latest_count_of_viewers_stands_whatever_comes_after_it() -> None:
    log = LogBuilder().event("viewers.counted", T0 + 2, online=9, approximate=True)
    log.event("viewers.counted", T0 + 1, online=50)
    log.event("viewers.counted", T0 + 2, online=8)

    assert session(log)["online"] == {"at_ms": T0 + 2, "count": 9, "approximate": 1}
    assert session(log)["peak"] == {"count": 50, "at_ms": T0 + 1}
    assert session(log)["readings"] == {str(T0 + 2): [9, 1]}


def test_an_empty_room_is_a_reading_too() -> None:
    log = LogBuilder().event("viewers.counted", online=0)

    assert session(log) == {
        "online": {"at_ms": T0, "count": 0, "approximate": 0},
        "peak": {"count": 0, "at_ms": T0},
        "readings": {str(T0): [0, 0]},
        "watched": {"first_ms": T0, "last_ms": T0, "online_ms": "0"},
    }


def test_the_name_is_that_of_the_profile_that_starts_last() -> None:
    log = LogBuilder().profile("new", valid_from_ms=T0 + 5).profile("old", valid_from_ms=T0)

    assert compute(log.records)["hosts"] == {"h-1": {"name": "new"}}


def test_the_profile_that_was_told_last_stands_and_an_older_one_is_a_duplicate() -> None:
    log = LogBuilder().profile("a").profile("a", at_ms=T0 + 9).profile("b", at_ms=T0 + 5)
    log.profile("c", at_ms=T0 + 4)

    assert compute(log.records)["hosts"]["h-1"]["name"] == "a"
    assert counts(log, HOSTS) == {"applied": 2, "duplicate": 2}


def test_what_cannot_be_used_is_rejected_and_changes_nothing_else() -> None:
    log = LogBuilder().raw(VIEWERS, b"h-1", None).raw(VIEWERS, b"h-1", b"{").raw(VIEWERS, None, b"")
    log.event("viewer.joined")

    assert session(log)["totals"] == {"joins": 1, "unnamed_joins": 1}
    assert counts(log, VIEWERS) == {"applied": 1, "rejected": 3}


def test_an_event_of_another_partition_is_counted_there() -> None:
    log = LogBuilder().event("viewer.joined").raw(VIEWERS, b"h-1", b"{", partition=3)

    assert compute(log.records)["accounting"][VIEWERS] == {
        "0": {"applied": 1},
        "3": {"rejected": 1},
    }


def test_the_digest_depends_on_values_and_not_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_differences_name_the_path_and_both_values() -> None:
    left = {"hosts": {"h": {"n": 1, "same": 0}}, "only": {"x": 1}}
    right = {"hosts": {"h": {"n": 2, "same": 0}}}

    assert differences(left, right) == ["hosts / h / n: 1 | 2", 'only: {"x":1} | missing']
    assert differences(left, left) == []


def test_differences_beyond_the_limit_are_counted() -> None:
    left = {str(number): 1 for number in range(9)}

    assert differences(left, {}, limit=2) == [
        "0: 1 | missing",
        "1: 1 | missing",
        "and 7 more differences",
    ]


def test_a_topic_begins_with_the_first_minute_that_it_told_anything_of_also_late() -> None:
    log = LogBuilder().comment(at_ms=T0 + 600_000).comment(at_ms=T0 + 300_000)
    assert begun(log) == {COMMENTS: (T0 % 60_000 + 300_000) // 60_000 * 60_000}

    lost = LogBuilder().paid(5, at_ms=T0).event("viewers.counted", T0 + 60_000, online=1)
    lost.session = "s-2"
    lost.paid(5, at_ms=T0 + 120_000, buyer_key="0" * 16)
    assert begun(lost) == {ORDERS: 0, VIEWERS: 60_000}
    assert begun(lost, "s-2") == {ORDERS: 120_000}


def test_what_is_over_five_minutes_ahead_counts_when_it_was_written() -> None:
    believed_ms, ahead_ms = WRITTEN_MS + 300_000, WRITTEN_MS + 300_001
    log = LogBuilder().event("viewers.counted", believed_ms, online=1)
    log.event("viewers.counted", ahead_ms, online=2).event("viewers.counted", ahead_ms, online=3)

    assert session(log)["readings"].keys() == {str(believed_ms)}
    assert session(log)["late"] == {VIEWERS: 2}
    assert counts(log, VIEWERS) == {"applied": 3, "ahead": 2, "late": 2}


def test_a_fact_that_is_ahead_stands_at_its_own_time() -> None:
    ahead_ms = WRITTEN_MS + 3_600_000
    log = LogBuilder().paid(500, at_ms=ahead_ms).paid(500, at_ms=ahead_ms)

    assert session(log)["panes"].keys() == {str(ahead_ms // 10_000 * 10_000)}
    assert counts(log, ORDERS) == {"applied": 1, "ahead": 1, "duplicate": 1}
