"""What asking each rule costs of a healthy busy room and of an idle one. It reports; it asserts no time."""

from __future__ import annotations

import sys
from collections import deque
from random import Random
from time import process_time
from typing import Final

import pytest

from streamproc.alerts.history import Row
from streamproc.alerts.registry import RULES
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.comments.labels import LABELS
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.tally.floor import Coupon
from streamproc.tally.online import Reading
from streamproc.tally.pulse import Health, Heartbeat, Pulse
from streamproc.tally.session_sense import SessionSense, Spoken
from streamproc.tally.sessions import Online, PlatformOrders
from streamproc.tally.sold import MinuteSold
from tests.builders import T0
from tests.rooms import room, row, shown

pytestmark = pytest.mark.bench

TIMES: Final = 5_000
ROUNDS: Final = 5
LOOPS: Final = 200_000
"""Steps of an empty loop, which says how fast the machine was."""
NOW_MS: Final = T0 + 42_000
PAIRS: Final = [(label, f"p:p-{number}") for label in LABELS[:7] for number in (1, 2)]


def busy_minute(rng: Random, ago: int) -> Row:
    """Of a room with 3,000 viewers: 500 comments and 60 paid lines, and questions of fewer than count."""
    readings = [
        Reading(second * 1_000, 3_000 + rng.randint(-90, 90), False) for second in range(0, 60, 5)
    ]
    made = row(
        created=66,
        paid=60,
        failed=2,
        comments=500,
        clicks=700,
        online=readings if ago else readings[:9],
        failed_by={"pay_declined": 2},
        sold=MinuteSold(requested={"quality": 1} if ago % 10 == 0 else {}),
        asked={pair: range(ago % 2) for pair in PAIRS},
        asked_users={label: 2 for label, _ in PAIRS},
        commenters=rng.sample(range(3_000), 200),
    )
    made.paid_minor = {"CNY": (20_000,) * 6}
    return made


def busy() -> Room:
    rng = Random(1)
    said = SessionSense(b"")
    said.spoken = [Spoken(NOW_MS - 20_000 * ago, 0, "staff", (), "") for ago in range(15, 0, -1)]
    pulse = Pulse(
        [Health(NOW_MS - 15_000 * ago, 25.0, 3_000, -20.0) for ago in range(24, 0, -1)],
        [Heartbeat(NOW_MS - 10_000 * ago, True, 300) for ago in range(24, 0, -1)],
    )
    made = room(
        NOW_MS,
        minutes={ago: busy_minute(rng, ago) for ago in range(31)},
        said=said,
        pulse=pulse,
        floor=shown("p-1", NOW_MS - 400_000, "p-2"),
        online=Online(NOW_MS - 3_000, 3_000, False),
        peak_online=4_500,
        paid_day=9_000,
    )
    made.floor.coupons = {"c-1": Coupon(NOW_MS - 30_000, 400, 0, 900, NOW_MS - 4_000)}
    made.sold.paid_lines, made.sold.pay_gmv_minor = 6_000, {"CNY": 12_000_000}
    since = made.history.count("paid", NOW_MS - 40_000, NOW_MS + 60_000)
    told = PlatformOrders(NOW_MS - 40_000, 6_000 - since, (6_000 - since) * 2_000, "CNY")
    made.platform_orders = [told]
    return made


def idle() -> Room:
    """A room with 40 viewers that sold three lines in the last half hour, the last eight minutes ago."""
    minutes = {ago: row(online=40, comments=1) for ago in range(31)}
    minutes |= {ago: row(online=40, paid=1, created=1) for ago in (8, 15, 28)}
    made = room(
        NOW_MS,
        minutes=minutes,
        online=Online(NOW_MS - 5_000, 40, False),
        peak_online=60,
        pulse=Pulse([], [Heartbeat(NOW_MS - 4_000, True, 900)]),
    )
    made.sold.paid_lines = 30
    made.seen_ms = {ORDERS_TOPIC: NOW_MS - 480_000, "live.comments.v1": NOW_MS - 5_000}
    return made


def microseconds(rule: Rule, asked: Room) -> float:
    """CPU time of one asking, the least of some rounds."""
    limits, none = rule.limits(), deque[object](maxlen=0)
    least = float("inf")
    for _ in range(ROUNDS):
        begin_s = process_time()
        for _ in range(TIMES):
            none.extend(rule.judge(asked, limits))
        least = min(least, (process_time() - begin_s) / TIMES * 1e6)
    return least


def test_bench_what_rules_cost_of_a_room_without_news() -> None:
    busy_room, idle_room = busy(), idle()
    healthy = [each for rule in RULES for each in rule.judge(busy_room, rule.limits())]
    assert healthy == []
    costs = {
        rule.kind: (microseconds(rule, busy_room), microseconds(rule, idle_room)) for rule in RULES
    }
    lines = [f"{'rule':22}{'busy us':>9}{'idle us':>9}"]
    lines += [
        f"{kind:22}{of_busy:9.2f}{of_idle:9.2f}" for kind, (of_busy, of_idle) in costs.items()
    ]
    begin_s = process_time()
    for _ in range(LOOPS):
        pass
    loop_ns = (process_time() - begin_s) / LOOPS * 1e9
    whole = [sum(each) for each in zip(*costs.values(), strict=True)]
    sys.stdout.write("\n".join([*lines, f"{'all':22}{whole[0]:9.2f}{whole[1]:9.2f}"]))
    sys.stdout.write(f"\na step of an empty loop: {loop_ns:.1f} ns\n")
