"""What it costs to publish tallies every second: ``python -m tests.bench.publishing``; ends in JSON.

Builds the figures, windows and completeness of active hosts, an hour into their broadcasts, as JSON.
Between two rounds every host moves on by a second: a join, likes and a comment each, an order every
few seconds, now and then a fact of an older minute. That is not part of what is measured; to tell
what changed is, and the rounds go across the turn of a minute.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
from collections.abc import Sequence
from time import process_time
from typing import Any

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.memory import hold_many
from streamproc.tally.figures import FIGURES, CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.online import Reading
from streamproc.tally.people import UNIQUES
from streamproc.tally.sessions import Online, Peak
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques
from streamproc.tally.windows import Rolling

HOSTS, ROUNDS = 2_000, 60
BEGIN_MS = 30_000_000 * MINUTE_MS + MINUTE_MS // 2
SECOND_MS = 1_000
HISTORY_S, STEP_S = 3_600, 5
ORDER_EVERY, READING_EVERY, OLDER_EVERY = 4, 10, 20


class Broadcast:
    """One active host."""

    def __init__(self, number: int, people: int) -> None:
        self.random = random.Random(number)
        self.people = people
        self.tally = SessionTally(f"h-{number}", f"s-{number}", dict.fromkeys(FIGURES))
        self.rolling = Rolling(self.tally)
        self.changed: set[tuple[str, int]] = set()
        for second in range(0, HISTORY_S, STEP_S):
            self.move(BEGIN_MS - (HISTORY_S - second) * SECOND_MS)

    def move(self, at_ms: int) -> None:
        """A second of the broadcast."""
        member = hash_of(self.random.randrange(self.people))
        viewers = ViewerFigures(joins=1, likes=3, exposures=2, clicks=1)
        self._add(VIEWERS_TOPIC, at_ms, viewers, {"viewers": member, "active": member})
        self._add(COMMENTS_TOPIC, at_ms, CommentFigures(1), {"commenters": member})
        second = at_ms // SECOND_MS + self.random.randrange(2)
        if second % ORDER_EVERY == 0:
            sale = OrderFigures({"CNY": 1_999}, {"CNY": 1_999}, {}, {}, 1, 1, 0, 1, 1)
            self._add(ORDERS_TOPIC, at_ms, sale, {"buyers": member})
        if second % READING_EVERY == 0:
            self._read(at_ms)
        if second % OLDER_EVERY == 0:
            older_ms = at_ms - 2 * MINUTE_MS
            self._add(ORDERS_TOPIC, older_ms, OrderFigures(refunded_minor={"CNY": 99}), {})

    def publish(self, as_of_ms: int) -> bytes:
        """What is published of the broadcast."""
        for topic, number in self.changed:
            self.rolling.touched(topic, number)
        self.changed.clear()
        return self.rolling.changed(as_of_ms) or b""

    def _minute(self, at_ms: int) -> MinuteTally:
        number = at_ms // MINUTE_MS
        return self.tally.minutes.setdefault(number, MinuteTally(number))

    def _add(self, topic: str, at_ms: int, figures: Figures, members: dict[str, int]) -> None:
        tally, minute = self.tally, self._minute(at_ms)
        self.changed.add((topic, minute.number))
        total = tally.totals[topic] = tally.totals[topic] or FIGURES[topic]()
        panes = minute.panes.setdefault(topic, [None] * PANES_PER_MINUTE)
        index = at_ms // PANE_MS % PANES_PER_MINUTE
        pane = panes[index] = panes[index] or FIGURES[topic]()
        pane.plus(figures)
        total.plus(figures)
        tally.seen_ms[topic] = max(at_ms, tally.seen_ms.get(topic, 0))
        assert set(members) <= set(UNIQUES[topic])
        for name, member in members.items():
            minute.uniques.setdefault(name, Uniques()).add(member)
            tally.uniques.setdefault(name, Uniques()).add(member)

    def _read(self, at_ms: int) -> None:
        online = self.random.randrange(5, 500)
        self.changed.add((VIEWERS_TOPIC, at_ms // MINUTE_MS))
        self._minute(at_ms).readings.append(Reading(at_ms, online, False))
        self.tally.online = Online(at_ms, online, False)
        self.tally.peak = max(self.tally.peak or Peak(0, 0), Peak(online, at_ms))


def hash_of(number: int) -> int:
    """A number spread over 64 bits, as a hash of a key would be."""
    return number * 0x9E3779B97F4A7C15 % (1 << 64)


def measure(hosts: int, rounds: int) -> dict[str, Any]:
    """CPU time of building and encoding, by host and second."""
    # By Zipf's law a few rooms have thousands of viewers and most have dozens.
    broadcasts = [Broadcast(number, 40 + 40_000 // (number + 1)) for number in range(hosts)]
    spent_s, sent = [], 0
    gc.collect()
    gc.freeze()
    for second in range(rounds):
        as_of_ms = BEGIN_MS + second * SECOND_MS
        for each in broadcasts:
            each.move(as_of_ms)
        began_s = process_time()
        for each in broadcasts:
            sent += len(each.publish(as_of_ms))
        spent_s.append(process_time() - began_s)
    del spent_s[0]  # the first builds everything, as after a start
    mean_s = sum(spent_s) / len(spent_s)
    return {
        "hosts": hosts,
        "cpu_percent": round(100 * mean_s, 1),
        "us_a_host": round(mean_s / hosts * 1e6, 1),
        "worst_second_ms": round(max(spent_s) * 1_000, 1),
        "bytes_a_host": sent // hosts // rounds,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, and report as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.publishing", description=__doc__)
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments)
    hold_many({})  # as every command does
    sys.stdout.write(json.dumps(measure(chosen.hosts, chosen.rounds)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
