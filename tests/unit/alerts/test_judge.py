"""A room is judged: who is asked when, what ends, what follows from what, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

import pytest

from streamproc.alerts import stream_dead
from streamproc.alerts.held import Held, Key, alert_id
from streamproc.alerts.judge import Judge
from streamproc.alerts.model import ROOM, Finding, Level, Phase, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS, LIVE_OR_PAUSED
from streamproc.tally.floor import Floor, Verdict
from streamproc.tally.lifecycle import Status
from tests.builders import T0
from tests.rooms import HOUR_MS, room, row, shown
from tests.unit.alerts.played import S, enter
from tests.unit.alerts.scripted import judge_of, rule, scripted
from tests.unit.alerts.watched import Watched


def test_a_room_without_news_changes_nothing_and_is_looked_at_again_soon() -> None:
    limits = SimpleNamespace(stream_dead=stream_dead.Limits())
    judged = Judge((stream_dead.RULE,), lambda _: limits).judge(room(), {})

    assert (dict(judged.changed), list(judged.steps)) == ({}, [])
    assert judged.due_ms == judged.calm_ms == T0 + Policy().look_ms


def test_a_room_without_any_event_raises_stream_dead_on_time_also_after_a_move() -> None:
    limits = SimpleNamespace(stream_dead=stream_dead.Limits())
    judge = Judge((stream_dead.RULE,), lambda _: limits)
    heard_ms, now_ms, fired_ms = T0, T0, 0
    alerts: dict[Key, Held] = {}

    while not fired_ms:
        # a new judge each time, as after a restart: all that it knows are the alerts
        judge = Judge((stream_dead.RULE,), lambda _: limits)
        silent_ms = now_ms - heard_ms
        told = {ago: row(comments=12) for ago in range(silent_ms // 60_000 + 1, 31)}
        judged = judge.judge(room(now_ms, silent_ms=silent_ms, minutes=told), alerts)
        if judged.steps:
            fired_ms = now_ms
        assert judged.due_ms > now_ms
        now_ms = judged.due_ms

    assert fired_ms - heard_ms == 60_000


def test_alerts_end_with_the_broadcast_and_nothing_fires_after_it() -> None:
    watched = Watched(judge_of(rule("GmvStall", enter()), rule("ViewerDrop", enter(for_ms=30 * S))))
    watched.look(room())
    assert watched.alerts["ViewerDrop", ROOM].phase is Phase.PENDING

    for second in range(1, 120):
        watched.look(room(T0 + second * S, status=Status.ENDED))

    assert watched.told == [("GmvStall", "entered"), ("GmvStall", "ended")]
    assert list(watched.alerts) == [("GmvStall", ROOM)]


def test_a_pause_ends_what_is_asked_of_live_rooms_only() -> None:
    watched = Watched(
        judge_of(rule("GmvStall", enter()), rule("AdapterDown", enter(), asked=LIVE_OR_PAUSED))
    )
    watched.look(room())
    watched.look(room(T0 + S, status=Status.PAUSED))

    assert watched.told[2:] == [("GmvStall", "paused")]


def test_a_rule_for_broadcasts_that_ended_is_asked_for_a_day() -> None:
    watched = Watched(judge_of(rule("ReconcileDrift", enter(), asked=ALWAYS)))
    ended = room(status=Status.ENDED).lifecycle

    due_ms = watched.look(room(lifecycle=ended)).due_ms
    over = watched.look(room(T0 + 24 * HOUR_MS, lifecycle=ended))

    assert due_ms == T0 + 60_000
    assert watched.told == [("ReconcileDrift", "entered"), ("ReconcileDrift", "ended")]
    assert over.due_ms == T0 + 24 * HOUR_MS + Policy().kept_ms
    assert watched.look(room(over.due_ms, lifecycle=ended)).due_ms == 0


def test_a_room_that_is_silent_for_long_is_looked_at_less_often() -> None:
    judge = judge_of(rule("ViewerDrop"), policy=Policy(abandoned_ms=HOUR_MS))

    assert judge.judge(room(silent_ms=31 * 60 * S - 1), {}).due_ms == T0 + Policy().look_ms
    assert judge.judge(room(silent_ms=31 * 60 * S), {}).due_ms == T0 + 60_000


def test_a_rule_is_asked_once_the_room_ran_for_long_enough() -> None:
    judge = judge_of(
        rule("ViewerDrop", enter(), warm_up_ms=180 * S), policy=Policy(poll_ms=HOUR_MS)
    )

    early = judge.judge(room(live_for_ms=179 * S), {})

    assert (list(early.steps), early.due_ms) == ([], T0 + S)
    assert len(judge.judge(room(live_for_ms=180 * S), {}).steps) == 1


def test_a_resumed_broadcast_warms_up_again() -> None:
    judge = judge_of(rule("ViewerDrop", enter(), warm_up_ms=180 * S))
    resumed = room()
    resumed.lifecycle.resumed_ms = T0 - 10 * S

    assert not judge.judge(resumed, {}).steps


@pytest.mark.parametrize(
    ("pins", "is_asked"),
    [
        ([], True),
        ([(T0 - 59 * S, "p-1")], False),
        ([(T0 - 60 * S, "p-1")], True),
        ([(T0 - 90 * S, "p-1"), (T0 - 5 * S, "p-1")], True),
        ([(T0 - 90 * S, "p-1"), (T0 - 5 * S, "p-2")], False),
        ([(T0 - 90 * S, "p-1"), (T0 + 5 * S, "p-2")], True),
    ],
)
def test_a_rule_waits_after_another_product_was_pinned(
    pins: list[tuple[int, str]], is_asked: bool
) -> None:
    judge = judge_of(rule("GmvStall", enter(), after_pin_ms=60 * S))

    assert len(judge.judge(room(floor=Floor(pins=pins)), {}).steps) == is_asked


def test_what_fires_goes_on_while_its_rule_waits() -> None:
    watched = Watched(judge_of(rule("GmvStall", enter(), after_pin_ms=60 * S)))
    watched.look(room())

    watched.look(room(T0 + S, floor=shown(since_ms=T0)))

    assert watched.told == [("GmvStall", "entered")]
    assert watched.alerts["GmvStall", ROOM].phase is Phase.FIRING


def test_a_rule_is_told_which_of_its_alerts_are_open() -> None:
    seen: list[Sequence[str]] = []

    def judge(at: Room, _limits: object) -> Iterable[Finding]:
        seen.append(tuple(at.open_subjects))
        yield enter(subject="p:p-1")

    watched = Watched(judge_of(scripted("Stockout", judge), rule("GmvStall", enter())))
    watched.look(room())
    watched.look(room(T0 + S))

    assert seen == [(), ("p:p-1",)]


def test_of_two_findings_of_one_subject_the_first_counts() -> None:
    judge = judge_of(rule("GmvStall", enter(Severity.INFO), enter(Severity.PAGE)))

    (step,) = judge.judge(room(), {}).steps

    assert step.held.severity is Severity.INFO


def test_a_finding_says_when_it_may_change() -> None:
    judge = judge_of(rule("GmvStall", Finding(ROOM, Level.CLEAR, Severity.PAGE, due_ms=T0 + 300)))

    assert judge.judge(room(), {}).due_ms == T0 + 300


def test_a_rule_that_fails_is_named() -> None:
    def judge(_room: Room, _limits: object) -> Iterable[Finding]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        judge_of(scripted("GmvStall", judge)).judge(room(), {})

    assert caught.value.__notes__ == ["the rule GmvStall failed, asked of session s-1"]


def test_an_alert_of_a_rule_that_is_no_more_is_closed() -> None:
    watched = Watched(judge_of(rule("GmvStall", enter())))
    watched.look(room())

    watched.judge = judge_of(rule("ViewerDrop"))
    watched.look(room(T0 + S))

    assert watched.told[1:] == [("GmvStall", "retired")]


def test_a_verdict_on_the_floor_reaches_its_alert() -> None:
    watched = Watched(judge_of(rule("GmvStall", enter())))
    watched.look(room())
    name = alert_id("h-1", "s-1", watched.alerts["GmvStall", ROOM])
    floor = Floor(verdicts={name: Verdict(T0 + S, "acknowledged")})

    watched.look(room(T0 + 2 * S, floor=floor))

    assert watched.alerts["GmvStall", ROOM].verdict == "acknowledged"
    assert watched.told[1:] == [("GmvStall", "judged")]


def causes(watched: Watched) -> dict[str, str]:
    return {held.kind: held.inhibited_by for held in watched.alerts.values()}


def test_what_follows_from_a_dead_stream_says_so_at_the_same_moment() -> None:
    kinds = ("GmvStall", "RefundSpike", "StreamDead", "ViewerDrop")
    watched = Watched(judge_of(*(rule(kind, enter()) for kind in kinds)))

    watched.look(room())

    assert watched.told[0] == ("StreamDead", "entered")
    assert causes(watched) == {
        "StreamDead": "",
        "GmvStall": "StreamDead",
        "ViewerDrop": "StreamDead",
        "RefundSpike": "",
    }


def test_everything_follows_from_a_connector_that_is_down() -> None:
    adapter = rule("AdapterDown", enter(subject="s:douyin"))
    watched = Watched(judge_of(rule("StreamDead", enter()), rule("RefundSpike", enter()), adapter))

    watched.look(room())

    assert causes(watched) == {
        "AdapterDown": "",
        "StreamDead": "AdapterDown",
        "RefundSpike": "AdapterDown",
    }


def test_what_holds_a_while_after_its_cause_ended_is_told_then() -> None:
    dead: dict[str, Finding | None] = {"found": enter(hold_ms=0)}

    def judge(_room: Room, _limits: object) -> Iterable[Finding]:
        return [dead["found"]] if dead["found"] else []

    watched = Watched(judge_of(scripted("StreamDead", judge), rule("GmvStall", enter())))
    watched.look(room())
    dead["found"] = None

    for second in range(1, 100):
        watched.look(room(T0 + second * S))

    assert watched.told[2:] == [("StreamDead", "cleared"), ("GmvStall", "released")]
    assert watched.steps[-1].held.told_ms == T0 + 61 * S


def test_nothing_follows_from_what_somebody_said_is_not_real() -> None:
    watched = Watched(judge_of(rule("StreamDead", enter()), rule("GmvStall", enter())))
    watched.look(room())
    name = alert_id("h-1", "s-1", watched.alerts["StreamDead", ROOM])

    watched.look(room(T0 + 15 * S, floor=Floor(verdicts={name: Verdict(T0, "bait")})))

    assert watched.told[2:] == [("StreamDead", "judged"), ("GmvStall", "released")]


@pytest.mark.parametrize(("shown_product", "cause"), [("p-1", "Stockout"), ("p-2", ""), (None, "")])
def test_nothing_is_sold_because_what_is_on_show_is_sold_out(
    shown_product: str | None, cause: str
) -> None:
    out = rule("Stockout", enter(subject="p:p-1/s-1", state="confirmed"))
    watched = Watched(judge_of(out, rule("GmvStall", enter())))

    watched.look(room(floor=shown(shown_product) if shown_product else Floor()))

    assert watched.alerts["GmvStall", ROOM].inhibited_by == cause


def test_what_is_pinned_back_and_forth_is_not_told_each_time() -> None:
    out = rule("Stockout", enter(subject="p:p-1", state="confirmed"))
    watched = Watched(judge_of(out, rule("GmvStall", enter())))

    for second in range(31):
        watched.look(room(T0 + second * S, floor=shown(("p-1", "p-2")[second % 2])))

    assert [why for kind, why in watched.told if kind == "GmvStall"] == [
        *("entered", "released", "inhibited"),  # at 0, 15 and 16 s
    ]


def test_a_stock_out_explains_only_its_own_product() -> None:
    soon = rule("StockoutImminent", enter(subject="p:p-1/s-1"), enter(subject="p:p-10"))
    watched = Watched(judge_of(rule("Stockout", enter(subject="p:p-1", state="confirmed")), soon))

    watched.look(room())

    assert watched.alerts["StockoutImminent", "p:p-1/s-1"].inhibited_by == "Stockout"
    assert watched.alerts["StockoutImminent", "p:p-10"].inhibited_by == ""


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("suspected", "StreamDead"),
        ("desync", "StreamDead"),
        ("confirmed", ""),
        ("batch_selling", ""),
    ],
)
def test_a_stock_out_that_the_feed_tells_follows_from_no_silence(state: str, cause: str) -> None:
    out = rule("Stockout", enter(subject="p:p-1", state=state))
    watched = Watched(judge_of(rule("StreamDead", enter()), out))

    watched.look(room())

    assert watched.alerts["Stockout", "p:p-1"].inhibited_by == cause


def test_a_connector_that_delivers_blinds_nobody() -> None:
    adapter = rule("AdapterDown", enter(Severity.TICKET))
    watched = Watched(judge_of(adapter, rule("StockoutImminent", enter(Severity.INFO))))

    watched.look(room())

    assert watched.alerts["StockoutImminent", ROOM].inhibited_by == ""


def test_a_ticket_silences_no_page() -> None:
    fails = rule("OrderFailureSpike", enter(Severity.TICKET))
    watched = Watched(judge_of(fails, rule("GmvStall", enter(Severity.PAGE))))

    watched.look(room())

    assert watched.alerts["GmvStall", ROOM].inhibited_by == ""
