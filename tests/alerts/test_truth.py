"""Each scenario once, folded and judged as a worker would: what must fire fires, and nothing else."""

from __future__ import annotations

import pytest

from tests.alerts.played import play
from tests.alerts.scoring import Score
from tests.alerts.table import truth_table, wrong

SEED = 1


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_a_broadcast_has_the_alerts_that_the_table_says(name: str) -> None:
    played = play(name, SEED)
    score = Score()
    found = score.add(played.incidents, played.alerts)

    assert wrong(truth_table()[name], played.incidents, played.alerts) == []
    assert (found.false, found.missed, score.bait_pages) == ([], [], 0)
