"""``streamproc robots`` as people run it: what Alertmanager gets, and that no secret is ever told."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from streamproc.embedded.ports import free_port
from tests.robots.notified import alert, body
from tests.robots.stand_in import StandIn, stand_in

TOKEN = "token-of-sixteen-and-more"  # noqa: S105 - made up
CANARY = "canary-4711-of-the-address"
SECRET = "canary-0815-of-the-secret"  # noqa: S105 - made up
DEADLINE_S = 30.0


def started(folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "streamproc", "--log-level", "debug", "robots"],
            env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path), **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def receiver(folder: Path, **variables: str) -> Iterator[httpx.Client]:
    """A client of a running receiver; its log is in ``folder/log``."""
    port = free_port()
    names = {f"STREAMPROC_ROBOTS__{name}": value for name, value in variables.items()}
    process = started(folder, {"STREAMPROC_ROBOTS__PORT": str(port), **names})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            deadline = time.monotonic() + DEADLINE_S
            while True:
                try:
                    client.get("/livez")
                    break
                except httpx.ConnectError:
                    assert process.poll() is None, (folder / "log").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        assert process.wait(DEADLINE_S) == 0


@pytest.fixture(scope="module")
def platform() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("robots")


@pytest.fixture(scope="module")
def client(platform: StandIn, folder: Path) -> Iterator[httpx.Client]:
    with receiver(
        folder,
        WECOM_URL=f"{platform.url}/wecom?key={CANARY}",
        DINGTALK_URL=f"{platform.url}/dingtalk?access_token={CANARY}",
        DINGTALK_SECRET=SECRET,
        FEISHU_URL=f"{platform.url}/feishu/{CANARY}",
        FEISHU_SECRET=SECRET,
        TOKEN=TOKEN,
        BACKOFF_S="0.01",
    ) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


@pytest.fixture(autouse=True)
def _forgets(platform: StandIn) -> None:
    platform.posted.clear()
    platform.answers.clear()


def test_every_robot_is_told_and_told_once(client: httpx.Client, platform: StandIn) -> None:
    answers = [client.post("/alerts", content=body(alert(fingerprint="once"))) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == {"robots": dict.fromkeys(("wecom", "dingtalk", "feishu"), "sent")}
    assert answers[1].json() == {"robots": dict.fromkeys(("wecom", "dingtalk", "feishu"), "known")}
    paths = sorted(posted.path.split("/")[1] for posted in platform.posted)
    assert paths == ["dingtalk", "feishu", "wecom"]


def test_what_one_robot_did_not_take_is_asked_for_again_and_told_there_alone(
    client: httpx.Client, platform: StandIn
) -> None:
    platform.answer({"errcode": 93000, "code": 19021})
    told = [client.post("/alerts", content=body(alert(fingerprint="again"))) for _ in range(2)]

    assert [each.status_code for each in told] == [503, 200]
    assert told[0].headers["Retry-After"]
    assert sorted(told[0].json()["robots"].values()) == ["refused", "sent", "sent"]
    assert sorted(told[1].json()["robots"].values()) == ["known", "known", "sent"]
    assert len(platform.posted) == 4


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff", body(alert(), version="3"), body(), body(alert(status="odd"))],
)
def test_what_is_no_notification_is_refused_for_good(client: httpx.Client, content: bytes) -> None:
    told = client.post("/alerts", content=content)

    assert told.status_code == 400
    assert told.headers["content-type"].startswith("application/problem+json")


def test_more_than_a_mebibyte_is_refused(client: httpx.Client) -> None:
    assert client.post("/alerts", content=b" " * (1 << 20) + b"x").status_code == 413


@pytest.mark.parametrize("header", ["", "Bearer wrong", TOKEN, f"bearer {TOKEN}x", "Bearer ü"])
def test_without_the_token_nobody_is_told(
    client: httpx.Client, platform: StandIn, header: str
) -> None:
    headers = {b"Authorization": header.encode()}
    told = client.post("/alerts", content=body(alert(fingerprint="no")), headers=headers)

    assert told.status_code == 401
    assert platform.posted == []


def test_no_secret_is_logged_even_at_debug_level(
    client: httpx.Client, platform: StandIn, folder: Path
) -> None:
    platform.answer({"errcode": 1}, "no object", status=500)
    client.post("/alerts", content=body(alert(fingerprint="canary")))
    log = (folder / "log").read_text()

    assert "a robot did not take a message" in log
    assert [each for each in (CANARY, SECRET, TOKEN) if each in log] == []


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({}, 10, "no robot is named"),
        ({"WECOM_URL": f"http://elsewhere.example/{CANARY}"}, 10, "STREAMPROC_ROBOTS__WECOM_URL"),
        ({"WECOM_URL": f"https://a.example/{CANARY}", "HOST": "0.0.0.0"}, 10, "needs a token"),  # noqa: S104
        (
            {"WECOM_URL": f"https://a.example/{CANARY}", "HOST": "203.0.113.7", "TOKEN": TOKEN},
            27,
            "203",
        ),
    ],
)
def test_it_refuses_to_start_where_it_could_do_harm(
    tmp_path: Path, variables: dict[str, str], code: int, words: str
) -> None:
    names = {f"STREAMPROC_ROBOTS__{name}": value for name, value in variables.items()}
    process = started(tmp_path, names)
    told = process.wait(DEADLINE_S), (tmp_path / "log").read_text()

    assert told[0] == code, told[1]
    assert words in told[1]
    assert CANARY not in told[1]


def test_config_show_hides_secrets_in_both_forms() -> None:
    variables = {"STREAMPROC_ROBOTS__WECOM_URL": f"https://a.example/{CANARY}"}
    shown = [
        subprocess.run(
            [sys.executable, "-m", "streamproc", "config", "show", *options],
            env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path), **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for options in ([], ["--json"])
    ]

    assert all("STREAMPROC_ROBOTS__WECOM_URL" in each and "***" in each for each in shown)
    assert not any(CANARY in each for each in shown)
