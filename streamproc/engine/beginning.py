"""Where to begin in a source topic, and when to refuse.

Pure: the state's fence, the committed offset and the log's bounds in, a position out.

Source: docs/adr/0005-the-state-says-where-to-read-on.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streamproc.engine.fence import TopicPosition
from streamproc.errors import ChangelogLost, FenceOutsideLog

HINT_OUTSIDE_LOG: Final = (
    "restore the topic, or start with --accept-loss: it goes on with what the log holds and the state does"
    " not, and says how much that is"
)


@dataclass(frozen=True, slots=True)
class LogBounds:
    """What a source partition holds: ``first_offset`` to before ``end_offset``.

    Shapes: ``unseen_offset`` is the first record that the broker took behind all that the state holds; it
        is asked for only where the log ends before the state does.
    """

    first_offset: int
    end_offset: int
    unseen_offset: int | None = None


def begin(
    position: TopicPosition | None,
    committed_offset: int | None,
    bounds: LogBounds,
    *,
    where: str,
    accept_loss: bool,
) -> TopicPosition:
    """Where reading goes on, with the accounting that belongs to it.

    Errors: ``ChangelogLost`` if more was committed than the state holds; ``FenceOutsideLog`` if the
    log does not hold what comes next, unless ``accept_loss``: what was deleted counts as absent, and
    of a log that lost its end or was made anew only what the broker took behind all that the state holds
    is read.
    """
    if position is None:
        # whatever was committed was in a fence before. 0 says nothing: that was committed without one once
        if committed_offset:
            _refuse_lost_changelog(committed_offset, "nothing", where, accept_loss)
        return TopicPosition(bounds.first_offset, bounds.first_offset)
    fence = position.next_offset
    if committed_offset is not None and committed_offset > fence:
        _refuse_lost_changelog(committed_offset, f"what stands before {fence}", where, accept_loss)
    if bounds.first_offset <= fence <= bounds.end_offset:
        return position
    if not accept_loss:
        _refuse_fence(fence, bounds, where)
    if fence < bounds.first_offset:
        position.skip_to(bounds.first_offset)
    else:
        # a state that knows no time may hold any of it: it is passed over, and told, rather than doubled
        unseen = bounds.end_offset if bounds.unseen_offset is None else bounds.unseen_offset
        position.restart_at(unseen)
    return position


def _refuse_lost_changelog(committed_offset: int, held: str, where: str, accept_loss: bool) -> None:
    if accept_loss:
        return
    raise ChangelogLost(
        f"offsets up to {committed_offset} are committed, but the state holds {held}",
        where=where,
        hint="the changelog was deleted or cut. Restore it, or make the state anew: streamproc state"
        " rebuild, or --accept-loss to go on from what the state holds and read the rest of the log again",
    )


def outside_log(offset: int, *, where: str) -> FenceOutsideLog:
    """The error of a worker whose source does not hold any more what it was to read next."""
    return FenceOutsideLog(
        f"offset {offset} is to be read next, but it is outside the log now: retention deleted it unread,"
        " or the log lost its end or was made anew under this worker",
        where=where,
        hint=HINT_OUTSIDE_LOG,
    )


def _refuse_fence(fence: int, bounds: LogBounds, where: str) -> None:
    if fence < bounds.first_offset:
        what = (
            f"the state ends at offset {fence}, but the log begins at {bounds.first_offset}:"
            f" {bounds.first_offset - fence} records were deleted before they were read"
        )
    else:
        what = (
            f"the state ends at offset {fence}, but the log ends at {bounds.end_offset}:"
            " the topic was made anew, or its end was lost"
        )
    raise FenceOutsideLog(
        what,
        where=where,
        hint=HINT_OUTSIDE_LOG,
    )
