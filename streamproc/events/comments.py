"""Events of ``live.comments.v1``."""

from __future__ import annotations

from streamproc.events.base import ClosedEnum, CommentText, Eid, Id, Key, RoomEvent


class Role(ClosedEnum):
    """Who speaks, as the platform tells it; never guessed from the text."""

    VIEWER = "viewer"
    HOST = "host"
    STAFF = "staff"
    OTHER = "other"


class CommentPosted(RoomEvent, frozen=True, kw_only=True, gc=False, tag="comment.posted"):
    """Somebody wrote a comment.

    Shapes: ``reply_to`` is another comment's ``event_id``; ``product_id`` an explicit product card.
    """

    user_key: Key | None = None
    role: Role
    text: CommentText
    reply_to: Eid | None = None
    product_id: Id | None = None
    mirrored: bool | None = None  # copied from another room: never counted twice
