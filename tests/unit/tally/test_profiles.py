from __future__ import annotations

from itertools import permutations

import pytest

from streamproc.events.hosts import HostProfiled
from streamproc.tally.profiles import profile_of, replaces
from tests.builders import T0, profiled

HELD = profiled("陈秀英", T0, event_id="e-m")


@pytest.mark.parametrize(
    ("event", "wins"),
    [
        (HELD, False),
        (profiled("陈秀英", T0 + 9, event_id="e-z", valid_from_ms=T0), True),
        (profiled("张桂兰", T0 + 1, event_id="e-a"), True),
        (profiled("张桂兰", T0 - 1, event_id="e-z"), False),
        (profiled("张桂兰", T0, event_id="e-n"), True),
        (profiled("张桂兰", T0, event_id="e-a"), False),
        (profiled("陈秀英", T0 + 1, event_id="e-a", platform="p"), True),
    ],
    ids=[
        "the same event",
        "same content later",
        "later",
        "earlier",
        "greater id",
        "smaller id",
        "other platform",
    ],
)
def test_a_profile_wins_by_time_and_then_by_id(event: HostProfiled, wins: bool) -> None:
    assert replaces(profile_of(event), profile_of(HELD)) is wins


def test_what_stands_does_not_depend_on_the_order_of_arrival() -> None:
    told = [
        profiled("陈秀英", T0 + 1, event_id="e-1", valid_from_ms=T0),
        profiled("张桂兰", T0 + 2, event_id="e-2", valid_from_ms=T0),
        profiled("陈秀英", T0 + 3, event_id="e-3", valid_from_ms=T0),
    ]

    for order in permutations(told):
        held = None
        for event in order:
            profile = profile_of(event)
            held = profile if replaces(profile, held) else held
        assert held == profile_of(told[-1]), order


def test_the_first_profile_is_taken() -> None:
    assert replaces(profile_of(HELD), None)
