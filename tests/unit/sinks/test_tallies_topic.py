"""What leaves for the tallies topic: the newest of each host, and nothing of what is not ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import pytest
from msgspec import json

from streamproc.errors import StreamprocError
from streamproc.events.host_tally import HostTally
from streamproc.protocol import View
from streamproc.sinks.kafka_writer import Record
from streamproc.sinks.tallies_topic import Newest, TalliesTopic, Waiting, as_of_ms


def newest(*partitions: int) -> Newest:
    found = Newest()
    found.own(frozenset(partitions))
    return found


def test_of_a_host_that_is_told_again_before_it_leaves_only_the_newest_leaves() -> None:
    waiting = newest(3)
    waiting.put(3, 7, [View(b"h-1", b"{1}"), View(b"h-2", b"{2}")])
    waiting.put(3, 8, [View(b"h-1", b"{3}")])

    assert waiting.take() == {b"h-1": Waiting(3, 8, b"{3}"), b"h-2": Waiting(3, 7, b"{2}")}
    assert waiting.take() == {}


def test_that_a_host_is_gone_takes_the_place_of_what_waits_of_it() -> None:
    waiting = newest(3)
    waiting.put(3, 7, [View(b"h-1", b"{1}")])
    waiting.put(3, 7, [View(b"h-1", None)])

    assert waiting.take() == {b"h-1": Waiting(3, 7, None)}


def test_nothing_is_held_of_a_partition_that_is_taken_away() -> None:
    waiting = newest(3, 4)
    waiting.put(3, 7, [View(b"h-1", b"{1}")])
    waiting.put(4, 7, [View(b"h-2", b"{2}")])
    waiting.own(frozenset({4}))
    waiting.put(3, 8, [View(b"h-1", b"{3}")])

    assert waiting.take() == {b"h-2": Waiting(4, 7, b"{2}")}


def test_the_time_of_a_tally_is_read_whatever_its_host_is_called() -> None:
    tally = HostTally(version=1, host_id='h "as_of_ms":7', as_of_ms=1_795_262_400_000, sessions=[])

    assert as_of_ms(json.encode(tally)) == tally.as_of_ms


async def test_whatever_sending_fails_with_ends_the_worker() -> None:
    class Writer:
        async def write(self, records: Iterable[Record]) -> None:
            raise ZeroDivisionError

    class Ended(Exception):
        """Stands for the end of the process."""

    def end(error: StreamprocError) -> NoReturn:
        raise Ended(str(error))

    topic = TalliesTopic("127.0.0.1:1", request_timeout_s=1, failure=end)
    writer: Any = Writer()
    topic._writer = writer

    with pytest.raises(Ended, match="ZeroDivisionError"):
        await topic._send_on()
