"""Comments with a word of stock that no rule explains: where vocabulary is missing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from streamproc.changelog_state import whole_state
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.recordings import Lines, played
from streamproc.errors import without_controls
from streamproc.program.tallies import host_tallies, session_tallies
from streamproc.replay.playback import Playback
from streamproc.replay.tables import moment
from streamproc.settings import Settings
from streamproc.tally.model import SessionTally

Tree = dict[str, Any]


def of_recording(settings: Settings, file: str) -> tuple[Lines, Tree]:
    """What a recording holds, read by the words that are in force now; and its lines."""
    playback = Playback(reader_of(settings))
    lines = played(file, playback)
    return lines, summed(each for one in playback.programs for each in host_tallies(one))


def of_state(settings: Settings) -> Tree:
    """What the workers' changelog holds, read by the words that were in force then.

    Errors: what reading the changelog may raise; ``DigestMismatch``.
    """
    with libraries_silenced():
        state = asyncio.run(whole_state(settings))
    return summed(session_tallies(state.records))


def summed(tallies: Iterable[SessionTally]) -> Tree:
    """How many there were, and those that were kept.

    Shapes: ``samples`` by text, the most frequent first, then the newest; each with the host, session
        and time of its newest.
    """
    total = 0
    found: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for tally in tallies:
        total += tally.senses.unexplained
        for sample in tally.senses.samples:
            found[sample.shown].append((sample.at_ms, tally.host_id, tally.session_id))
    samples: list[Tree] = []
    for text, seen in found.items():
        at_ms, host_id, session_id = max(seen)
        newest = {"host_id": host_id, "session_id": session_id, "at_ms": at_ms}
        samples.append({"text": text, "samples": len(seen), **newest})
    samples.sort(key=lambda each: (-each["samples"], -each["at_ms"], each["text"]))
    return {"unexplained": total, "samples": samples}


def report(found: Tree) -> Iterable[str]:
    """The same for people."""
    yield f"{found['unexplained']:,} comments with a word of stock that no rule explains"
    for each in found["samples"]:
        at = moment(each["at_ms"], UTC).isoformat(timespec="seconds")
        yield without_controls(f"{each['samples']:>4}  {each['host_id']}  {at}  {each['text']}")
