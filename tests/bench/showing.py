"""What it costs to show hosts once a second: ``python -m tests.bench.showing``; ends in JSON.

Rooms a quarter of an hour into their broadcasts, as in ``tests.bench.judging``, of live programs. To fold
and to write what happens is not part of what is measured: to look at what was written and to make views
is, and how much memory that takes beside what the programs hold anyway.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
from collections.abc import Sequence
from statistics import median
from time import process_time
from typing import Any, Final

import psutil

from streamproc.cli.comment_reading import reader_of
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings
from tests.bench.judging import HISTORY_S, PARTITIONS, SECOND_MS, SLOW, happens
from tests.builders import T0, profiled
from tests.folding import feed, log_of

ROOMS, ROUNDS = 2_000, 60
IDLE_ROUNDS: Final = 30
MOST: Final = 64
"""Views asked for at a time, as the engine does."""


def measure(rooms: int, rounds: int) -> dict[str, Any]:
    """The cost of a second and of a host."""
    reader = reader_of(Settings())
    programs = [LiveProgram(reader, shown=True) for _ in range(PARTITIONS)]
    rng = random.Random(1)
    for place, program in enumerate(programs):
        feed(program, log_of([profiled(host_id=f"h-{n}") for n in range(place, rooms, PARTITIONS)]))
    for second in range(0, HISTORY_S, SLOW):
        _move(programs, second, rooms, rng)
        for program in programs:
            program.take_dirty()
    before = _resident()
    began_s = process_time()
    first = _look(programs, HISTORY_S)
    first_s = process_time() - began_s
    grown = _resident() - before
    costs_s, told, sent, pieces = [], 0, 0, 0
    for second in range(HISTORY_S + 1, HISTORY_S + 1 + rounds):
        _move(programs, second, rooms, rng)
        for program in programs:
            program.take_dirty()
        gc.collect()
        began_s = process_time()
        views = _look(programs, second + 1)
        costs_s.append(process_time() - began_s)
        told += len(views)
        sent += sum(len(each.value or b"") for each in views)
        pieces += sum(map(len, (part for each in views for part in each.parts.values())))
    idle_s = process_time()
    quiet = 0
    for second in range(IDLE_ROUNDS):
        quiet += len(_look(programs, HISTORY_S + rounds + 3 + second))
    idle_s = process_time() - idle_s
    mean_s = sum(costs_s) / len(costs_s)
    return {
        "rooms": rooms,
        "cpu_percent": round(100 * mean_s, 1),
        "us_a_host": round(1e6 * sum(costs_s) / max(told, 1), 1),
        "median_us_a_room": round(1e6 * median(costs_s) / rooms, 1),
        "worst_second_ms": round(1_000 * max(costs_s)),
        "first_us_a_host": round(1e6 * first_s / max(len(first), 1), 1),
        "silent_us_a_room": round(1e6 * idle_s / IDLE_ROUNDS / rooms, 1),
        "bytes_a_view": sent // max(told, 1),
        "minutes_a_view": round(pieces / max(told, 1), 2),
        "told": told,
        "told_silent": quiet,
        "kib_a_room": round(grown / 1024 / rooms, 1),
        "kib_a_room_later": round((_resident() - before) / 1024 / rooms, 1),
    }


def _move(programs: Sequence[LiveProgram], second: int, rooms: int, rng: random.Random) -> None:
    for place, program in enumerate(programs):
        events = [
            event
            for number in range(place, rooms, PARTITIONS)
            for event in happens(number, second, rng)
        ]
        feed(program, log_of(sorted(events, key=lambda event: type(event).__name__)))


def _look(programs: Sequence[LiveProgram], second: int) -> list[Any]:
    """What is to be seen as of a second."""
    found: list[Any] = []
    for program in programs:
        assert program.showing is not None
        program.showing.tick(T0 + second * SECOND_MS, caught_up=True)
        while views := program.take_views(MOST):
            found += views
    return found


def _resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def main(arguments: Sequence[str]) -> int:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.showing", description=__doc__)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(measure(asked.rooms, asked.rounds)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
