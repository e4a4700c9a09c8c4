"""Prometheus, Alertmanager and the robots, all real, on what two workers would serve that go wrong.

Here is what cannot be brought about on a real worker, as a record that is not accounted for, beside what
can; ``test_real_faults`` takes things away from real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from tests.ops.exposed import Exposition, alert, prober, served, worker
from tests.ops.watched import FASTER, Watch, empty, until, watching
from tests.robots.stand_in import StandIn, stand_in
from tests.robots.test_receiver import receiver

pytestmark = [pytest.mark.integration, pytest.mark.alone]

TOKEN = "a-token-of-the-test"  # noqa: S105 - made up
STALLED = 'topic="live.orders.v1",partition="3"'
PAUSED = 'topic="live.comments.v1",partition="5"'
LOST = 'topic="live.viewers.v1",partition="4"'
ROOM = 'host="h-7",room="r-7"'
OUT = f"streamproc_room_alerts{{{ROOM},{alert('Stockout', 'page', 'p-1')}}}"
OUT_TOO = f"streamproc_room_alerts{{{ROOM},{alert('Stockout', 'page', 'p-2')}}}"
TAKEN_ON = f"streamproc_room_alerts{{{ROOM},{alert('Stockout', 'page', 'p-1', 'acknowledged')}}}"
FOLLOWS = f"streamproc_room_alerts{{{ROOM},{alert('ViewerDrop', 'page', quiet='inhibited')}}}"
QUIET = {"StreamprocRoomUnlistedDemand"}
"""What a healthy floor says: on the board, and to nobody in the chat."""


class Stage(NamedTuple):
    """Everything that runs. ``workers``: by number."""

    watch: Watch
    workers: dict[int, Exposition]
    platform: StandIn


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("watching")
    workers = {1: worker(1), 2: worker(0)}
    with ExitStack() as stack:
        enter = stack.enter_context
        platform = enter(stand_in())
        names = {"worker-1": workers[1], "worker-2": workers[2], "blackbox": prober()}
        ports = {name: enter(served(each)) for name, each in names.items()}
        remember_s = str(300 / FASTER)
        robots = enter(
            receiver(
                folder, WECOM_URL=f"{platform.url}/wecom?key=k", TOKEN=TOKEN, REMEMBER_S=remember_s
            )
        )
        watch = enter(watching(folder, ports, str(robots.base_url).rstrip("/"), TOKEN))
        yield Stage(watch, workers, platform)


def test_every_expression_of_dashboards_and_rules_has_data(stage: Stage) -> None:
    until(lambda: not empty(stage.watch), 40, lambda: empty(stage.watch))


def test_a_healthy_floor_raises_nothing_but_what_rooms_say(stage: Stage) -> None:
    until(lambda: stage.watch.alerts()["active"] == QUIET, 20, stage.watch.alerts)

    assert stage.watch.alerts()["suppressed"] == set()
    # durations are a twentieth: a start that takes seconds is as long as one of minutes without a worker
    told = [each for each in stage.platform.posted if "StreamprocNoWorkers" not in str(each.body)]
    assert told == []


def test_what_breaks_is_told_and_what_follows_from_it_is_not(stage: Stage) -> None:
    first, second = stage.workers[1], stage.workers[2]
    first.values[f"streamproc_partition_lag{{{STALLED}}}"] = 500.0
    first.growth[f"streamproc_partition_durable_offset{{{STALLED}}}"] = 0.0
    first.values['streamproc_sink_up{sink="redis"}'] = 0.0
    first.values['streamproc_sink_oldest_dirty_seconds{sink="redis"}'] = 45.0
    first.values[f"streamproc_partition_paused{{{PAUSED}}}"] = 1.0
    first.values[f"streamproc_partition_lag{{{PAUSED}}}"] = 900.0
    first.growth[f"streamproc_partition_durable_offset{{{PAUSED}}}"] = 0.0
    first.values[OUT] = 1.0
    first.values[FOLLOWS] = 1.0
    second.values[f"streamproc_partition_unaccounted_records{{{LOST}}}"] = 3.0
    second.clocks[f"streamproc_partition_watermark_timestamp_seconds{{{LOST}}}"] = 90.0
    second.values[f"streamproc_partition_lag{{{LOST}}}"] = 500.0
    follows = {"StreamprocSinkStale", "StreamprocRoomViewerDrop"}
    told = {
        *("StreamprocPartitionStalled", "StreamprocSinkDown", "StreamprocPartitionPaused"),
        *("StreamprocUnaccounted", "StreamprocRoomStockout", "StreamprocWatermarkLag"),
        "StreamprocRoomQuiet",
    }
    expected = {"active": told | QUIET, "suppressed": follows}
    until(lambda: stage.watch.alerts() == expected, 60, stage.watch.alerts)

    def messages() -> str:
        return told_in_chat(stage)

    words = [
        "live.orders.v1/3 停滞",
        "断货: h-7 p-1",
        "写不进 redis",
        "已暂停: 坏记录太多",
        "位点去向不明",
    ]
    until(lambda: all(each in messages() for each in words), 20, messages)
    assert "落后超过 30 秒" not in messages()  # what follows from the sink that is down
    assert "上架" not in messages()
    assert "在线人数骤降" not in messages()  # what follows from another alert of the room


def test_a_second_product_is_told_and_what_somebody_took_on_is_not_told_as_over(
    stage: Stage,
) -> None:
    first = stage.workers[1]
    first.values[OUT_TOO] = 1.0
    until(lambda: "断货: h-7 p-2" in told_in_chat(stage), 20, lambda: told_in_chat(stage))

    stage.platform.posted.clear()
    del first.values[OUT]
    first.values[TAKEN_ON] = 1.0
    until(
        lambda: "StreamprocRoomStockout" in stage.watch.alerts()["suppressed"],
        20,
        stage.watch.alerts,
    )
    del first.values[OUT_TOO]
    until(
        lambda: "StreamprocRoomStockout" not in stage.watch.alerts()["active"],
        20,
        stage.watch.alerts,
    )
    until(lambda: "断货: h-7 p-2" in told_in_chat(stage), 20, lambda: told_in_chat(stage))
    assert "断货: h-7 p-1" not in told_in_chat(stage)


def test_what_is_mended_is_told_too_and_a_worker_that_is_gone(stage: Stage) -> None:
    first, second = stage.workers[1], stage.workers[2]
    stage.platform.posted.clear()
    for series, value in worker(1).values.items():
        if series not in first.growth:
            first.values[series] = value
    first.growth |= worker(1).growth
    first.clocks |= worker(1).clocks
    del first.values[TAKEN_ON], first.values[FOLLOWS]
    second.is_up = False
    gone = {"StreamprocTargetDown", "StreamprocPartitionsUnowned"}
    until(
        lambda: stage.watch.alerts() == {"active": gone | QUIET, "suppressed": set()},
        90,
        stage.watch.alerts,
    )
    first.is_up = False
    until(
        lambda: stage.watch.alerts() == {"active": {"StreamprocNoWorkers"}, "suppressed": gone},
        40,
        stage.watch.alerts,
    )

    until(lambda: "没有任何 worker 应答" in told_in_chat(stage), 20, lambda: told_in_chat(stage))
    assert told_in_chat(stage).count("已恢复") >= 5


def told_in_chat(stage: Stage) -> str:
    """Everything that the robots told."""
    return "\n".join(posted.body["markdown"]["content"] for posted in stage.platform.posted)
