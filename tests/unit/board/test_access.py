from __future__ import annotations

from hashlib import sha256

import httpx
import pytest

from streamproc.board.access import COOKIE, Access, Principal, Scope, room_token
from streamproc.board.config import BoardConfig, refuse_unguarded
from streamproc.errors import BoardUnguarded
from tests.board.served import NOW_MS, Served, served

READ, OPERATE, SECRET = "read-read-read-read", "operate-operate-operate", "secret-secret-secret"
GUARDED = BoardConfig(
    read_token=READ,
    operate_token="sha256:" + sha256(OPERATE.encode()).hexdigest(),
    room_secret=SECRET,
    requests_per_s=1e6,
)
MONTH_MS = 31 * 24 * 3600 * 1000


def access(config: BoardConfig = GUARDED, now_ms: int = NOW_MS) -> Access:
    return Access(config, lambda: now_ms)


@pytest.mark.parametrize(
    ("token", "principal"),
    [
        (READ, Principal(Scope.READ)),
        (OPERATE, Principal(Scope.OPERATE)),
        (room_token(SECRET.encode(), "h-0001"), Principal(Scope.ROOM, "h-0001")),
        (room_token(b"another", "h-0001"), None),
        (room_token(SECRET.encode(), "h-0001")[:-1], None),
        ("room.%%%.x", None),
        (READ[:-1], None),
        ("", None),
        ("sha256:" + sha256(OPERATE.encode()).hexdigest(), None),
        ("ü\0", None),
    ],
)
def test_a_token_opens_what_it_was_made_for(token: str, principal: Principal | None) -> None:
    assert access().of_token(token) == principal


@pytest.mark.parametrize(
    "principal", [Principal(Scope.READ), Principal(Scope.OPERATE), Principal(Scope.ROOM, "h:1")]
)
def test_a_cookie_stands_for_a_token_over_a_restart_and_for_a_month(principal: Principal) -> None:
    cookie = access().cookie_for(principal)

    assert access().of_cookie(cookie) == principal
    assert access(now_ms=NOW_MS + MONTH_MS).of_cookie(cookie) is None


def test_a_cookie_ends_when_a_token_changes_or_anything_of_it_does() -> None:
    cookie = access().cookie_for(Principal(Scope.READ))
    changed = BoardConfig(read_token=READ + "2", operate_token=OPERATE, room_secret=SECRET)

    assert access(changed).of_cookie(cookie) is None
    told, _, seal = cookie.partition(".")
    for wrong in (told, f"{told}.", f"{told[:-2]}xx.{seal}", f".{seal}", "", "ü.ü"):
        assert access().of_cookie(wrong) is None


ELSEWHERE = ("0.0.0.0", "::", "192.168.1.5", "board.example", "[::]")  # noqa: S104 - never bound to


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_board_that_others_reach_refuses_to_be_without_a_token(host: str) -> None:
    with pytest.raises(BoardUnguarded, match="open to everybody"):
        refuse_unguarded(BoardConfig(host=host))

    refuse_unguarded(BoardConfig(host=host, read_token=READ))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "127.3.2.1"])
def test_a_board_on_this_machine_alone_needs_none(host: str) -> None:
    refuse_unguarded(BoardConfig(host=host))


async def ask(
    board: Served, token: str | None, path: str, method: str = "GET", **more: object
) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return await board.client.request(method, f"/api/v1{path}", headers=headers, **more)  # type: ignore[arg-type]


