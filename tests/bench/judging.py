"""What it costs to judge active rooms every second: ``python -m tests.bench.judging``; ends in JSON.

Rooms a quarter of an hour into their broadcasts, in which something happens every second: joins, likes
and comments, an order every few seconds, counts, heartbeats and picture reports; nothing is wrong in
most of them, and in some viewers ask for stock. To fold and to write what happens is not part of what is
measured: to judge is, and to look at what was written for it.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
from collections.abc import Iterator, Sequence
from statistics import median
from time import process_time
from typing import Any, Final

from streamproc.alerts.judge import Judge
from streamproc.alerts.limits import Limits
from streamproc.alerts.registry import RULES
from streamproc.cli.comment_reading import reader_of
from streamproc.events.comments import Role
from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import AdapterHeartbeat, ProductListed, ProductPinned, StreamHealth
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    liked,
    made,
    paid,
    room_started,
    stock_reported,
    viewer_key,
    viewers_counted,
)
from tests.folding import feed, log_of

ROOMS, ROUNDS, HISTORY_S = 2_000, 60, 900
PARTITIONS: Final = 12
SECOND_MS: Final = 1_000
SLOW: Final = 5
"""Of the history only one second in so many is told: what is looked at is as long, and there sooner."""
TEXTS: Final = (*("支持家乡", "已经下单了", "来了来了", "主播好", "去年买过,好吃", "666"),)
QUESTIONS: Final = ("这个蜜薯甜不甜?", "今天什么时候发货", "优惠券还有吗?", "年糕怎么做吃好?")
ASKS_SHARE: Final = 0.1
ASKED: Final = "牛大力没货了,给补下货!"
ASKING_SHARE: Final = 0.2
TROUBLED: Final = 20
"""Rooms in which viewers ask for stock."""


def happens(number: int, second: int, rng: random.Random) -> Iterator[AnyEvent]:
    """What happens in a room in one second."""
    at_ms = T0 + second * SECOND_MS
    names: dict[str, Any] = {
        "host_id": f"h-{number}",
        "session_id": f"s-{number}",
        "room_id": f"r-{number}",
    }
    if second == 0:
        yield room_started(at_ms, **names)
        for product in range(1, 7):
            sold = {"product_id": f"p-{product}", "link_no": product, "title": f"年糕{product}"}
            yield made(ProductListed, at_ms, **sold, **names)
            yield stock_reported(50_000, at_ms, product_id=f"p-{product}", **names)
        yield made(ProductPinned, at_ms, product_id="p-1", **names)
    viewer = rng.randrange(3_000)
    yield joined(viewer, at_ms, **names)
    yield liked(3, at_ms, viewer_key=viewer_key(viewer), **names)
    text = rng.choice(QUESTIONS if rng.random() < ASKS_SHARE else TEXTS)
    if number < TROUBLED and rng.random() < ASKING_SHARE:
        text = ASKED
    yield comment(text, at_ms, user_key=viewer_key(viewer), **names)
    if second % 4 == number % 4:
        line = {"order_id": f"o-{second}", "product_id": f"p-{rng.randrange(1, 7)}", **names}
        yield created(1_999, at_ms, **line)
        yield paid(1_999, at_ms, **line)
    if second % 10 == number % 10:
        yield viewers_counted(900 + rng.randrange(60), at_ms, **names)
        yield made(AdapterHeartbeat, at_ms, connected=True, last_message_age_ms=200, **names)
    if second % 15 == number % 15:
        yield made(StreamHealth, at_ms, frames_per_s=25.0, audio_rms_db=-20.0, **names)
    if second % 15 == number % 15:
        answer = QUESTIONS[second // 15 % len(QUESTIONS)]
        yield comment(answer, at_ms, user_key=None, role=Role.HOST, **names)


def measure(rooms: int, rounds: int) -> dict[str, Any]:
    """The cost of a second, in per cent of a core."""
    judge, reader = Judge(RULES, Limits().of_host), reader_of(Settings())
    programs = [LiveProgram(reader, judge) for _ in range(PARTITIONS)]
    rng = random.Random(1)
    costs_s: list[float] = []
    steps = 0
    seconds = [*range(0, HISTORY_S, SLOW), *range(HISTORY_S, HISTORY_S + rounds)]
    for second in seconds:
        for place, program in enumerate(programs):
            events = [
                event
                for number in range(place, rooms, PARTITIONS)
                for event in happens(number, second, rng)
            ]
            feed(program, log_of(sorted(events, key=lambda event: type(event).__name__)))
            program.take_dirty()
        gc.collect()
        began_s = process_time()
        for program in programs:
            program.judge(T0 + (second + 1) * SECOND_MS, caught_up=True)
        cost_s = process_time() - began_s
        for program in programs:
            published = program.take_outputs().published
            program.delivered(published)
            steps += len(published)
        if second > HISTORY_S:
            costs_s.append(cost_s)
    return {
        "cpu_percent": round(100 * sum(costs_s) / len(costs_s), 1),
        "median_percent": round(100 * median(costs_s), 1),
        "worst_second_ms": round(1_000 * max(costs_s)),
        "us_a_room": round(1e6 * sum(costs_s) / len(costs_s) / rooms, 1),
        "steps": steps,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judging", description=__doc__)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(measure(asked.rooms, asked.rounds)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
