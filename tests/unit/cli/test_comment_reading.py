from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from streamproc.cli.comment_reading import FollowedReader, classifier_of
from streamproc.errors import StreamprocError
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings
from tests.unit.comments.reading import classifier

DEADLINE_S = 60.0


async def test_a_running_program_reads_by_a_file_that_changed(tmp_path: Path) -> None:
    own, told = tmp_path / "own.toml", list[StreamprocError]()
    own.write_text('[class.OUT]\nwords = "走晒货"\n')
    settings = Settings(comments={"lexicon": str(own), "reload_interval_s": 0.1})
    followed = FollowedReader(settings, told.append)
    running: list[LiveProgram] = [LiveProgram(followed.reader)]
    before = followed.reader.version
    assert running[0].comments.reader is followed.reader

    following = asyncio.create_task(followed.follow(lambda: running))
    own.write_text('[class.OUT]\nwords = "唔见咗货"\n')
    async with asyncio.timeout(DEADLINE_S):
        while followed.reader.version == before:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.05)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following

    assert running[0].comments.reader is followed.reader
    assert [each.subject for each in followed.reader.read(["龙眼唔见咗货"])] == [""]
    assert followed.reader.read(["龙眼唔见咗货"])[0].labels == ("stockout_report",)
    assert told == []


def test_what_a_worker_reads_by_reads_as_what_explains() -> None:
    texts = ["龙眼卖完了", "3号链接还有吗", "优惠券领不到", "怎么做好吃", "哈哈", "给补下货"]

    lean = classifier_of(Settings()).read(texts)

    assert [each.decision.labels for each in lean] == [
        each.decision.labels for each in classifier().read(texts)
    ]
