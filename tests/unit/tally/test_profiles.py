from __future__ import annotations

import pytest

from streamproc.events.hosts import HostProfiled
from streamproc.tally.profiles import profile_of, replaces
from tests.builders import T0, profiled

HELD = profiled("陈秀英", T0, event_id="e-m")


@pytest.mark.parametrize(
    ("event", "wins"),
    [
        (profiled("陈秀英", T0 + 9, event_id="e-z", valid_from_ms=T0), False),
        (profiled("张桂兰", T0 + 1, event_id="e-a"), True),
        (profiled("张桂兰", T0 - 1, event_id="e-z"), False),
        (profiled("张桂兰", T0, event_id="e-n"), True),
        (profiled("张桂兰", T0, event_id="e-a"), False),
        (profiled("陈秀英", T0 + 1, event_id="e-a", platform="p"), True),
    ],
    ids=["same content", "later", "earlier", "greater id", "smaller id", "other platform"],
)
def test_another_content_wins_by_time_and_then_by_id(event: HostProfiled, wins: bool) -> None:
    assert replaces(profile_of(event), profile_of(HELD)) is wins


def test_the_first_profile_is_taken() -> None:
    assert replaces(profile_of(HELD), None)
