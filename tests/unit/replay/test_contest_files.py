"""A contests file: what it may say, and that everything wrong is told at once."""

from __future__ import annotations

import pytest

from streamproc.errors import BadSetting
from streamproc.replay.contest_files import contests_of, day_of
from streamproc.tally.contests import LateRefunds

GOOD = """
[[contest]]
id = "harvest"
name = "丰收节擂台"
start = 2026-11-21T20:00:00
freeze = 2026-11-21T21:50:00
end = 2026-11-21T22:00:00
measure = "net_gmv_minor"
hosts = ["host-a", "host-b"]
late_refunds = "ignore"
"""
MINUTE = 60_000


def test_a_moment_without_offset_is_of_the_contests_time_zone() -> None:
    harvest = contests_of(GOOD, where="c.toml")["harvest"]
    utc = contests_of(GOOD + 'timezone = "UTC"\n', where="c.toml")["harvest"]
    given = contests_of(GOOD.replace("T20:00:00", "T20:00:00+09:00"), where="c.toml")["harvest"]

    assert harvest.start_ms == 1_795_262_400_000
    assert harvest.freeze_ms - harvest.start_ms == 110 * MINUTE
    assert (harvest.late_refunds, harvest.hosts) == (LateRefunds.IGNORE, ("host-a", "host-b"))
    assert utc.start_ms - harvest.start_ms == 8 * 60 * MINUTE
    assert harvest.start_ms - given.start_ms == 60 * MINUTE


def test_what_is_left_out_is_every_host_and_late_refunds_count() -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(("hosts", "late_"))]

    harvest = contests_of("\n".join(lines), where="c.toml")["harvest"]

    assert harvest.hosts is None
    assert harvest.late_refunds is LateRefunds.COUNT


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"net_gmv_minor"', '"ctr"', "contest harvest: measure: 'ctr' is no sum; take one of"),
        ("T22:00:00", "T19:00:00", "contest harvest: end: not behind start"),
        ("T21:50:00", "T22:50:00", "contest harvest: freeze: not between start and end"),
        ("T20:00:00", "T20:00:30", "contest harvest: start: not a whole minute"),
        ('"ignore"', '"perhaps"', "contest harvest: late_refunds: Invalid enum value 'perhaps'"),
        ('"host-b"', '"host-a"', "contest harvest: hosts: host-a stands twice"),
        ('id = "harvest"', 'id = "no spaces"', "contest no spaces: id: Expected `str` matching"),
        ('name = "丰收节擂台"', "", "contest harvest: Object missing required field `name`"),
        ("late_refunds", "refunds", "contest harvest: Object contains unknown field `refunds`"),
        ("[[contest]]", "[[contests]]", "contests: unknown; contests stand under [[contest]]"),
        ("[[contest]]", "[[contest", "no TOML"),
        ('"ignore"', '"ignore"\ntimezone = "Asia/Nowhere"', "'Asia/Nowhere' is no time zone"),
        ('"ignore"', '"ignore"\ncurrency = "RMB"', "currency: 'RMB' is no ISO 4217 code"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(BadSetting) as refused:
        contests_of(GOOD.replace(old, new), where="c.toml")

    assert told in str(refused.value)
    assert "where: c.toml" in str(refused.value)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(BadSetting) as refused:
        contests_of(GOOD + GOOD + GOOD.replace("harvest", "other").replace("_minor", ""), where="c")

    assert "the id harvest stands twice" in refused.value.what
    assert "contest other: measure: 'net_gmv'" in refused.value.what


def test_a_day_is_a_date() -> None:
    assert day_of("2026-11-21", where="--from").isoformat() == "2026-11-21"
    with pytest.raises(BadSetting, match=r"'21\.11\.' is no day"):
        day_of("21.11.", where="--from")
