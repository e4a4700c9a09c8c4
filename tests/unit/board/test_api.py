from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from streamproc.board.cards import SPARK_MINUTES
from streamproc.board.guards import CSP
from streamproc.errors import VerdictUnpublished
from streamproc.events.codec import Codec, encode
from streamproc.events.registry import ROOMS_TOPIC
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import AlertJudged, Verdict
from tests.board.rooms import MINUTE_MS
from tests.board.served import NOW_MS, Served, served


@pytest.fixture
async def board() -> AsyncIterator[Served]:
    async with served() as made:
        yield made


async def got(board: Served, path: str, status: int = 200) -> Any:  # noqa: ANN401 - JSON
    answer = await board.client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_hosts_come_as_cards_with_the_greatest_sales_first(board: Served) -> None:
    page = await got(board, "/hosts")

    sales = [card["pay_gmv_minor"]["CNY"] for card in page["items"]]
    assert len(sales) == 6
    assert sales == sorted(sales, reverse=True)
    assert page["next_cursor"] is None
    for card in page["items"]:
        assert [len(card[name]) for name in card if name.startswith("spark_g")] == [SPARK_MINUTES]
        assert card["spark_end_ms"] == NOW_MS // MINUTE_MS * MINUTE_MS
        assert card["alerts"] == {"page": 0, "ticket": 0, "info": 0}


async def test_a_card_shows_the_minutes_of_its_curve(board: Served) -> None:
    (card,) = (await got(board, "/hosts?limit=1"))["items"]
    minutes = (await got(board, f"/hosts/{card['host_id']}/curve"))["minutes"]

    assert card["spark_gmv"] == [each["pay_gmv_minor"]["CNY"] for each in minutes[-30:]]
    assert card["spark_online"] == [each["online"] for each in minutes[-30:]]
    assert [each["minute_ms"] for each in minutes] == sorted(each["minute_ms"] for each in minutes)


