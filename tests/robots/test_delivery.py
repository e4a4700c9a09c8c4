"""One robot: told once, at its pace, again when it fails for a moment; against a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from streamproc.robots.delivery import SHUT_S, Clock, Delivery, Outcome, Robot
from streamproc.robots.pace import Pace
from streamproc.robots.platforms import DingTalk, Feishu, Platform, WeCom
from streamproc.robots.wording import Wording
from tests.robots.notified import alert, notification
from tests.robots.stand_in import StandIn, signed, stand_in

SECRET = "SEC-of-the-robot"  # noqa: S105 - made up
WALL_MS = 1_764_300_000_123


class Bench:
    """A robot, its platform's stand-in, and a clock that the test moves."""

    def __init__(self, platform: StandIn, client: httpx.AsyncClient) -> None:
        self.platform, self.client = platform, client
        self.now_s = 1000.0
        self.slept: list[float] = []
        self.robot = self.made(WeCom(f"{platform.url}/send?key=k"))

    def made(self, of: Platform) -> Robot:
        options = Delivery(attempts=3, backoff_s=0.5, per_minute_max=20, remember_s=300.0)
        clock = Clock(lambda: self.now_s, lambda: WALL_MS, self._sleep)
        return Robot(of, Wording("zh", 480), options, self.client, clock)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture(scope="module")
def platform() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
async def bench(platform: StandIn) -> AsyncIterator[Bench]:
    platform.posted.clear()
    platform.answers.clear()
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
        yield Bench(platform, client)


async def test_an_alert_is_told_once_however_often_it_is_posted(bench: Bench) -> None:
    told = [await bench.robot.tell(notification()) for _ in range(3)]

    assert told == [Outcome.SENT, Outcome.KNOWN, Outcome.KNOWN]
    assert len(bench.platform.posted) == 1


async def test_two_posts_at_once_are_told_once(bench: Bench) -> None:
    told = await asyncio.gather(*(bench.robot.tell(notification()) for _ in range(2)))

    assert set(told) == {Outcome.SENT, Outcome.KNOWN}


async def test_a_resolution_and_a_new_start_are_news(bench: Bench) -> None:
    steps = [alert(), alert(status="resolved"), alert(startsAt="2026-11-28T03:00:00Z")]

    assert [await bench.robot.tell(notification(step)) for step in steps] == [Outcome.SENT] * 3


async def test_another_group_is_told_of_its_own(bench: Bench) -> None:
    await bench.robot.tell(notification())

    assert await bench.robot.tell(notification(groupKey="another")) is Outcome.SENT


async def test_of_a_group_that_grew_only_the_new_one_is_told(bench: Bench) -> None:
    await bench.robot.tell(notification(alert()))
    await bench.robot.tell(
        notification(alert(), alert("StreamprocOther", fingerprint="2", annotations={}))
    )
    text = bench.platform.posted[-1].body["markdown"]["content"]

    assert "StreamprocOther" in text
    assert "分区 3 停滞" not in text
    assert "此前已通知、仍在告警: 1 条" in text


async def test_a_reminder_after_the_memory_is_told_again(bench: Bench) -> None:
    await bench.robot.tell(notification())
    bench.now_s += 301

    assert await bench.robot.tell(notification()) is Outcome.SENT


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, {}), (502, {}), (200, {"errcode": -1}), (200, {}), (200, []), (200, {"errcode": "0"})],
)
async def test_what_fails_for_a_moment_is_tried_again(
    bench: Bench, status: int, answer: object
) -> None:
    bench.platform.answer(answer, answer, status=status)

    assert await bench.robot.tell(notification()) is Outcome.SENT
    assert bench.slept == [0.5, 1.0]


async def test_what_goes_on_failing_counts_as_untold(bench: Bench) -> None:
    bench.platform.answer({}, {}, {}, status=503)

    assert await bench.robot.tell(notification()) is Outcome.FAILED
    assert await bench.robot.tell(notification()) is Outcome.SENT


async def test_a_platform_that_is_not_there_is_tried_again(bench: Bench) -> None:
    robot = bench.made(WeCom("http://127.0.0.1:9/send"))

    assert await robot.tell(notification()) is Outcome.FAILED
    assert len(bench.slept) == 2


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, {}), (302, {}), (200, {"errcode": 93000}), (200, {"errcode": 310000})],
)
async def test_a_refusal_is_not_repeated(bench: Bench, status: int, answer: object) -> None:
    bench.platform.answer(answer, status=status)

    assert await bench.robot.tell(notification()) is Outcome.REFUSED
    assert len(bench.platform.posted) == 1


async def test_a_platform_that_throttles_is_left_alone_for_ten_minutes(bench: Bench) -> None:
    bench.platform.answer({"errcode": 45009})
    told = [await bench.robot.tell(notification())]
    bench.now_s += SHUT_S - 1
    told.append(await bench.robot.tell(notification()))
    bench.now_s += 2
    told.append(await bench.robot.tell(notification()))

    assert told == [Outcome.PACED, Outcome.PACED, Outcome.SENT]
    assert len(bench.platform.posted) == 2


async def test_twenty_messages_a_minute_the_last_quarter_for_pages(bench: Bench) -> None:
    async def flood(severity: str) -> int:
        sent = 0
        for number in range(30):
            one = alert(labels={"severity": severity}, fingerprint=f"{severity}{number}")
            sent += await bench.robot.tell(notification(one)) is Outcome.SENT
        return sent

    assert [await flood("ticket"), await flood("page")] == [15, 5]
    bench.now_s += 61
    assert await flood("ticket") == 15


def test_no_minute_ever_holds_more_than_the_limit() -> None:
    pace, said = Pace(7), []
    for now_s in range(0, 600):
        if not pace.wait_s("page", now_s):
            pace.said(now_s)
            said.append(now_s)

    assert max(sum(start <= at < start + 60 for at in said) for start in range(600)) == 7


async def test_dingtalk_checks_our_signature(bench: Bench) -> None:
    robot = bench.made(DingTalk(f"{bench.platform.url}/robot/send?access_token=t", SECRET))

    assert await robot.tell(notification()) is Outcome.SENT
    (posted,) = bench.platform.posted
    assert posted.query == {
        "access_token": "t",
        "timestamp": str(WALL_MS),
        "sign": signed(SECRET, f"{WALL_MS}\n{SECRET}"),
    }
    assert posted.body["markdown"]["title"] == "［紧急］ 告警 1: 分区 3 停滞"


async def test_feishu_checks_our_signature(bench: Bench) -> None:
    bench.platform.answer({"code": 0, "msg": "success"})
    robot = bench.made(Feishu(f"{bench.platform.url}/open-apis/bot/v2/hook/t", SECRET))

    assert await robot.tell(notification()) is Outcome.SENT
    (posted,) = bench.platform.posted
    seconds = str(WALL_MS // 1000)
    assert posted.body["timestamp"] == seconds
    assert posted.body["sign"] == signed(f"{seconds}\n{SECRET}", "")
    assert posted.body["card"]["header"]["template"] == "red"


async def test_a_robot_without_a_secret_signs_nothing(bench: Bench) -> None:
    await bench.made(DingTalk(f"{bench.platform.url}/robot/send", None)).tell(notification())

    assert bench.platform.posted[0].query == {}
