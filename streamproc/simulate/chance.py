"""Repeatable chance: streams of random numbers named by what they decide."""

from __future__ import annotations

import math
import random

_NORMAL_FROM = 30.0


def chance(*names: object) -> random.Random:
    """A stream of random numbers that depends on the names alone, in every process."""
    return random.Random(":".join(map(str, names)))


def poisson(rng: random.Random, mean: float) -> int:
    """How often something happens that happens ``mean`` times on average.

    Source: Knuth's product for small means, the rounded normal for large ones.
    """
    if mean <= 0:
        return 0
    if mean >= _NORMAL_FROM:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit = math.exp(-mean)
    count = 0
    product = rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
