"""Every answer of the board that holds figures says how complete they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from tests.board.served import NOW_MS, Served, served

COMPLETE: list[dict[str, Any]] = [
    {
        "late": {ORDERS_TOPIC: 2},
        "rejected": {ORDERS_TOPIC: 3},
        "approximate": ["viewers", "buyers"],
    },
    {"late": {ORDERS_TOPIC: 1, COMMENTS_TOPIC: 5}, "missing_sources": [VIEWERS_TOPIC]},
    {"late": None, "rejected": {}, "approximate": [], "missing_sources": [VIEWERS_TOPIC]},
]


@pytest.fixture
async def board() -> AsyncIterator[Served]:
    """A board over three rooms, each incomplete in its own way."""
    async with served(hosts=3) as made:
        for room, complete in zip(made.rooms, COMPLETE, strict=True):
            room.complete = complete
            room.live(NOW_MS, 1)
        await made.shown(*made.rooms)
        yield made


async def got(board: Served, path: str) -> Any:  # noqa: ANN401 - JSON
    answer = await board.client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_curve_says_it_as_the_tally_of_its_broadcast(board: Served) -> None:
    host_id = board.rooms[0].host_id
    tally = (await got(board, f"/hosts/{host_id}"))["tally"]

    curve = await got(board, f"/hosts/{host_id}/curve")

    assert curve["minutes"]
    assert curve["completeness"] == tally["sessions"][0]["completeness"]
    assert curve["completeness"]["rejected"] == {ORDERS_TOPIC: 3}
    assert curve["as_of_ms"] == tally["as_of_ms"] == NOW_MS


async def test_a_place_on_the_leaderboard_says_it_of_its_broadcast(board: Served) -> None:
    by_viewers = (await got(board, "/leaderboard?figure=viewers"))["items"]
    by_sales = (await got(board, "/leaderboard"))["items"]

    found = {each["host_id"]: each for each in by_viewers}
    first, second, third = (found[room.host_id] for room in board.rooms)
    assert (first["late"], first["rejected"]) == ({ORDERS_TOPIC: 2}, {ORDERS_TOPIC: 3})
    assert (first["approximate"], third["approximate"]) == (["viewers"], [])
    assert second["missing_sources"] == [VIEWERS_TOPIC]
    assert third["late"] == {}
    assert {tuple(each["approximate"]) for each in by_sales} == {()}


@pytest.mark.parametrize("level", ["village", "town", "district"])
async def test_places_add_up_what_their_broadcasts_leave_open(board: Served, level: str) -> None:
    places = (await got(board, f"/rollups/{level}"))["items"]

    def added(name: str, topic: str) -> int:
        return sum(each[name].get(topic, 0) for each in places)

    assert (added("late", ORDERS_TOPIC), added("late", COMMENTS_TOPIC)) == (3, 5)
    assert added("rejected", ORDERS_TOPIC) == 3
    assert added("missing_sources", VIEWERS_TOPIC) == 2
    # people are null there, so no figure that is shown is an estimate
    assert {tuple(each["approximate"]) for each in places} == {()}
