"""A rebuild that dies at any moment and is run again: nothing counts twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from streamproc.app import rebuild_of
from streamproc.cli.config import settings_of
from streamproc.engine.rebuild import Record
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings
from tests.aged_log import aged_topics, send_as_of
from tests.command_line import running_worker, verified
from tests.kafka_log import delete_records
from tests.log_records import COMMENTS, ORDERS, T0, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

LATER_MS = T0 + 9 * 86_400_000
DEATHS_MAX = 100


class DiedError(Exception):
    """A process that is no more."""


async def test_a_rebuild_that_dies_before_each_of_its_appends_counts_nothing_twice(
    kafka_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_id, bootstrap = "rebuild-died", kafka_broker.bootstrap
    await aged_topics(bootstrap, app_id, 1)
    await send_as_of(bootstrap, LogBuilder().comment().paid(1_999).comment().records, T0)
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await worker.until(
            lambda said: (
                said["durable"].get(f"{ORDERS}/0") == 1
                and said["durable"].get(f"{COMMENTS}/0") == 2
            ),
            "all folded",
        )
        worker.terminate()
        assert await worker.ended() == 0
    await delete_records(bootstrap, COMMENTS, 0, 1)
    unread = LogBuilder().comment(LATER_MS, event_id="l-1")
    unread.comment(LATER_MS + 600_000, event_id="l-2")  # by then the id of the first is forgotten
    await send_as_of(bootstrap, unread.records, LATER_MS)
    monkeypatch.setattr("streamproc.engine.rebuild.PIECE_BYTES", 1)
    monkeypatch.setattr("streamproc.engine.rebuild.HEAD_BYTES", 1, raising=False)
    settings = settings_of(
        kafka__bootstrap_servers=bootstrap,
        kafka__app_id=app_id,
        engine__accept_loss=True,
        engine__batch_records_max=1,
    )

    deaths = 0
    while await _dies(settings, deaths, monkeypatch):
        deaths += 1
        assert deaths < DEATHS_MAX

    assert deaths > 10, "it was cut to pieces"
    totals = (await verified(bootstrap, app_id))["totals"]["h-1/s-1"]
    assert (totals["comments"], totals["pay_gmv_minor"]) == (4, {"CNY": 1_999})


async def _dies(settings: Settings, appends: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Rebuild, and die after so many appends; false if there were no more."""
    making = await rebuild_of(settings, LiveProgram, started_us=1, told=lambda *_: None)
    async with making:
        await making.follow()
        monkeypatch.setattr(making, "_append", _dying(making._append, appends))
        try:
            await making.replace()
        except DiedError:
            return True
    return False


def _dying(append: Callable[..., Awaitable[None]], appends: int) -> Callable[..., Awaitable[None]]:
    left = iter(range(appends))

    async def appended(number: int, owned: Any, piece: list[Record]) -> None:  # noqa: ANN401
        if next(left, None) is None:
            raise DiedError
        await append(number, owned, piece)

    return appended
