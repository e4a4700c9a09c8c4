"""``streamproc board`` serves until it is told to stop, and refuses what would be unsafe."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from streamproc.cli.main import main
from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.errors import BadSetting, BoardUnguarded
from tests.redis_server import RedisServer, redis_or_skip

SECRET = "secret-secret-secret"  # noqa: S105 - of nothing
DEADLINE_S = 30.0


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as told:
        main(["board", *arguments])
    return int(told.value.code or 0)


def test_it_refuses_to_be_open_to_others_or_to_read_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere = ("--redis", "redis://127.0.0.1:1", "--host", "0.0.0.0")  # noqa: S104 - it refuses

    assert ended(*everywhere) == BoardUnguarded.exit_code
    assert "STREAMPROC_BOARD__READ_TOKEN" in capsys.readouterr().err
    assert ended() == BadSetting.exit_code
    assert "STREAMPROC_REDIS__URL" in capsys.readouterr().err
    monkeypatch.setenv("STREAMPROC_BOARD__READ_TOKEN", "sha256:" + "x" * 64)
    assert ended(*everywhere) == BadSetting.exit_code


def test_it_prints_the_token_of_a_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended("--room-token", "h-0001") == BadSetting.exit_code
    monkeypatch.setenv("STREAMPROC_BOARD__ROOM_SECRET", SECRET)
    capsys.readouterr()

    assert ended("--room-token", "h-0001") == 0
    assert capsys.readouterr().out.startswith("room.")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


async def test_it_serves_until_it_is_told_to_stop(redis: RedisServer) -> None:
    port, url = free_port(), redis.url
    command = leashed([sys.executable, "-m", "streamproc", "board"])
    process = await asyncio.create_subprocess_exec(
        *(*command, "--redis", url, "--port", str(port)), stderr=asyncio.subprocess.PIPE
    )
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://{LOOPBACK}:{port}") as client:
        await ready(client)
        page = await client.get("/")
        health = (await client.get("/api/v1/health")).json()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE_S):
        _, said = await process.communicate()

    assert process.returncode == 0, said
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert health["redis"] is True


async def ready(client: httpx.AsyncClient) -> None:
    """Return when the board says that it is."""
    end_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < end_s:
        with contextlib.suppress(httpx.HTTPError):
            if (await client.get("/readyz")).status_code == 200:
                return
        await asyncio.sleep(0.05)
    msg = "the board was not ready"
    raise AssertionError(msg)
