"""Alerts leave a real worker, once each by name and number, also when it is killed in between."""

from __future__ import annotations

import asyncio
import csv
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest

from streamproc.events.outputs import AlertTransition
from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import AdapterHeartbeat, AlertJudged, Verdict
from streamproc.program.keys import Kind
from streamproc.provision.admin import ensure_topics
from tests.alert_steps import steps_told
from tests.builders import made, profiled, room_started, viewer_key
from tests.changelog_view import read_changelog
from tests.command_line import running_worker, send, streamproc
from tests.folding import log_of
from tests.kafka_log import delete_topics
from tests.servers import Broker

pytestmark = pytest.mark.integration

APP_ID = "alarmed"
BEAT_S = 10
SILENT_S = 25
SECOND_MS = 1_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def beat(at_ms: int) -> AdapterHeartbeat:
    return made(AdapterHeartbeat, at_ms, connected=True)


def verdict_on(step: AlertTransition) -> AlertJudged:
    """Somebody says that an alert is right."""
    return made(
        AlertJudged,
        now_ms(),
        host_id=step.host_id,
        session_id=step.session_id,
        alert_id=step.alert_id,
        verdict=Verdict.REAL,
        operator_key=viewer_key(7),
    )


told = partial(steps_told, kind="AdapterDown")
"""Every step of the connector's alert on the topic, once something holds of them."""


def fallen_silent() -> list[AnyEvent]:
    """A broadcast whose connector beat for two minutes, and not for a while since."""
    last_ms = now_ms() - SILENT_S * SECOND_MS
    beats = [last_ms - n * BEAT_S * SECOND_MS for n in range(12)]
    return [profiled(at_ms=beats[-1]), room_started(beats[-1]), *map(beat, reversed(beats))]


async def resolved(bootstrap: str) -> list[AlertTransition]:
    """Every step of the alert, once its connector beats again and it is over."""
    for _ in range(5):
        await send(bootstrap, log_of([beat(now_ms())]))
        await asyncio.sleep(1)  # a connector that beats again beats for a while
    return await told(
        bootstrap, lambda steps: any(each.phase == "resolved" for each in steps), "it is over"
    )


@pytest.mark.parametrize("is_lost", [False, True], ids=["a state stands", "the state is lost"])
async def test_a_rebuild_fires_nothing_again_and_forgets_no_verdict(
    kafka_broker: Broker, tmp_path: Path, is_lost: bool
) -> None:
    bootstrap, app_id = kafka_broker.bootstrap, f"{APP_ID}-rebuilt-{int(is_lost)}"
    changelog = f"{app_id}-state-changelog"
    await ensure_topics(bootstrap, partitions=1, replication_factor=1, app_id=app_id)
    await send(bootstrap, log_of(fallen_silent()))
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        (first,) = await told(bootstrap, bool, "it fires")
        await send(bootstrap, log_of([verdict_on(first)]))
        before = await told(bootstrap, lambda steps: len(steps) == 2, "a verdict")
        worker.terminate()
        assert await worker.ended() == 0
    view = await read_changelog(bootstrap, changelog, 0)
    assert Kind.ALERT in {key[0] for key in view.state}
    if is_lost:
        await delete_topics(bootstrap, [changelog])
        await ensure_topics(bootstrap, partitions=1, replication_factor=1, app_id=app_id)

    rebuilt = await streamproc("state", "rebuild", "--bootstrap", bootstrap, "--app-id", app_id)

    assert rebuilt.code == 0, rebuilt.said
    assert "could not be read" not in rebuilt.err
    rebuilt_view = await read_changelog(bootstrap, changelog, 0)
    assert is_lost or rebuilt_view.state == view.state
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await worker.until(lambda said: said["caught_up"], "recovered")
        after = await resolved(bootstrap)
        worker.terminate()
        assert await worker.ended() == 0
    assert after[:2] == before
    assert [each.why for each in after if each.why == "entered"] == ["entered"]
    assert {each.alert_id for each in after} == {first.alert_id}
    numbers = sorted({each.seq for each in after})  # a step may come twice
    assert numbers == list(range(1, len(numbers) + 1))
    assert after[-1].verdict == "real"


async def test_what_is_told_of_a_connector_that_fell_silent_survives_its_worker(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=1, replication_factor=1, app_id=APP_ID)
    await send(bootstrap, log_of(fallen_silent()))

    async with running_worker(bootstrap, APP_ID, tmp_path) as worker:
        await told(bootstrap, bool, "it fires")
        worker.kill()
    async with running_worker(bootstrap, APP_ID, tmp_path) as worker:
        await worker.until(lambda said: said["caught_up"], "recovered")
        (first, *_) = await told(bootstrap, bool, "it is told still")
        await send(bootstrap, log_of([verdict_on(first)]))
        await told(
            bootstrap, lambda steps: any(each.why == "judged" for each in steps), "a verdict"
        )
        steps = await resolved(bootstrap)
        worker.terminate()
        assert await worker.ended() == 0

    numbers: dict[str, set[int]] = defaultdict(set)
    for step in steps:
        numbers[step.alert_id].add(step.seq)
    (name,) = numbers
    assert numbers[name] == set(range(1, max(numbers[name]) + 1))
    assert {each.host_name for each in steps} == {"张桂兰"}
    out = tmp_path / "verdicts.csv"
    ended = await streamproc("export", "--verdicts", "--out", str(out), "--bootstrap", bootstrap)
    assert ended.code == 0, ended.err
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert (row["alert_id"], row["verdict"], row["kind"]) == (name, "real", "AdapterDown")
