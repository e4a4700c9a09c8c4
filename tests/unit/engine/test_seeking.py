"""Where reading begins: at the fences, and not before every source of ours was sought there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streamproc.engine.transport import BatchConsumer
from streamproc.errors import FenceOutsideLog

CHANGELOG, ORDERS, VIEWERS = TP("log", 0), TP("orders", 0), TP("viewers", 0)
GENERATION = 5


class Thread:
    """The thread that fetches; remembers where it was sent."""

    def __init__(self) -> None:
        self.begun: dict[TP, int] = {}
        self.unread: set[TP] = set()

    async def begin_at(self, offsets: Mapping[TP, int], unread: Iterable[TP]) -> None:
        self.begun, self.unread = dict(offsets), set(unread)


def consumer(
    begins: Mapping[TP, int], assigned: Iterable[TP] = (CHANGELOG, ORDERS, VIEWERS)
) -> Any:  # noqa: ANN401 - of its many parts these are needed
    """A consumer in the middle of an assignment; the engine knows the fences of ``begins``."""
    engine = SimpleNamespace(
        config=SimpleNamespace(changelog=CHANGELOG.topic),
        begin_offset=lambda source: begins.get(TP(*source)),
        fail=_raise,
    )
    return SimpleNamespace(
        engine=engine,
        app=SimpleNamespace(consumer_generation_id=GENERATION),
        assignment=lambda: set(assigned),
        flow_active=True,
        _thread=Thread(),
        _reading_generation=GENERATION,
        _sought_generation=-1,
    )


def _raise(error: Exception) -> None:
    raise error


async def test_reading_begins_once_every_source_was_sought_to_its_fence() -> None:
    seeking = consumer({ORDERS: 7, VIEWERS: 0})
    assert not BatchConsumer.may_read(seeking)

    await BatchConsumer.perform_seek(seeking)

    assert seeking._thread.begun == {ORDERS: 7, VIEWERS: 0}
    assert seeking._thread.unread == {CHANGELOG}
    assert BatchConsumer.may_read(seeking)


@pytest.mark.parametrize("begins", [{}, {ORDERS: 7}], ids=["none is known", "one is known"])
async def test_after_a_recovery_that_was_overtaken_nothing_is_read(
    begins: Mapping[TP, int],
) -> None:
    seeking = consumer(begins)

    await BatchConsumer.perform_seek(seeking)

    assert not BatchConsumer.may_read(seeking)


async def test_what_was_sought_in_another_generation_is_not_read_in_this_one() -> None:
    seeking = consumer({ORDERS: 7, VIEWERS: 0})
    await BatchConsumer.perform_seek(seeking)
    seeking.app.consumer_generation_id = seeking._reading_generation = GENERATION + 1

    assert not BatchConsumer.may_read(seeking)


def test_an_offset_outside_the_log_ends_the_worker_and_names_it() -> None:
    with pytest.raises(FenceOutsideLog) as lost:
        BatchConsumer._refuse_lost(consumer({ORDERS: 7}), {ORDERS: 9})

    assert lost.value.where == "orders, partition 0, offset 9"
    assert "--accept-loss" in lost.value.hint


def test_an_offset_outside_the_log_of_a_partition_that_is_not_ours_is_nobody_s_loss() -> None:
    BatchConsumer._refuse_lost(consumer({ORDERS: 7}), {VIEWERS: 9})