@pytest.mark.parametrize("limit", [1, 2, 4, 6])
async def test_pages_hold_every_host_once_in_the_order_of_the_whole(
    board: Served, limit: int
) -> None:
    whole = [card["host_id"] for card in (await got(board, "/hosts?sort=comments"))["items"]]
    found, cursor = [], ""

    while cursor is not None:
        page = await got(board, f"/hosts?sort=comments&limit={limit}{cursor}")
        assert len(page["items"]) <= limit
        found += [card["host_id"] for card in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert found == whole


async def test_hosts_of_one_village(board: Served) -> None:
    village = board.rooms[2].village

    page = await got(board, f"/hosts?village={village}")

    assert {card["host_id"] for card in page["items"]} == {
        room.host_id for room in board.rooms if room.village == village
    }


async def test_a_host_is_shown_as_redis_holds_it(board: Served) -> None:
    room = board.rooms[0]
    alert = room.trouble(NOW_MS)
    await board.shown(room)

    host = await got(board, f"/hosts/{room.host_id}")

    assert host["tally"]["version"] == room.version
    assert host["tally"]["sessions"][0]["figures"]["orders_main"] > 0
    assert [each["alert_id"] for each in host["alerts"]] == [alert.alert_id]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/hosts/nobody", 404),
        ("/hosts/h-0001/curve?session_id=none", 404),
        ("/alerts/none", 404),
        ("/rollups/planet", 404),
        ("/nothing", 404),
        ("/hosts?limit=0", 400),
        ("/hosts?limit=501", 400),
        ("/hosts?sort=beauty", 400),
        ("/hosts?cursor=what", 400),
        (f"/hosts?village={'x' * 5000}", 400),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(board: Served, path: str, status: int) -> None:
    answer = await board.client.get(f"/api/v1{path}")

    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"]) in {(status, status), (400, 400)}
    assert told["detail"]


async def test_leaderboard_and_rollups_add_up_to_the_cards(board: Served) -> None:
    cards = (await got(board, "/hosts"))["items"]
    total = sum(card["pay_gmv_minor"]["CNY"] for card in cards)

    ranked = (await got(board, "/leaderboard"))["items"]
    assert [place["rank"] for place in ranked] == [1, 2, 3, 4, 5, 6]
    assert sum(place["value"] for place in ranked) == total
    for level in ("village", "town", "district"):
        rollup = await got(board, f"/rollups/{level}")
        assert sum(each["figures"]["pay_gmv_minor"]["CNY"] for each in rollup["items"]) == total
        assert sum(each["hosts"] for each in rollup["items"]) == 6
        assert {each["figures"]["buyers"] for each in rollup["items"]} == {None}


async def test_alerts_come_by_urgency_and_the_resolved_only_if_asked_for(board: Served) -> None:
    told = [room.trouble(NOW_MS + number) for number, room in enumerate(board.rooms)]
    board.rooms[0].over(told[0].alert_id, NOW_MS + 100)
    await board.shown(*board.rooms)

    opened = (await got(board, "/alerts"))["items"]
    everything = (await got(board, "/alerts?state=all"))["items"]
    tickets = (await got(board, "/alerts?severity=ticket"))["items"]

    ranks = [{"page": 0, "ticket": 1, "info": 2}[each["severity"]] for each in opened]
    assert ranks == sorted(ranks)
    assert {each["alert_id"] for each in opened} == {each.alert_id for each in told[1:]}
    assert {each["alert_id"] for each in everything} == {each.alert_id for each in told}
    assert {each["severity"] for each in tickets} <= {"ticket"}
    for urgent in ("page", "ticket"):
        at = [each["opened_ms"] for each in opened if each["severity"] == urgent]
        assert at == sorted(at, reverse=True)


async def test_what_is_wrong_in_many_rooms_of_a_venue_is_one_line(board: Served) -> None:
    told = [room.trouble(NOW_MS + number) for number, room in enumerate(board.rooms)]
    board.rooms[0].over(told[0].alert_id, NOW_MS + 100)
    await board.shown(*board.rooms)
    opened = [each for each in told[1:] if not each.inhibited_by]

    groups = (await got(board, "/alert-groups"))["items"]

    named = [alert_id for each in groups for alert_id in each["alert_ids"]]
    assert sorted(named) == sorted(each.alert_id for each in opened)
    by_place = Counter((each.kind, each.venue_id) for each in opened if each.venue_id)
    for each in groups:
        assert each["rooms"] == by_place.get((each["kind"], each["venue_id"]), 1)
    ranks = [{"page": 0, "ticket": 1, "info": 2}[each["severity"]] for each in groups]
    assert ranks == sorted(ranks)


async def test_pages_of_alerts_hold_each_once(board: Served) -> None:
    for room in board.rooms:
        room.trouble(NOW_MS)
    await board.shown(*board.rooms)
    whole = [each["alert_id"] for each in (await got(board, "/alerts"))["items"]]
    found, cursor = [], ""

    while cursor is not None:
        page = await got(board, f"/alerts?limit=4{cursor}")
        found += [each["alert_id"] for each in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert found == whole


async def test_a_verdict_leaves_as_an_event_that_the_codec_takes(board: Served) -> None:
    room = board.rooms[0]
    alert = room.trouble(NOW_MS)
    await board.shown(room)
    path = f"/api/v1/alerts/{alert.alert_id}/verdict"

    answers = [
        await board.client.post(path, json={"verdict": "bait", "by": "老李"}) for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [202, 202]
    first, again = board.published.verdicts
    assert first.event_id == again.event_id == answers[0].json()["event_id"]
    held = Codec(ROOMS_TOPIC).decode(room.host_id.encode(), encode(first), NOW_MS)
    assert isinstance(held, AlertJudged)
    assert not isinstance(held, Rejected)
    assert (held.alert_id, held.verdict) == (alert.alert_id, Verdict.BAIT)
    assert "老李" not in encode(first).decode()


async def test_a_verdict_that_is_taken_back_and_given_again_is_no_copy(board: Served) -> None:
    room = board.rooms[0]
    alert = room.trouble(NOW_MS)
    for verdict in ("real", "bait", "real", "bait"):
        await board.shown(room)
        path = f"/api/v1/alerts/{alert.alert_id}/verdict"
        assert (await board.client.post(path, json={"verdict": verdict})).status_code == 202
        room.judged(alert.alert_id, NOW_MS, verdict, None)

    assert len({each.event_id for each in board.published.verdicts}) == 4


@pytest.mark.parametrize(
    ("body", "verdict", "minutes"),
    [
        ({"verdict": "acknowledged"}, "acknowledged", None),
        ({"verdict": "acknowledged", "snooze_minutes": 5}, "snoozed", 5),
        ({"verdict": "snoozed"}, "snoozed", 10),
    ],
)
async def test_a_snooze_says_until_when(
    board: Served, body: dict[str, object], verdict: str, minutes: int | None
) -> None:
    alert = board.rooms[0].trouble(NOW_MS)
    await board.shown(board.rooms[0])

    answer = await board.client.post(f"/api/v1/alerts/{alert.alert_id}/verdict", json=body)

    assert answer.status_code == 202
    until_ms = None if minutes is None else NOW_MS + minutes * MINUTE_MS
    assert (answer.json()["verdict"], answer.json()["until_ms"]) == (verdict, until_ms)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"verdict": "maybe"}, 400),
        ({"verdict": "real", "more": 1}, 400),
        ({"verdict": "real", "snooze_minutes": 5}, 422),
        ({"verdict": "snoozed", "snooze_minutes": 0}, 400),
        ({"verdict": "real", "by": "x" * 20_000}, 413),
    ],
)
async def test_a_verdict_that_makes_no_sense_is_refused(
    board: Served, body: dict[str, object], status: int
) -> None:
    alert = board.rooms[0].trouble(NOW_MS)
    await board.shown(board.rooms[0])

    answer = await board.client.post(f"/api/v1/alerts/{alert.alert_id}/verdict", json=body)

    assert answer.status_code == status, answer.text
    assert board.published.verdicts == []


