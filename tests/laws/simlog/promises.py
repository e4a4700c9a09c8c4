"""What must hold at any time, for a reader who knows nothing but the changelog.

The state is the fold of the sources up to its own fence; its digest and its accounting hold; no committed
offset is ahead of the fence; no dead letter before it is left out.
"""

from __future__ import annotations

import msgspec

from streamproc.engine.fence import TopicPosition
from streamproc.engine.reader import ChangelogReader
from streamproc.errors import StreamprocError
from tests.laws.simlog.owner import Positions
from tests.laws.simlog.rules import Rule
from tests.laws.simlog.surroundings import WHERE, Surroundings, Wrong


def check(around: Surroundings) -> Positions:
    """How far a fresh reader finds each source read, once everything it finds is right.

    Errors: ``Wrong``; ``RefusedAfterOutage``.
    """
    reader = ChangelogReader()
    reader.absorb(*around.log.read(0, around.log.end_offset))
    try:
        fence = reader.fence(where=WHERE)
        if around.keeps(Rule.DIGEST):
            reader.verified_digest(fence, where=WHERE)
    except StreamprocError as error:
        raise around.distrust("a reader refuses the changelog", error) from error
    positions = {
        topic: TopicPosition(source.start_offset, source.start_offset)
        for topic, source in around.scenario.sources.items()
    }
    positions.update({} if fence is None else fence.positions)
    _compare_state(around, dict(reader.program_records()), positions)
    _compare_accounts(around, positions)
    _compare_committed(around, positions)
    return positions


def _compare_state(around: Surroundings, found: dict[bytes, bytes], positions: Positions) -> None:
    records = {key: value for key, value in found.items() if around.scenario.covers(key)}
    truth = around.scenario.state_at({topic: at.next_offset for topic, at in positions.items()})
    if records != truth:
        odd = sorted(key for key in records | truth if records.get(key) != truth.get(key))
        raise Wrong("torn state", f"fence {positions}, other than the truth at {odd}")


def _compare_accounts(around: Surroundings, positions: Positions) -> None:
    for topic, at in positions.items():
        account = around.scenario.account_at(topic, at.next_offset)
        # the time is the broker's, and no part of the account
        if at.unaccounted or msgspec.structs.replace(at, newest_ms=0) != account:
            raise Wrong("accounting", f"{topic} {at}, truth {account}")
        missing = around.scenario.letters_at(topic, at.next_offset) - around.letters
        if missing:
            raise Wrong("dead letters left out", sorted(missing))


def _compare_committed(around: Surroundings, positions: Positions) -> None:
    for topic, at in positions.items():
        committed = around.group.committed.get(topic, at.next_offset)
        if committed > at.next_offset:
            raise around.distrust(
                "committed ahead of the state", f"{committed} > {at.next_offset} in {topic}"
            )
