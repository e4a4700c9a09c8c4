"""Laws of the figures: fold and oracle give the same, and sums agree with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import COMMENTS_TOPIC, AnyEvent
from streamproc.events.rooms import RoomPaused, RoomResumed
from streamproc.oracle.batch import LogRecord, compute, differences
from streamproc.oracle.figures import figures
from streamproc.program.canonical import canonical
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies, session_tallies
from streamproc.tally.formulas import over_of, session_answer, span_end_ms
from streamproc.tally.model import SessionTally
from streamproc.tally.registry import FIGURE_IDS
from tests.broadcasts import far_ms, logs, near_ms
from tests.builders import (
    T0,
    comment,
    joined,
    left,
    liked,
    made,
    paid,
    refund_requested,
    room_ended,
    room_started,
    viewer_key,
)
from tests.folding import feed, folded, log_of, take_into
from tests.garbage import littered

_LATER_MS = st.sampled_from([0, 0, 1, 9_999, 60_000, 480_001, 540_000, 590_000, 600_000, 3_600_000])
_ADDITIVE = (
    *("orders_main", "orders_sku", "items_sold", "failed_orders", "likes", "follows", "shares"),
    *("comments", "product_exposures", "product_clicks", "cart_adds"),
)
_MONEY = ("created_minor", "pay_gmv_minor", "refunded_minor", "net_gmv_minor")

_REMEMBERED_MS = ((0,), (0, 0, 420_000))
"""So far events may be ahead of records whose timestamps do not ascend, and a copy is known still."""


def _answered(log: Sequence[LogRecord], as_of_ms: int) -> dict[str, Any]:
    """What the fold's state answers, in the oracle's form."""
    program = LiveProgram()
    feed(program, log)
    return _answers(host_tallies(program), as_of_ms)


def _answers(tallies: Iterable[SessionTally], as_of_ms: int) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    for tally in tallies:
        answer = session_answer(tally, as_of_ms)
        hosts.setdefault(tally.host_id, {})[tally.session_id] = answer
    return hosts


def _sessions(log: Sequence[LogRecord]) -> list[dict[str, Any]]:
    hosts = figures(log)["hosts"]
    return [session for sessions in hosts.values() for session in sessions.values()]


@given(log=littered(st.one_of(logs(far_ms), logs(near_ms))), later_ms=_LATER_MS)
def test_the_fold_answers_every_figure_as_its_definition_says(
    log: list[LogRecord], later_ms: int
) -> None:
    as_of_ms = (figures(log)["as_of_ms"] or T0) + later_ms

    assert differences(_answered(log, as_of_ms), figures(log, as_of_ms)["hosts"]) == []


@given(log=st.one_of(logs(far_ms), logs(near_ms)), later_ms=_LATER_MS)
def test_who_was_online_is_known_without_minutes_as_it_is_with_them(
    log: list[LogRecord], later_ms: int
) -> None:
    as_of_ms = (figures(log)["as_of_ms"] or T0) + later_ms
    program = LiveProgram()
    feed(program, log)
    for tally in host_tallies(program):
        kept = session_answer(tally, as_of_ms, minutes_are_whole=False)["figures"]
        if (
            tally.watching
            and tally.watching.until(span_end_ms(tally, as_of_ms), over_of(tally)) is None
        ):
            assert kept["online_mean"] is None
        else:
            assert kept == session_answer(tally, as_of_ms)["figures"]


@pytest.mark.parametrize(
    "told",
    [
        [paid(5), paid(5, payable_minor=6)],
        [paid(5), paid(5, buyer_key=viewer_key(1))],
        [refund_requested(), refund_requested(refund_minor=0), paid(5)],
        [made(RoomPaused), made(RoomResumed), room_started()],
        [room_ended(), made(RoomPaused)],
    ],
    ids=["payable", "buyer", "wish", "pause", "end"],
)
def test_what_chance_seldom_tells_is_answered_alike_in_either_order(told: list[AnyEvent]) -> None:
    for log in (log_of(told), log_of(told[::-1])):
        assert differences(_answered(log, T0), figures(log, T0)["hosts"]) == []


@given(log=logs(), at=st.integers(0, 50))
def test_a_restored_fold_answers_as_if_it_had_never_stopped(log: list[LogRecord], at: int) -> None:
    as_of_ms = figures(log)["as_of_ms"] or T0
    state = folded(log[:at])
    program = LiveProgram()
    program.restore(iter(state.items()))
    feed(program, log[at:])
    take_into(state, program)

    expected = figures(log, as_of_ms)["hosts"]
    assert differences(_answers(host_tallies(program), as_of_ms), expected) == []
    assert differences(_answers(session_tallies(state.items()), as_of_ms), expected) == []


def test_the_fold_estimates_people_as_the_oracle_does() -> None:
    people = range(1_000)
    log = log_of(
        [
            *(joined(each, T0 + each * 700) for each in people),
            *(liked(1, T0 + each * 700, viewer_key=viewer_key(each + 500)) for each in people),
            *(left(each, T0 + each * 700, watched_ms=each) for each in people),
            *(comment(at_ms=T0 + each * 700, user_key=viewer_key(each)) for each in people),
            *(
                paid(each, T0 + each * 700, order_id=f"o-{each}", buyer_key=viewer_key(each % 300))
                for each in people
            ),
        ]
    )
    as_of_ms = T0 + 700_000
    answered = _answered(log, as_of_ms)["h-1"]["s-1"]
    expected = figures(log, as_of_ms)["hosts"]["h-1"]["s-1"]

    named = [
        *("buyers", "aov_buyer_minor", "viewers", "watch_mean_s", "commenters", "conversion"),
        *("gpm_viewers_minor", "uv_value_minor", "interaction_rate"),
    ]
    assert answered["completeness"]["approximate"] == named
    assert expected["completeness"]["approximate"] == named
    for name in ("buyers", "viewers", "commenters", "interaction_rate"):
        for found, true in (
            (answered["figures"][name], expected["figures"][name]),
            (answered["windows"]["10m"][name], expected["windows"]["10m"][name]),
        ):
            assert abs(found - true) <= true * 0.05, name


@given(log=logs())
def test_every_set_of_figures_has_every_id(log: list[LogRecord]) -> None:
    for session in _sessions(log):
        assert tuple(session["figures"]) == FIGURE_IDS
        assert all(tuple(window) == FIGURE_IDS for window in session["windows"].values())
        assert all(tuple(entry) == ("minute_ms", *FIGURE_IDS) for entry in session["curve"])


@given(log=logs(near_ms))
def test_without_anything_late_the_minutes_add_up_to_the_session(log: list[LogRecord]) -> None:
    for session in _sessions(log):
        if session["completeness"]["late"]:
            continue  # of a clock that went wrong, and right again
        whole, curve = session["figures"], session["curve"]
        for name in _ADDITIVE:
            assert (whole[name] or 0) == sum(entry[name] or 0 for entry in curve)
        for name in _MONEY:
            added: Counter[str] = Counter()
            for entry in curve:
                added.update(entry[name] or {})
            assert _without_zeros(whole[name]) == _without_zeros(added)


@given(log=logs())
def test_minutes_and_what_was_late_add_up_to_the_session(log: list[LogRecord]) -> None:
    for host in compute(log)["hosts"].values():
        for session in host.get("sessions", {}).values():
            in_panes = sum(_comments(pane) for pane in session.get("panes", {}).values())
            late = session.get("late", {}).get(COMMENTS_TOPIC, 0)
            assert _comments(session.get("totals", {})) == in_panes + late


@given(log=logs())
def test_what_was_paid_is_net_and_what_was_refunded(log: list[LogRecord]) -> None:
    for session in _sessions(log):
        for each in (session["figures"], *session["windows"].values(), *session["curve"]):
            if each["pay_gmv_minor"] is None:
                assert each["net_gmv_minor"] is None
                continue
            both = Counter(each["net_gmv_minor"])
            both.update(each["refunded_minor"])
            assert _without_zeros(both) == _without_zeros(each["pay_gmv_minor"])


@given(log=logs(), data=st.data())
def test_no_figure_depends_on_how_topics_interleave(
    log: list[LogRecord], data: st.DataObject
) -> None:
    turns = data.draw(st.permutations([each.topic for each in log]))
    queues = {each.topic: iter([one for one in log if one.topic == each.topic]) for each in log}
    other = [next(queues[topic]) for topic in turns]

    assert figures(other) == figures(log)
    assert compute(other) == compute(log)


@given(log=logs(near_ms, _REMEMBERED_MS), again=st.randoms(use_true_random=False))
def test_no_figure_depends_on_how_often_something_is_told(log: list[LogRecord], again: Any) -> None:  # noqa: ANN401 - Hypothesis's own random
    repeated = [copy for record in log for copy in [record] * again.choice([1, 1, 2, 3])]

    assert figures(repeated) == figures(log)
    assert canonical(folded(repeated).items())["hosts"] == compute(log)["hosts"]


def _comments(sums: dict[str, Any]) -> int:
    told: int = sums.get("comments", 0) + sums.get("mirrored", 0)
    return told


def _without_zeros(money: dict[str, int] | None) -> dict[str, int]:
    return {currency: minor for currency, minor in (money or {}).items() if minor}
