"""The stream of events over a real socket: what is told, resumed, shared, packed, and cut off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from msgspec import json

from streamproc.board.config import BoardConfig
from streamproc.board.run import BoardRun
from streamproc.embedded.ports import LOOPBACK
from tests.board.rooms import FakeRoom, rooms_made
from tests.board.served import NOW_MS, until
from tests.board.view import View

CONFIG = BoardConfig(
    port=0,
    requests_per_s=1e6,
    sweep_interval_s=0.2,
    push_interval_ms=20,
    slow_after_s=1,
    streams_max=5,
)


@dataclass
class Floor:
    """A board that listens, and the view that it reads."""

    run: BoardRun
    view: View
    rooms: list[FakeRoom]

    async def move(self, *rooms: FakeRoom) -> None:
        """Let these live for a second, and show them."""
        for room in rooms:
            room.live(NOW_MS, 1)
        await self.view.show(rooms, NOW_MS)


@dataclass
class Browser:
    """One who follows."""

    events: list[tuple[str, Any]] = field(default_factory=list)
    last_id: str = ""
    bytes: int = 0

    async def follow(self, url: str, hosts: str = "*", *, gzip: bool = True) -> None:
        """Follow from where this left off, until cancelled."""
        headers = {"accept-encoding": "gzip" if gzip else "identity"}
        if self.last_id:
            headers["last-event-id"] = self.last_id
        async with (
            httpx.AsyncClient(timeout=10, trust_env=False) as client,
            client.stream("GET", f"{url}/api/v1/stream?hosts={hosts}", headers=headers) as answer,
        ):
            assert answer.status_code == 200
            name = ""
            async for line in answer.aiter_lines():
                self.bytes += len(line)
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.append((name, json.decode(line.removeprefix("data: "))))
                elif line.startswith("id: "):
                    self.last_id = line.removeprefix("id: ")

    def all(self, name: str) -> list[Any]:
        """The data of all events of a name."""
        return [data for each, data in self.events if each == name]

    def versions(self) -> dict[str, int]:
        """The latest version of each host's card."""
        return {
            card["host_id"]: card["version"] for data in self.all("cards") for card in data["items"]
        }


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    server = FakeServer()
    view = View(FakeAsyncRedis(server=server))
    rooms = rooms_made(4, NOW_MS)
    await view.show(rooms, NOW_MS, poke=False)
    await view.beat(NOW_MS)
    run = BoardRun(CONFIG, lambda: FakeAsyncRedis(server=server), None, now_ms=lambda: NOW_MS)
    await run.start()
    await until(lambda: run.mirror.filled)
    yield Floor(run, view, rooms)
    await run.stop()
    await view.redis.aclose()


@contextlib.asynccontextmanager
async def following(
    floor: Floor, browser: Browser, hosts: str = "*", *, gzip: bool = True
) -> AsyncIterator[None]:
    """Somebody follows meanwhile."""
    hellos = len(browser.all("hello"))
    task = asyncio.create_task(browser.follow(floor.run.url, hosts, gzip=gzip))
    await until(lambda: task.done() or len(browser.all("hello")) > hellos)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def latest(floor: Floor) -> dict[str, int]:
    return {room.host_id: room.version for room in floor.rooms}


@pytest.mark.parametrize("gzip", [True, False], ids=["packed", "plain"])
async def test_all_that_is_known_comes_first_and_then_what_changes(
    floor: Floor, gzip: bool
) -> None:
    browser = Browser()
    async with following(floor, browser, gzip=gzip):
        await until(lambda: browser.versions() == latest(floor))
        for _ in range(5):
            await floor.move(*floor.rooms[:2])
            await until(lambda: browser.versions() == latest(floor))
        floor.rooms[3].trouble(NOW_MS)
        await floor.view.show([floor.rooms[3]], NOW_MS)
        await until(lambda: browser.all("alert"))

    assert browser.events[0][0] == "hello"
    assert browser.all("hello")[0]["reset"] is True
    assert browser.all("health")[0]["status"] == "ok"
    assert browser.all("alert")[0]["host_id"] == floor.rooms[3].host_id
    assert browser.all("tally") == browser.all("curve") == []


