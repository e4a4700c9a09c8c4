"""What the oracle makes of comments that spell their meaning."""

from __future__ import annotations

from typing import Any

from streamproc.events.comments import CommentPosted
from streamproc.oracle.batch import compute
from tests.builders import T0, comment, viewer_key
from tests.folding import log_of
from tests.sensed import spelled


def said(text: str, who: int | None = 1, at_ms: int = T0, **fields: object) -> CommentPosted:
    """A viewer's comment; without ``who`` by nobody."""
    key = None if who is None else viewer_key(who)
    return comment(text, at_ms, **{"user_key": key, **fields})


def told(*events: CommentPosted, session: str = "s-1") -> dict[str, Any]:
    """What the oracle makes of comments of a session."""
    sessions = compute(log_of(events), spelled)["hosts"]["h-1"]["sessions"]
    result: dict[str, Any] = sessions[session].get("senses", {})
    return result
