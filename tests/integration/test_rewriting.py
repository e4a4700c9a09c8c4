"""A recovery reads what was written since the whole state was written once more, and nothing before it."""

from __future__ import annotations

import msgspec
import pytest

from streamproc.engine.fence import FENCE_KEY
from tests.changelog_view import ChangelogView
from tests.engine_stage import PARTITIONS, Stage

pytestmark = pytest.mark.integration


def whole_from(view: ChangelogView) -> int:
    return 0 if view.fence is None else view.fence.whole_from


async def written_again(stage: Stage) -> list[ChangelogView]:
    """What the changelog holds once the state of each partition was written again."""
    worker = stage.worker()
    while not all(map(whole_from, await stage.views())):
        await stage.send(400, garbage=2)
    await stage.caught_up(worker)
    worker.kill()
    return await stage.views()


async def test_a_recovery_begins_where_the_state_was_written_again(stage_on_kafka: Stage) -> None:
    before = await written_again(stage_on_kafka)

    await stage_on_kafka.send(300)
    worker = stage_on_kafka.worker()
    await stage_on_kafka.caught_up(worker)

    # what stands there, its own claim, and the few records before in which the newest fence was found
    held = sum(each.offset >= whole_from(view) - 1 for view in before for each in view.records)
    assert worker.status()["recovered_records"] <= held + PARTITIONS * 66
    await stage_on_kafka.check()


async def test_a_fence_that_says_too_much_is_not_believed(stage_on_kafka: Stage) -> None:
    before = await written_again(stage_on_kafka)
    for view in before:
        assert view.fence is not None
        end = view.records[-1].offset + 1
        bold = msgspec.structs.replace(view.fence, whole_from=end).encode()
        await stage_on_kafka.append_next(view, {FENCE_KEY: bold})

    await stage_on_kafka.send(300)
    worker = stage_on_kafka.worker()
    await stage_on_kafka.caught_up(worker)

    assert worker.status()["recovered_records"] >= sum(len(view.records) for view in before)
    await stage_on_kafka.check()