async def test_rooms_by_name_come_with_their_tally_and_the_minutes_that_changed(
    floor: Floor,
) -> None:
    browser, room = Browser(), floor.rooms[1]
    async with following(floor, browser, room.host_id):
        await until(lambda: browser.all("curve"))
        before = len(browser.all("curve"))
        await floor.move(*floor.rooms)
        await until(lambda: len(browser.all("tally")) > 1 and len(browser.all("curve")) > before)

    assert browser.versions() == {room.host_id: room.version}
    assert browser.all("tally")[-1]["version"] == room.version
    first, last = browser.all("curve")[0], browser.all("curve")[-1]
    assert len(first["minutes"]) == 30
    assert [each["minute_ms"] for each in last["minutes"]] == [NOW_MS // 60_000 * 60_000]


async def test_a_browser_that_comes_back_is_told_what_it_missed_and_nothing_else(
    floor: Floor,
) -> None:
    browser, moved = Browser(), floor.rooms[2]
    async with following(floor, browser):
        await until(lambda: browser.versions() == latest(floor))
    browser.events.clear()
    await floor.move(moved)
    await floor.move(moved)
    await until(lambda: floor.run.hall.rooms[moved.host_id].tally.version == moved.version)

    async with following(floor, browser):
        await until(lambda: browser.versions())

    assert browser.all("hello")[0]["reset"] is False
    assert browser.versions() == {moved.host_id: moved.version}


@pytest.mark.parametrize("last_id", ["", "0000.all-1", "nonsense", "-", "x" * 300])
async def test_an_id_of_another_board_or_none_begins_anew(floor: Floor, last_id: str) -> None:
    browser = Browser(last_id=last_id)
    async with following(floor, browser):
        await until(lambda: browser.versions() == latest(floor))

    assert browser.all("hello")[0]["reset"] is True


async def test_an_id_of_other_rooms_begins_anew(floor: Floor) -> None:
    browser = Browser()
    async with following(floor, browser, "h-0001"):
        await until(lambda: browser.versions())
    async with following(floor, browser, "h-0002"):
        await until(lambda: "h-0002" in browser.versions())

    assert [each["reset"] for each in browser.all("hello")] == [True, True]


async def test_all_who_follow_the_same_get_the_same_in_the_same_order(floor: Floor) -> None:
    browsers = [Browser() for _ in range(4)]
    async with contextlib.AsyncExitStack() as stack:
        for browser in browsers:
            await stack.enter_async_context(following(floor, browser))
        for each in browsers:
            each.events.clear()
        for number in range(12):
            await floor.move(floor.rooms[number % 4])
        await until(lambda: all(each.versions() == latest(floor) for each in browsers))

    told = [each.all("cards") for each in browsers]
    assert told[0] == told[1] == told[2] == told[3]


async def test_a_host_that_left_is_told_of(floor: Floor) -> None:
    browser = Browser()
    floor.run.hall._gone_after_s = 0.5
    async with following(floor, browser):
        await floor.view.forget(floor.rooms[0])
        await until(lambda: browser.all("gone"))

    assert browser.all("gone") == [{"host_id": floor.rooms[0].host_id}]


async def test_whoever_does_not_read_is_cut_off_and_holds_nobody_up(floor: Floor) -> None:
    browser = Browser()
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(silent, (LOOPBACK, int(floor.run.url.rsplit(":", 1)[1])))
        hosts = ",".join(room.host_id for room in floor.rooms)
        request = f"GET /api/v1/stream?hosts={hosts} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n"
        await loop.sock_sendall(silent, request.encode())
        async with following(floor, browser):
            async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
                dropped = 0
                while not dropped:
                    await floor.move(*floor.rooms)
                    answer = await client.get(f"{floor.run.url}/api/v1/health")
                    dropped = answer.json()["streams_dropped"]
            await until(lambda: browser.versions() == latest(floor))


async def test_there_is_room_for_so_many_and_no_more(floor: Floor) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONFIG.streams_max):
            await stack.enter_async_context(following(floor, Browser()))
        async with httpx.AsyncClient(trust_env=False) as client:
            refused = await client.get(f"{floor.run.url}/api/v1/stream")

    assert refused.status_code == 503
    assert "retry-after" in refused.headers


@pytest.mark.parametrize("hosts", ["", ",", ",".join(f"h{n}" for n in range(65))])
async def test_a_subscription_to_nothing_or_to_too_much_is_a_problem(
    floor: Floor, hosts: str
) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        refused = await client.get(f"{floor.run.url}/api/v1/stream", params={"hosts": hosts})

    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_board_that_stops_lets_everybody_go(floor: Floor) -> None:
    browser = Browser()
    task = asyncio.create_task(browser.follow(floor.run.url))
    await until(lambda: browser.all("hello"))

    async with asyncio.timeout(5):
        await floor.run.stop()
        with contextlib.suppress(httpx.HTTPError):
            await task
