"""Fences: what is refused, and the arithmetic of positions."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis.strategies import binary, builds, integers, lists, tuples

from streamproc.engine.fence import (
    VERSION,
    Fence,
    TopicPosition,
    copy_positions,
    decode_fence,
)
from streamproc.errors import ChangelogLost, NewerState
from streamproc.protocol import BatchReport

COUNT = integers(0, 50)
REPORTS = builds(
    BatchReport, applied=COUNT, duplicate=COUNT, rejected=COUNT, late=COUNT, ahead=COUNT
)
WHERE = "changelog, partition 3"


def fence(version: int = VERSION) -> Fence:
    positions = {
        "orders": TopicPosition(10, 4, applied=3, duplicate=1, rejected=1, absent=1, late=2)
    }
    return Fence(version, 0xDEAD, positions, "worker 1")


def test_a_fence_comes_back_as_it_was_written() -> None:
    assert decode_fence(fence().encode(), where=WHERE) == fence()


def test_a_fence_of_the_version_before_goes_on_with_none_ahead() -> None:
    written = msgspec.msgpack.encode([1, 0xDEAD, {"orders": [10, 4, 3, 1, 1, 1, 2]}, "worker 1"])

    assert decode_fence(written, where=WHERE) == fence(1)


def test_a_fence_may_end_before_or_behind_what_is_known_of_it() -> None:
    fields: list[object] = [VERSION, 0xDEAD, {"orders": [10, 4, 3, 1, 1, 1, 2]}, "worker 1"]
    ends: list[list[object]] = [[], [12], [12, 345], [12, 345, "more"]]

    found = [decode_fence(msgspec.msgpack.encode(fields + end), where=WHERE) for end in ends]

    assert [each.partitions for each in found] == [0, 12, 12, 12]
    assert [each.whole_from for each in found] == [0, 0, 345, 345]


def test_a_fence_of_a_newer_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(NewerState) as refused:
        decode_fence(fence(VERSION + 1).encode(), where=WHERE)

    assert refused.value.where == WHERE
    assert refused.value.hint


def test_a_newer_version_is_told_even_if_its_shape_is_unknown() -> None:
    with pytest.raises(NewerState):
        decode_fence(msgspec.msgpack.encode([VERSION + 1, {"all": "new"}]), where=WHERE)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"?",
        b"\xc1",
        msgspec.msgpack.encode([]),
        msgspec.msgpack.encode({"version": 1}),
        msgspec.msgpack.encode(["1", 0, {}, ""]),
        msgspec.msgpack.encode([VERSION]),
        msgspec.msgpack.encode([VERSION, 0, {"orders": ["a"]}, ""]),
        fence().encode()[:-3],
    ],
)
def test_what_is_no_fence_means_that_the_changelog_is_lost(value: bytes) -> None:
    with pytest.raises(ChangelogLost) as lost:
        decode_fence(value, where=WHERE)

    assert lost.value.where == WHERE


@given(value=binary(max_size=40))
def test_no_bytes_raise_anything_but_a_refusal(value: bytes) -> None:
    try:
        decode_fence(value, where=WHERE)
    except (ChangelogLost, NewerState):
        return


@given(batches=lists(tuples(REPORTS, COUNT), max_size=10), start=COUNT)
def test_passing_batches_accounts_for_every_offset(
    batches: list[tuple[BatchReport, int]], start: int
) -> None:
    at = TopicPosition(start, start)
    holes = 0
    for report, hole in batches:
        records = report.applied + report.duplicate + report.rejected
        at.advance(report, records, at.next_offset + records + hole)
        holes += hole

    assert at.unaccounted == 0
    assert at.absent == holes
    assert at.applied == sum(report.applied for report, _ in batches)
    assert at.late == sum(report.late for report, _ in batches)
    assert at.ahead == sum(report.ahead for report, _ in batches)


def test_a_record_that_a_program_did_not_report_shows() -> None:
    at = TopicPosition(5, 5)
    at.advance(BatchReport(applied=2), records=3, next_offset=8)

    assert at.unaccounted == 1


def test_offsets_that_the_log_lost_become_absent() -> None:
    at = TopicPosition(7, 5, applied=2)
    at.skip_to(10)

    assert (at.next_offset, at.first_offset, at.absent, at.unaccounted) == (10, 5, 3, 0)


def test_a_topic_made_anew_keeps_what_was_counted() -> None:
    at = TopicPosition(100, 90, applied=6, duplicate=2, rejected=1, absent=1, late=3)
    at.restart_at(2)

    assert (at.next_offset, at.applied, at.duplicate, at.rejected) == (2, 6, 2, 1)
    assert (at.absent, at.late, at.unaccounted) == (1, 3, 0)


def test_after_a_restart_counting_goes_on() -> None:
    at = TopicPosition(100, 90, applied=10)
    at.restart_at(0)
    at.advance(BatchReport(applied=1, rejected=1), records=2, next_offset=3)

    assert (at.applied, at.rejected, at.absent, at.unaccounted) == (11, 1, 1, 0)


def test_copied_positions_stand_still_when_the_originals_go_on() -> None:
    positions = {"orders": TopicPosition(1, 1)}
    copied = copy_positions(positions)
    positions["orders"].advance(BatchReport(applied=4), records=4, next_offset=5)

    assert copied == {"orders": TopicPosition(1, 1)}


def test_a_fence_of_the_version_before_is_read_and_knows_no_time() -> None:
    before = msgspec.msgpack.encode([1, 7, {"orders": [9, 2, 6, 1, 0, 0, 3]}, "somebody"])

    found = decode_fence(before, where=WHERE)

    assert found.positions == {"orders": TopicPosition(9, 2, 6, 1, 0, 0, 3)}
    assert found.positions["orders"].newest_ms == 0


def test_the_newest_time_is_that_of_the_last_record_and_never_goes_back() -> None:
    at = TopicPosition(0, 0)
    for times_ms in ([5, 7], [], [6]):
        at.seen(times_ms)

    assert at.newest_ms == 7
