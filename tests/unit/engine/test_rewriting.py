"""The state written once more, a little in every flush, and read from where that began."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis.strategies import binary, dictionaries, integers, lists, none, sampled_from

from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.reader import ChangelogReader
from streamproc.engine.rewriting import NEVER_AGAIN, Pass, Rewriting
from streamproc.engine.stamp import Epoch, stamp

KEYS = sampled_from([b"\x01a", b"\x01b", b"\x01c", b"\x01d", b"\x01e"])
CHANGES = lists(dictionaries(KEYS, binary(max_size=6) | none(), max_size=3), max_size=40)


class Owner:
    """Whoever flushes one partition's state. Shapes: ``log`` as a reader takes it in."""

    def __init__(self, of: Pass) -> None:
        self.state: dict[bytes, bytes] = {}
        self.log: list[tuple[bytes, bytes | None, bytes]] = []
        self.rewriting = Rewriting(0, of)
        self._digest = StateDigest()
        self._flushes = 0

    def flush(self, changes: dict[bytes, bytes | None]) -> int:
        """Write changes and what is to be written once more; how many records that were."""
        self._flushes += 1
        records = list(changes.items())
        self._digest.update(records)
        for key, value in records:
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        if self.rewriting.is_due(len(self.log), len(self._digest)):
            self.rewriting.add_to(records, self._digest.keys, self.state.get, len(self.log))
        by = stamp(Epoch(0, 1, 0, 1, 1), self._flushes)
        self.log += [(key, value, by) for key, value in records]
        return len(records)

    def read(self, first: int) -> dict[bytes, bytes]:
        """The state as a reader sees it that begins there."""
        reader = ChangelogReader()
        if self.log[first:]:
            keys, values, stamps = zip(*self.log[first:], strict=True)
            reader.absorb(keys, values, stamps, len(self.log))
        return reader.state


@given(changes=CHANGES, after=integers(1, 12), times=integers(0, 2), room=integers(1, 30))
def test_the_log_holds_the_state_from_where_its_writing_began(
    changes: list[dict[bytes, bytes | None]], after: int, times: int, room: int
) -> None:
    owner = Owner(Pass(after, times, room))
    begins = []
    for each in changes:
        owner.flush(each)
        begins.append(owner.rewriting.whole_from)

        assert owner.read(owner.rewriting.whole_from) == owner.read(0) == owner.state

    assert begins == sorted(begins)


def test_a_pass_begins_once_enough_was_written_and_ends_with_the_last_key() -> None:
    owner = Owner(Pass(after_records=6, times=1, bytes_a_flush=1))
    for number in range(6):
        owner.flush({b"\x01%d" % number: b"value"})

    written = [owner.flush({b"\x01x": b"%d" % number}) for number in range(7)]

    assert owner.rewriting.whole_from == 7
    # six keys, one a flush; the seventh is in the flush anyway
    assert sum(written) == 7 + 6
    assert max(written) == 2


def test_a_large_state_waits_for_more_records_than_it_has_keys() -> None:
    rewriting = Rewriting(100, Pass(after_records=10, times=8, bytes_a_flush=1))

    assert not rewriting.is_due(next_offset=899, keys=100)
    assert rewriting.is_due(next_offset=900, keys=100)
    assert rewriting.is_due(next_offset=110, keys=1)
    assert not rewriting.is_due(next_offset=109, keys=1)


def test_what_was_deleted_meanwhile_is_not_written() -> None:
    rewriting = Rewriting(0, Pass(after_records=1, times=0, bytes_a_flush=1))
    records: list[tuple[bytes, bytes | None]] = []
    state = {b"\x01a": b"1", b"\x01b": b"2"}
    rewriting.add_to(records, lambda: list(state), state.get, 7)
    del state[b"\x01a"]

    rewriting.add_to(records, list, state.get, 9)

    assert records == [(b"\x01b", b"2")]
    assert rewriting.whole_from == 7


def test_a_partition_that_is_written_once_is_never_written_again() -> None:
    assert not NEVER_AGAIN.is_due(1 << 60, 0)


def test_what_is_added_leaves_room_in_the_record_batch() -> None:
    told: dict[str, Any] = {
        "app_id": "unit",
        "bootstrap_servers": "",
        "inputs": ("orders",),
        "partitions": 1,
    }

    assert EngineConfig(**told).rewriting.bytes_a_flush == 1 << 16
    assert EngineConfig(**told, flush_hard_bytes=1 << 16).rewriting.bytes_a_flush == 1 << 13
