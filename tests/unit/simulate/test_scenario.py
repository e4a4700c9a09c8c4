from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.errors import BadSetting
from streamproc.events.base import EARLIEST_MS
from streamproc.simulate.sales import apportion
from streamproc.simulate.scenario import SCENARIO_FOLDER, load_scenario, scenario_names
from tests.simulated import options


def test_the_scenarios_of_the_house_load() -> None:
    assert {"city", "contest", "evening", "village_night"} < set(scenario_names())
    for name in scenario_names():
        assert load_scenario(name).name == name


def test_rooms_and_numbers_are_those_of_the_stories() -> None:
    contest, night = load_scenario("contest"), load_scenario("village_night")

    assert (contest.rooms, contest.orders.paid, contest.orders.gmv_minor) == (
        32,
        25_000,
        500_000_000,
    )
    assert (night.rooms, night.viewers, night.orders.items) == (1, 70_000, 30_000)
    assert night.duration_s == 3 * 3_600
    assert load_scenario("city").rooms == 1_600


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadSetting) as refused:
        load_scenario("carnival")

    assert "city, " in refused.value.hint


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("rooms = 1", "rooms = 0"), "rooms"),
        (("rooms = 1", "roms = 1"), "roms"),
        (("paid = 26", "paid = 26\nitems = 3"), "3 items are fewer"),
        (("paid = 26", "paid = 26\ngmv_minor = 5"), "another currency"),
    ],
)
def test_a_scenario_that_is_none_is_refused(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    text = (SCENARIO_FOLDER / "evening.toml").read_text().replace(*change)
    if "currency" in problem:
        text = text.replace("rooms = 1", "rooms = 1\nhkd_room_share = 0.5")
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(BadSetting, match=problem) as refused:
        load_scenario(str(path))

    assert refused.value.where == str(path)


def test_a_scenario_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((SCENARIO_FOLDER / "evening.toml").read_text().replace("evening", "mine"))

    assert load_scenario(str(path)).name == "mine"


@pytest.mark.parametrize(
    "wrong",
    [
        {"duplicates": -0.1},
        {"garbage": 1.0},
        {"duplicates": 0.5, "garbage": 0.45},
        {"speed": -1.0},
        {"seconds": 0},
        {"garbage_kinds": ("confetti",)},
        {"garbage_kinds": ()},
        {"start_ms": EARLIEST_MS},
    ],
)
def test_options_outside_their_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        options(**wrong)


def test_parts_add_up_and_are_fair() -> None:
    assert apportion(10, [0.5, 0.25, 0.25]) == [5, 3, 2]
    assert sum(apportion(25_000, [1 / 7] * 7)) == 25_000
