"""Our totals against the platform's own: what may be on its way is no drift."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streamproc.alerts.held import Held, Key
from streamproc.alerts.judge import Judge
from streamproc.alerts.model import Severity
from streamproc.alerts.reconcile_drift import RULE
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS
from streamproc.tally.figures import OrderFigures
from streamproc.tally.lifecycle import Status
from streamproc.tally.sessions import PlatformOrders, Session
from streamproc.tally.timing import PANE_MS
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told
from tests.unit.alerts.scripted import remember

PRICE = 2_000


def counted(
    theirs: int,
    ours: int = 1_000,
    *,
    age_ms: int = 30 * S,
    since: int = 0,
    status: Status = Status.LIVE,
    **fields: object,
) -> Room:
    """A room of which the platform told so many lines; of ours so many were paid in the minute now open."""
    made = room(
        T0 + 50 * S,
        minutes={0: row(paid=(since, 0, 0, 0, 0, 0))},
        status=status,
        platform_orders=[PlatformOrders(T0 + 50 * S - age_ms, theirs, theirs * PRICE, "CNY")],
        sold=OrderFigures(paid_lines=ours, pay_gmv_minor={"CNY": ours * PRICE}),
        **fields,  # type: ignore[arg-type]
    )
    made.history.rows[T0 // MINUTE].paid_minor = {"CNY": (since * PRICE, 0, 0, 0, 0, 0)}
    return made


class Drift:
    """A room that sells a line each second and lacks 40 of before until they are sent again.

    Shapes: ``told`` are (second, why) of the alert's steps.
    """

    MENDED_S = 200

    def __init__(self, every_s: int) -> None:
        self.every_s = every_s
        self.judge = Judge((RULE,), lambda _: SimpleNamespace(reconcile_drift=RULE.limits()))
        self.session = Session(b"key", "s-1", OrderFigures())
        self.alerts: dict[Key, Held] = {}
        self.told: list[tuple[int, str]] = []

    def look(self, second: int) -> None:
        """Judge the room at a second."""
        sold, now_ms = 1_000 + second, T0 + second * S
        if second % self.every_s == 0:
            self.session.count_orders(PlatformOrders(now_ms, sold, sold * PRICE, "CNY"))
        ours = sold - (40 if second < self.MENDED_S else 0)
        minutes = range(second // 60 + 1)
        made = room(
            now_ms,
            minutes={ago: row(paid=(10,) * 6) for ago in minutes},
            platform_orders=self.session.platform_orders,
            sold=OrderFigures(paid_lines=ours, pay_gmv_minor={"CNY": ours * PRICE}),
        )
        made.history.rows[now_ms // MINUTE].paid = _paid_in(second % 60)
        for each in made.history.rows.values():
            each.paid_minor = {"CNY": tuple(lines * PRICE for lines in each.paid)}
        judged = self.judge.judge(made, self.alerts)
        remember(self.alerts, judged)
        self.told += [(second, step.held.why) for step in judged.steps]


def _paid_in(seconds: int) -> tuple[int, ...]:
    """A line each second, by pane, so far in a minute."""
    return tuple(min(10, max(0, seconds - pane * 10)) for pane in range(6))


def test_the_same_totals_are_no_drift() -> None:
    assert is_clear(RULE, counted(1_000), "")


@pytest.mark.parametrize(("theirs", "drift"), [(1_002, -2), (998, 2)])
def test_more_than_a_thousandth_of_the_money_is_a_ticket_either_way(
    theirs: int, drift: int
) -> None:
    found = alarm(RULE, counted(theirs))

    assert (found.severity, found.state, found.for_ms) == (Severity.TICKET, "live", 10 * S)
    assert found.why["drift_lines"] == drift
    assert found.why["drift_minor"] == drift * PRICE


def test_a_thousandth_is_left_alone_while_it_runs_and_keeps_an_open_alert() -> None:
    assert is_clear(RULE, counted(1_001))
    assert is_held(RULE, counted(1_001))


def test_totals_are_compared_when_what_was_paid_before_has_come() -> None:
    assert is_clear(RULE, counted(900, age_ms=15 * S - 1))
    assert is_held(RULE, counted(900, age_ms=15 * S - 1))
    assert alarm(RULE, counted(900, age_ms=15 * S)).severity is Severity.TICKET


def test_of_totals_that_come_often_the_newest_that_are_old_enough_are_compared() -> None:
    often = counted(900, age_ms=16 * S)
    (compared,) = often.platform_orders
    newer = compared._replace(at_ms=compared.at_ms + 10 * S, paid_lines=1_000)
    often.platform_orders = [compared._replace(at_ms=compared.at_ms - 10 * S), compared, newer]

    found = alarm(RULE, often)

    assert (found.why["platform_lines"], found.why["platform_age_ms"]) == (900, 16 * S)


@pytest.mark.parametrize("every_s", [1, 5, 10, 20, 24, 30, 45, 60, 90])
def test_however_often_totals_come_a_drift_is_told_as_soon_and_ends_as_soon(every_s: int) -> None:
    drift = Drift(every_s)

    for second in range(300):
        drift.look(second)

    (entered_s, entered), *rest = drift.told
    assert entered == "entered"
    assert 25 <= entered_s < 25 + PANE_MS // S
    assert rest == [(Drift.MENDED_S, "clearing"), (Drift.MENDED_S + 30, "cleared")]


def test_what_was_paid_after_the_totals_were_told_is_not_in_them() -> None:
    # told 80 s ago, 40 lines paid since the minute began 50 s ago
    assert is_clear(RULE, counted(960, age_ms=80 * S, since=40), "")
    assert alarm(RULE, counted(1_000, age_ms=80 * S, since=40)).why["drift_lines"] == -40


@pytest.mark.parametrize("theirs", [960, 980, 1_000])
def test_what_was_paid_around_that_time_may_be_in_them_or_not(theirs: int) -> None:
    assert is_clear(RULE, counted(theirs, age_ms=45 * S, since=40), "")


def test_when_it_is_over_a_single_line_is_a_ticket() -> None:
    found = alarm(RULE, counted(1_001, age_ms=0, status=Status.ENDED), settle_ms=0)

    assert (found.state, found.for_ms) == ("close", MINUTE)
    assert found.why["drift_lines"] == -1


def test_when_it_is_over_totals_of_before_its_end_say_nothing() -> None:
    assert is_clear(RULE, counted(900, age_ms=30 * S, status=Status.ENDED))
    assert is_held(RULE, counted(900, age_ms=30 * S, status=Status.ENDED))
    assert RULE.asked == ALWAYS


def test_totals_that_are_older_than_what_is_remembered_cannot_be_compared() -> None:
    assert is_clear(RULE, counted(900, age_ms=31 * MINUTE))
    assert is_held(RULE, counted(900, age_ms=31 * MINUTE))


def test_orders_that_are_not_read_that_far_are_not_compared() -> None:
    assert is_clear(RULE, counted(900, silent_ms=40 * S))
    assert alarm(RULE, counted(900, silent_ms=30 * S)).severity is Severity.TICKET


def test_money_of_another_currency_is_not_mixed_in() -> None:
    both = counted(1_000)
    both.sold.pay_gmv_minor["HKD"] = 500_000

    assert is_clear(RULE, both)


def test_a_room_of_which_the_platform_tells_nothing_has_no_drift() -> None:
    assert is_clear(RULE, room())
    assert is_clear(RULE, room(), "")


@pytest.mark.parametrize(("theirs", "said"), [(1_100, "比平台少"), (900, "比平台多")])
def test_what_is_told_with_it_says_on_which_side_lines_are_missing(theirs: int, said: str) -> None:
    drifting = counted(theirs)
    evidence, advice = told(RULE, drifting, alarm(RULE, drifting))

    assert said in advice.zh
    assert evidence.inputs["platform_lines"] == theirs
    assert evidence.inputs["our_lines_now"] == 1_000
