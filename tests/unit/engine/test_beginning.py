"""Where to begin in a source topic, and when to refuse."""

from __future__ import annotations

import pytest

from streamproc.engine.beginning import LogBounds, begin
from streamproc.engine.fence import TopicPosition
from streamproc.errors import ChangelogLost, FenceOutsideLog

WHERE = "live.orders.v1, partition 3"


def test_a_first_start_begins_where_the_log_begins() -> None:
    position = begin(None, None, LogBounds(40, 90), where=WHERE, accept_loss=False)

    assert (position.next_offset, position.first_offset, position.unaccounted) == (40, 40, 0)


def test_the_fence_decides_and_not_the_committed_offset() -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)

    position = begin(held, 55, LogBounds(10, 90), where=WHERE, accept_loss=False)

    assert position.next_offset == 70


@pytest.mark.parametrize("fence", [10, 90])
def test_a_fence_at_either_end_of_the_log_is_inside_it(fence: int) -> None:
    held = TopicPosition(next_offset=fence, first_offset=0, applied=fence)

    assert begin(held, None, LogBounds(10, 90), where=WHERE, accept_loss=False) is held


def test_offsets_committed_ahead_of_the_state_mean_a_lost_changelog() -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)

    with pytest.raises(ChangelogLost, match="71"):
        begin(held, 71, LogBounds(0, 90), where=WHERE, accept_loss=False)


@pytest.mark.parametrize("first_offset", [0, 5, 40], ids=["whole", "to there", "past it"])
def test_committed_offsets_without_any_state_mean_a_lost_changelog(first_offset: int) -> None:
    with pytest.raises(ChangelogLost) as caught:
        begin(None, 5, LogBounds(first_offset, 90), where=WHERE, accept_loss=False)

    assert WHERE in str(caught.value)


@pytest.mark.parametrize("bounds", [LogBounds(80, 90), LogBounds(0, 60)], ids=["deleted", "cut"])
def test_a_lost_changelog_is_told_before_what_the_log_lost(bounds: LogBounds) -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)

    with pytest.raises(ChangelogLost, match="71"):
        begin(held, 71, bounds, where=WHERE, accept_loss=False)


def test_nothing_was_read_where_0_is_committed() -> None:
    assert begin(None, 0, LogBounds(7, 90), where=WHERE, accept_loss=False).next_offset == 7


def test_accepting_loss_reads_the_log_again_from_its_start() -> None:
    position = begin(None, 5, LogBounds(2, 90), where=WHERE, accept_loss=True)

    assert position.next_offset == 2


def test_data_deleted_before_it_was_read_is_refused_with_the_number_of_records() -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)

    with pytest.raises(FenceOutsideLog, match="30 records"):
        begin(held, None, LogBounds(100, 200), where=WHERE, accept_loss=False)


def test_accepted_loss_is_counted_as_absent() -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)

    position = begin(held, None, LogBounds(100, 200), where=WHERE, accept_loss=True)

    assert (position.next_offset, position.absent, position.unaccounted) == (100, 30, 0)


def test_a_topic_made_anew_is_refused_and_with_consent_read_from_its_start() -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=69, rejected=1)

    with pytest.raises(FenceOutsideLog, match="made anew"):
        begin(held, None, LogBounds(0, 12), where=WHERE, accept_loss=False)
    anew = LogBounds(0, 12, unseen_offset=0)
    position = begin(held, None, anew, where=WHERE, accept_loss=True)

    assert (position.next_offset, position.applied, position.unaccounted) == (0, 69, 0)


@pytest.mark.parametrize(
    ("unseen_offset", "begins_at"),
    [(50, 50), (None, 60)],
    ids=["what came since is read", "nothing came, or nobody knows"],
)
def test_of_a_log_that_lost_its_end_nothing_is_read_that_the_state_holds(
    unseen_offset: int | None, begins_at: int
) -> None:
    held = TopicPosition(next_offset=70, first_offset=0, applied=70)
    cut = LogBounds(0, 60, unseen_offset)

    position = begin(held, None, cut, where=WHERE, accept_loss=True)

    assert (position.next_offset, position.applied, position.unaccounted) == (begins_at, 70, 0)
