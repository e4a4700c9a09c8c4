"""A real worker on a real Kafka says of itself what is true, and nothing that a person wrote."""

from __future__ import annotations

import asyncio
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from streamproc.embedded.ports import free_port
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    AnyEvent,
)
from streamproc.events.rooms import AdapterHeartbeat
from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from streamproc.sinks.metrics.health import TICK_MAX_S
from streamproc.sinks.metrics.registry import METRICS
from tests.builders import (
    comment,
    created,
    joined,
    made,
    paid,
    profiled,
    room_started,
    stock_reported,
    viewers_counted,
)
from tests.command_line import running_worker, send
from tests.folding import log_of
from tests.redis_server import RedisServer, redis_or_skip
from tests.servers import Broker, KafkaServer
from tests.waiting import until
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.integration

APP_ID = "measured"
PARTITIONS = 2
PHONE = "13912345678"
WORDS = "菠萝没货了"
BEAT_MS = 10_000
SALES, PAID_MINOR, ONLINE = 100, 1_999, 70
GARBAGE = (b"no json", b"[1]", b'{"type":"x"}', None)


class Scrape(NamedTuple):
    """What a worker answered."""

    text: str
    families: dict[str, Metric]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels."""
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == f"streamproc_{name}" and labels.items() <= sample.labels.items()
        )


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def scraped(port: int) -> Scrape:
    status, text = asked(port, "/metrics")
    assert status == 200
    return Scrape(text, {family.name: family for family in text_string_to_metric_families(text)})


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@asynccontextmanager
async def serving(
    bootstrap: str, redis: RedisServer, folder: Path
) -> AsyncIterator[tuple[WorkerProcess, int]]:
    """A worker that has caught up, and the port of its metrics."""
    port = free_port()
    variables = {"STREAMPROC_METRICS__PORT": str(port), "STREAMPROC_REDIS__URL": redis.url}
    async with running_worker(bootstrap, APP_ID, folder, variables=variables) as worker:
        await worker.until(lambda now: now["caught_up"], "caught up")
        yield worker, port


def evening(at_ms: int) -> list[AnyEvent]:
    """Two hosts: sales, comments with what must not be told, and a connector that fell silent."""
    events: list[AnyEvent] = []
    for host in ("h-1", "h-2"):
        of: dict[str, Any] = {"host_id": host, "session_id": f"{host}-s", "room_id": f"{host}-r"}
        begun_ms = at_ms - 240_000
        events += [
            profiled(f"{WORDS}{PHONE}", begun_ms, host_id=host),
            room_started(begun_ms, **of),
        ]
        events += [
            made(AdapterHeartbeat, begun_ms + beat * BEAT_MS, connected=True, **of)
            for beat in range(12)
        ]
        events += [stock_reported(50, at_ms, **of), viewers_counted(ONLINE, at_ms, **of)]
        for number in range(SALES):
            line = {**of, "order_id": f"o-{number}"}
            for step in (created, paid):
                events.append(step(PAID_MINOR, at_ms - number, **line))
            events.append(comment(f"{WORDS} {PHONE}", at_ms - number, **of))
            events.append(joined(number, at_ms - number, **of))
    return events


def placed(events: Iterable[AnyEvent], folded_twice: int) -> list[LogRecord]:
    """The records, each host in a partition of its own; so many come twice, and then there is garbage."""
    log = [each._replace(partition=int(each.key == b"h-2")) for each in log_of(list(events))]
    garbage = [
        LogRecord(topic, 0, 0, b"h-1", value, 0) for topic in INPUT_TOPICS for value in GARBAGE
    ]
    return log + log[-folded_twice:] + garbage


async def test_a_worker_tells_exactly_what_was_sent(
    kafka_broker: Broker, redis: RedisServer, tmp_path: Path
) -> None:
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=APP_ID)
    events = evening(time.time_ns() // 1_000_000)
    records = placed(events, folded_twice=60)
    sent = Counter((each.topic, str(each.partition)) for each in records)
    once = Counter((topic, str(int(key == b"h-2"))) for topic, key, *_ in map(_placed, events))
    await send(bootstrap, records)

    async with serving(bootstrap, redis, tmp_path) as (worker, port):
        await until(lambda: asked(port, "/readyz") == (200, '{"ok":true}'), "ready")
        assert asked(port, "/livez") == (200, '{"ok":true}')
        await until(lambda: scraped(port).value("room_alerts", kind="AdapterDown") == 2, "an alert")
        await until(lambda: _rooms_are_right(scraped(port)), "rooms as they are at the end")
        now = scraped(port)
        _checks_all(now, sent, once)
        _checks_latency(now, len(records))
        _checks_rooms(now)
        _is_what_the_registry_says(now)
        _passes_promtool(now.text)
        _tells_nothing_private(now.text)
        worker.kill()
    async with serving(bootstrap, redis, tmp_path) as (_, port):
        await until(lambda: scraped(port).value("room_alerts", kind="AdapterDown") == 2, "alerts")
        after = scraped(port)
        _checks_all(after, sent, once)
        assert after.value("events_rejected_total") == 0, "of this process"
        assert after.value("recovery_seconds_count") == 1
        assert after.value("recovery_records_total") > 0
        await _checks_a_move(bootstrap, redis, tmp_path, port)


def _rooms_are_right(now: Scrape) -> bool:
    """Whether all is told: while a worker reads what was sent before, it tells of rooms now and then."""
    try:
        _checks_rooms(now)
    except (AssertionError, KeyError, StopIteration):
        return False
    return True


async def _checks_a_move(bootstrap: str, redis: RedisServer, tmp_path: Path, port: int) -> None:
    """Of what two workers share out between them, each is told by one."""
    await until(lambda: scraped(port).value("rooms") == 2, "rooms")
    before = _of_partitions(scraped(port))
    folder = tmp_path / "second"
    folder.mkdir()
    async with serving(bootstrap, redis, folder) as (_, other_port):
        await until(
            lambda: [scraped(at).value("rooms") for at in (port, other_port)] == [1, 1],
            "one partition each, with a room",
        )
        await until(
            lambda: _of_partitions(scraped(port)) | _of_partitions(scraped(other_port)) == before,
            "every series, of both together",
        )
        first, second = _of_partitions(scraped(port)), _of_partitions(scraped(other_port))
    assert first.isdisjoint(second)


def _of_partitions(now: Scrape) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """The series of partitions and rooms, but for those that begin with the next record.

    How bad an alert is may change meanwhile, and what follows from another comes and goes.
    """
    return {
        (
            sample.name,
            frozenset(sample.labels.items() - {("severity", sample.labels.get("severity"))}),
        )
        for family in now.families.values()
        for sample in family.samples
        if {"partition", "room"} & sample.labels.keys()
        and "watermark" not in sample.name
        and not sample.labels.get("quiet")
    }


async def test_a_broker_that_is_away_ends_neither_life_nor_metrics(
    kafka_server: KafkaServer, kafka_broker: Broker, redis: RedisServer, tmp_path: Path
) -> None:
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=APP_ID)
    await send(bootstrap, placed(evening(time.time_ns() // 1_000_000), folded_twice=1))

    async with serving(bootstrap, redis, tmp_path) as (_, port):
        kafka_server.pause()
        try:
            away_to_s = time.monotonic() + TICK_MAX_S + 2
            while time.monotonic() < away_to_s:
                assert await asyncio.to_thread(asked, port, "/livez") == (200, '{"ok":true}')
                assert scraped(port).value("partitions_owned") in (0, PARTITIONS)
                await asyncio.sleep(0.5)
        finally:
            kafka_server.resume()


def _placed(event: AnyEvent) -> tuple[str, bytes]:
    record = log_of([event])[0]
    return record.topic, record.key or b""


def _checks_all(
    now: Scrape, sent: Counter[tuple[str, str]], once: Counter[tuple[str, str]]
) -> None:
    for topic in INPUT_TOPICS:
        for partition in map(str, range(PARTITIONS)):
            of = {"topic": topic, "partition": partition}
            number, applied = sent[topic, partition], once[topic, partition]
            garbage = len(GARBAGE) if partition == "0" else 0
            assert now.value("events_consumed_total", **of) == number, of
            assert now.value("events_applied_total", **of) == applied, of
            assert now.value("events_duplicate_total", **of) == number - applied - garbage, of
            assert now.value("partition_durable_offset", **of) == number
            assert now.value("partition_end_offset", **of) == number
            assert now.value("partition_lag", **of) == 0
            assert now.value("partition_unaccounted_records", **of) == 0
    assert now.value("partitions_owned") == PARTITIONS
    assert now.value("ready") == 1
    assert now.value("alerts_open", kind="AdapterDown") == 2


def _checks_latency(now: Scrape, records: int) -> None:
    rejected = len(GARBAGE) * len(INPUT_TOPICS)
    # large batches are told by every eighth record, so a few more or less
    assert abs(now.value("processing_delay_seconds_count") - records) <= records / 10
    assert abs(now.value("e2e_latency_seconds_count") - records + rejected) <= records / 10
    # what was sent is seconds old, and the beats of the connectors are minutes
    assert now.value("e2e_latency_seconds_bucket", topic=ROOMS_TOPIC, le="60") < 12
    assert now.value("e2e_latency_seconds_sum", topic=ORDERS_TOPIC) > 0
    assert now.value("comments_scanned_total") >= 200
    assert now.value("events_rejected_total", reason="malformed") >= len(INPUT_TOPICS)
    assert now.value("events_rejected_total") == rejected
    assert now.value("partition_watermark_timestamp_seconds", topic=COMMENTS_TOPIC) > 0


def _checks_rooms(now: Scrape) -> None:
    for host in ("h-1", "h-2"):
        for window in ("10m", "session"):
            of = {"host": host, "room": f"{host}-r", "window": window}
            assert now.value("room_gmv_minor_units", currency="CNY", **of) == SALES * PAID_MINOR
            assert now.value("room_orders", **of) == SALES
            assert now.value("room_comments", **of) == SALES
            assert now.value("room_viewers", **of) == SALES
        assert now.value("room_online", host=host) == ONLINE
    assert now.value("rooms", status="live") == 2
    assert now.value("series_dropped_total") == 0


def _is_what_the_registry_says(now: Scrape) -> None:
    told = {
        line.split(" ")[2]: line.split(" ")[3]
        for line in now.text.splitlines()
        if line.startswith("# TYPE ")
    }
    expected = {name: metric.type for name, metric in METRICS.items()}
    assert told == expected
    for name in told:
        family = now.families[name.removesuffix("_total")]
        labels = {frozenset(sample.labels) - {"le"} for sample in family.samples}
        assert labels == {frozenset(METRICS[name].labels)}, name
        assert family.documentation == METRICS[name].help


def _passes_promtool(text: str) -> None:
    checked = subprocess.run(
        ["/usr/bin/promtool", "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, ""), checked


def _tells_nothing_private(text: str) -> None:
    assert PHONE not in text
    assert text.isascii()
