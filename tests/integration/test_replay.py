"""A replay of recorded events ends in the digest of the workers that folded them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.cli.recordings import Lines
from streamproc.provision.admin import ensure_topics
from streamproc.replay.answer import answer
from streamproc.replay.pace import at_once
from streamproc.replay.playback import Playback, last_event_ms
from tests.command_line import Finished, running_worker, streamproc
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 3
APP_ID = "replayed"


def decoded(done: Finished) -> dict[str, Any]:
    assert done.code == 0, done.said
    found: dict[str, Any] = msgspec.json.decode(done.out)
    return found


def unjudged(file: Path) -> dict[str, Any]:
    """What the command tells of a recording, but for alerts: to judge 32 rooms for three hours is long."""
    playback, lines = Playback(), Lines(PARTITIONS)
    with file.open("rb") as source:
        for batch in at_once(lines.records(source)):
            playback.take(batch)
    lines.refuse_bad(where=str(file))
    return answer(playback.programs, last_event_ms(playback.programs))


async def test_file_topics_and_state_say_the_same(embedded_broker: Broker, tmp_path: Path) -> None:
    server = ("--bootstrap", embedded_broker.bootstrap)
    app = (*server, "--app-id", APP_ID)
    file, curve = tmp_path / "contest.jsonl", tmp_path / "curve.csv"
    faults = ("--duplicates", "0.05", "--disorder", "0.05", "--lateness", "0.01")
    simulated = await streamproc(
        "simulate", "contest", "--to", str(file), "--seconds", "10", "--seed", "7", *faults
    )
    assert simulated.code == 0, simulated.said
    events = len(file.read_bytes().splitlines())
    await ensure_topics(
        embedded_broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=APP_ID
    )
    ingested = await streamproc("ingest", str(file), *server)
    assert ingested.code == 0, ingested.said
    async with running_worker(embedded_broker.bootstrap, APP_ID, tmp_path) as worker:
        await worker.until(
            lambda said: sum(said["durable"].values()) >= events and said["caught_up"], "all folded"
        )
        worker.terminate()
        assert await worker.ended() == 0

    verified = decoded(await streamproc("verify", "--json", *app))
    replayed = decoded(await streamproc("replay", str(file), "--json"))
    read = decoded(await streamproc("replay", "--from-kafka", "--json", *server))
    paced = decoded(
        await streamproc("replay", "--from-kafka", "--json", "--speed", "1000", *server)
    )

    for each in (replayed, read, paced):
        del each["alerts"]  # each names the offsets that it was judged at

    assert verified["compared_records"] == events
    assert replayed["digest"] == verified["state_sha256"] == verified["log_sha256"]
    assert read == replayed
    assert paced == replayed

    host, sessions = max(
        replayed["hosts"].items(), key=lambda pair: max(len(s["curve"]) for s in pair[1].values())
    )
    session = max(sessions, key=lambda name: len(sessions[name]["curve"]))
    asked = ("export", "--session", host, session, "--curve", "--out", str(curve))
    from_state = await streamproc(*asked, *app)
    assert from_state.code == 0, from_state.said
    state_rows = curve.read_bytes()
    from_file = await streamproc(*asked, "--events", str(file))
    assert from_file.code == 0, from_file.said
    assert state_rows == curve.read_bytes()
    assert len(state_rows.splitlines()) == 1 + len(sessions[session]["curve"])


async def test_every_figure_of_a_contest_is_the_ledgers_and_every_level_adds_up_to_its_money(
    tmp_path: Path,
) -> None:
    file = tmp_path / "contest.jsonl"
    simulated = await streamproc(
        "simulate", "contest", "--to", str(file), "--seed", "7", "--audience-scale", "0"
    )
    assert simulated.code == 0, simulated.said
    ledger = msgspec.json.decode((tmp_path / "contest.totals.json").read_bytes())

    replayed = unjudged(file)

    for host, sessions in ledger["hosts"].items():
        for session, sums in sessions.items():
            figures = replayed["hosts"][host][session]["figures"]
            failed = sum(count for name, count in sums.items() if name.startswith("failed_"))
            assert figures["failed_orders"] == failed
            assert figures["orders_sku"] == sums["paid_lines"]
            for name in ("created_minor", "pay_gmv_minor", "orders_main", "items_sold"):
                assert figures[name] == sums[name], (host, name)
            assert figures["refunded_minor"] == sums.get("refunded_minor", {})
    for level, places in replayed["rollups"].items():
        paid_minor = [each["figures"]["pay_gmv_minor"]["CNY"] for each in places]
        orders = [each["figures"]["orders_main"] for each in places]
        assert (sum(paid_minor), sum(orders)) == (500_000_000, 25_000), level