async def test_a_verdict_is_a_problem_of_later_while_kafka_is_away() -> None:
    class Away:
        async def publish(self, verdict: AlertJudged) -> None:
            raise VerdictUnpublished("no broker", where="live.rooms.v1", hint="later")

        async def stop(self) -> None:
            pass

    async with served(publisher=Away()) as board:
        alert = board.rooms[0].trouble(NOW_MS)
        await board.shown(board.rooms[0])

        answer = await board.client.post(
            f"/api/v1/alerts/{alert.alert_id}/verdict", json={"verdict": "real"}
        )

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_an_answer_is_given_again_only_while_it_is_true(board: Served) -> None:
    first = await board.client.get("/api/v1/hosts")
    same = await board.client.get("/api/v1/hosts", headers={"if-none-match": first.headers["etag"]})
    board.rooms[0].live(NOW_MS, 1)
    await board.shown(board.rooms[0])
    after = await board.client.get(
        "/api/v1/hosts", headers={"if-none-match": first.headers["etag"]}
    )

    assert (same.status_code, same.content) == (304, b"")
    assert after.status_code == 200
    versions = {card["host_id"]: card["version"] for card in after.json()["items"]}
    assert versions[board.rooms[0].host_id] == board.rooms[0].version


async def test_a_host_that_did_not_change_keeps_its_tag_when_others_do(board: Served) -> None:
    path = f"/api/v1/hosts/{board.rooms[1].host_id}"
    before = await board.client.get(path)
    board.rooms[0].live(NOW_MS, 1)
    await board.shown(board.rooms[0])

    assert (await board.client.get(path)).headers["etag"] == before.headers["etag"]
    board.rooms[1].live(NOW_MS, 1)
    await board.shown(board.rooms[1])
    assert (await board.client.get(path)).headers["etag"] != before.headers["etag"]


async def test_large_answers_are_packed_for_whoever_takes_that(board: Served) -> None:
    async with board.client.stream(
        "GET", "/api/v1/hosts", headers={"accept-encoding": "gzip"}
    ) as packed:
        body = b"".join([part async for part in packed.aiter_raw()])
    plain = await board.client.get("/api/v1/hosts", headers={"accept-encoding": "identity"})
    refused = await board.client.get("/api/v1/hosts", headers={"accept-encoding": "gzip;q=0"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain.content == refused.content
    assert len(body) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "accept-encoding"


async def test_head_is_get_without_a_body_and_options_names_the_methods(board: Served) -> None:
    head = await board.client.head("/api/v1/hosts")
    whole = await board.client.get("/api/v1/hosts", headers={"accept-encoding": "identity"})
    options = await board.client.options("/api/v1/session")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert set(options.headers["allow"].split(", ")) == {"GET", "POST", "DELETE", "HEAD", "OPTIONS"}
    assert (await board.client.put("/api/v1/hosts")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/livez", "/api/v1/hosts", "/api/v1/none", "/none.js"])
async def test_every_answer_keeps_a_browser_to_our_own_files(board: Served, path: str) -> None:
    answer = await board.client.get(path)

    assert answer.headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_definitions_name_every_figure_and_alert(board: Served) -> None:
    told = await got(board, "/definitions")

    assert {"pay_gmv_minor", "net_gmv_minor", "buyers"} <= {each["id"] for each in told["figures"]}
    assert {"Stockout", "StreamDead"} <= {each["kind"] for each in told["alerts"]}
    assert all(each["zh"] and each["en"] for each in told["figures"] + told["alerts"])


async def test_too_many_requests_are_told_when_to_come_again() -> None:
    from streamproc.board.config import BoardConfig

    async with served(BoardConfig(requests_per_s=2)) as board:
        answers: list[httpx.Response] = [await board.client.get("/api/v1/health") for _ in range(8)]

    assert [each.status_code for each in answers[:4]] == [200] * 4
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
