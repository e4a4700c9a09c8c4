"""Reading comments under measurement: both backends, one by one, many aliases, guesses. JSON comes last.

Each pass reads distinct comments once, with nothing remembered; the best of several passes counts, and
the cases take turns, so that a busy machine slows all alike. One core, CPU time. Reports and asserts
nothing: machines differ, and ``loop_us``, what a plain loop takes, tells by how much.
``make bench-comments``; ``--quick`` is the short form.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Final

from streamproc.comments.automaton import CompiledFinder, PlainFinder
from streamproc.comments.classifier import Classifier
from streamproc.lexicons.files import shipped_guesser
from streamproc.memory import hold_many
from tests.bench.__main__ import show
from tests.typed import catalog, typed
from tests.unit.comments.reading import fresh

BATCH: Final = 512
MORE_ALIASES: Final = 3_000
LOOPS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure."""

    comments: int
    passes: int


FULL: Final = Size(comments=60_000, passes=5)
QUICK: Final = Size(comments=5_000, passes=1)


def per_second(read: Classifier, texts: Sequence[str], batch: int) -> float:
    """Comments per second of one pass, in batches of so many."""
    batches = [texts[at : at + batch] for at in range(0, len(texts), batch)]
    gc.collect()
    begin = process_time()
    for one in batches:
        read.read(one)
    return len(texts) / (process_time() - begin)


def measure(size: Size) -> dict[str, int]:
    """The figures that scripts read."""
    texts = [one.text for one in typed(size.comments)]
    plain, large = catalog(), catalog(MORE_ALIASES)
    cases: dict[str, Callable[[], float]] = {
        "ahocorasick_rs_per_s": lambda: per_second(fresh(plain, CompiledFinder), texts, BATCH),
        "re_per_s": lambda: per_second(fresh(plain, PlainFinder), texts, BATCH),
        "one_by_one_per_s": lambda: per_second(fresh(plain, CompiledFinder), texts, 1),
        "with_3000_aliases_per_s": lambda: per_second(fresh(large, CompiledFinder), texts, BATCH),
        "with_guesses_per_s": lambda: per_second(
            fresh(plain, guesser=shipped_guesser()), texts, BATCH
        ),
        "re_with_3000_aliases_per_s": lambda: per_second(fresh(large, PlainFinder), texts, BATCH),
    }
    best = dict.fromkeys(cases, 0.0)
    loop_s = loop()
    for _ in range(size.passes):
        for name, case in cases.items():
            best[name] = max(best[name], case())
        loop_s = min(loop_s, loop())
    figures = {name: round(figure) for name, figure in best.items()}
    return figures | {"comments": len(texts), "loop_us": round(loop_s * 1_000_000)}


def loop() -> float:
    """CPU seconds of a plain loop, to compare machines by."""
    begin, total = process_time(), 0
    for number in range(LOOPS):
        total += number & 7
    return process_time() - begin


def main(arguments: Sequence[str]) -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.comments", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    hold_many({})  # as every command does
    figures = measure(QUICK if parser.parse_args(arguments).quick else FULL)
    show(figures, "comments read, one core")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