async def test_what_each_token_may_see_and_do() -> None:
    async with served(GUARDED) as board:
        first, second = board.rooms[:2]
        alerts = [first.trouble(NOW_MS), second.trouble(NOW_MS)]
        await board.shown(first, second)
        room = room_token(SECRET.encode(), first.host_id)
        seen = {
            token: [
                (await ask(board, token, path)).status_code
                for path in (
                    "/hosts",
                    f"/hosts/{first.host_id}",
                    f"/hosts/{second.host_id}",
                    f"/alerts/{alerts[0].alert_id}",
                    f"/alerts/{alerts[1].alert_id}",
                    f"/stream?hosts={second.host_id}" if token == room else "/session",
                )
            ]
            for token in (None, "wrong-wrong-wrong", READ, OPERATE, room)
        }
        verdicts = {
            token: (
                await ask(
                    *(board, token, f"/alerts/{alerts[0].alert_id}/verdict", "POST"),
                    json={"verdict": "real"},
                )
            ).status_code
            for token in (None, READ, room, OPERATE)
        }
        listed = (await ask(board, room, "/hosts")).json()["items"]
        ranked = (await ask(board, room, "/leaderboard")).json()["items"]
        told = (await ask(board, room, "/alerts")).json()["items"]
        grouped = (await ask(board, room, "/alert-groups")).json()["items"]
        summed = (await ask(board, room, "/rollups/district")).json()["items"]

    assert seen[None] == seen["wrong-wrong-wrong"] == [401] * 6
    assert seen[READ] == seen[OPERATE] == [200] * 6
    assert seen[room] == [200, 200, 403, 200, 404, 403]
    assert verdicts == {None: 401, READ: 403, room: 403, OPERATE: 202}
    assert [each["host_id"] for each in listed + ranked + told] == [first.host_id] * 3
    assert [each["hosts"] for each in summed] == [1]
    assert {name for each in grouped for name in each["alert_ids"]} <= {alerts[0].alert_id}


async def test_answers_kept_for_one_are_not_given_to_another() -> None:
    async with served(GUARDED) as board:
        room = room_token(SECRET.encode(), board.rooms[0].host_id)
        whole = (await ask(board, READ, "/hosts")).json()["items"]
        own = (await ask(board, room, "/hosts")).json()["items"]

    assert (len(whole), len(own)) == (6, 1)


async def test_a_browser_gets_a_cookie_for_a_token_and_may_then_ask() -> None:
    async with served(GUARDED) as board:
        wrong = await ask(board, None, "/session", "POST", json={"token": "nobody-knows-this"})
        right = await ask(board, None, "/session", "POST", json={"token": OPERATE})
        by_cookie = await board.client.get("/api/v1/session")
        forgotten = await board.client.delete("/api/v1/session")
        after = await board.client.get("/api/v1/session")

    assert wrong.status_code == 401
    assert COOKIE not in wrong.headers.get("set-cookie", "")
    told = right.headers["set-cookie"].lower()
    assert all(word in told for word in ("httponly", "samesite=strict", "path=/api/v1"))
    assert OPERATE not in told
    assert by_cookie.json() == {
        "scope": "operate",
        "host_id": None,
        "may_judge": True,
        "guarded": True,
    }
    assert forgotten.status_code == 204
    assert after.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
async def test_a_page_of_another_origin_cannot_press_a_button(headers: dict[str, str]) -> None:
    async with served() as board:
        alert = board.rooms[0].trouble(NOW_MS)
        await board.shown(board.rooms[0])
        path = f"/api/v1/alerts/{alert.alert_id}/verdict"

        refused = await board.client.post(path, json={"verdict": "real"}, headers=headers)
        own = await board.client.post(
            path, json={"verdict": "real"}, headers={"origin": "http://127.0.0.1:8090"}
        )

    assert (refused.status_code, own.status_code) == (403, 202)
    assert len(board.published.verdicts) == 1


async def test_without_tokens_a_name_that_was_made_to_point_here_is_not_answered() -> None:
    async with served() as board:
        foreign = await board.client.get("/api/v1/hosts", headers={"host": "evil.example"})
        local = await board.client.get("/api/v1/hosts", headers={"host": "localhost:8090"})

    assert (foreign.status_code, local.status_code) == (403, 200)


async def test_probes_and_the_document_need_no_token() -> None:
    async with served(GUARDED) as board:
        found = [
            (await board.client.get(path)).status_code
            for path in ("/livez", "/readyz", "/api/v1/openapi.json")
        ]

    assert found == [200, 200, 200]
