"""What becomes of a record that cannot be used: a value, never an exception."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class RejectReason(StrEnum):
    """Why a record cannot be used. Where several apply, the first in this order is given."""

    TOMBSTONE = "tombstone"
    """No value."""
    TOO_LARGE = "too_large"
    """The value is larger than 64 KiB."""
    MALFORMED = "malformed"
    """The value is not a JSON object in UTF-8, or is nested deeper than 512."""
    UNKNOWN_TYPE = "unknown_type"
    """No event has this ``type``."""
    WRONG_TOPIC = "wrong_topic"
    """The event belongs to another topic."""
    ANCIENT = "ancient"
    """A time before 2015; often seconds instead of milliseconds."""
    INVALID = "invalid"
    """A field is missing or breaks its type or limit."""
    KEY_MISSING = "key_missing"
    """The record has no key, or an empty one."""
    KEY_MISMATCH = "key_mismatch"
    """The record's key is not the event's ``host_id``."""
    FUTURE = "future"
    """A time more than a day after the record's own timestamp."""


class Rejected(Struct, frozen=True, gc=False):
    """A record that cannot be used.

    Shapes: ``detail`` says what is wrong and in which field; it never quotes a person's words.
    """

    reason: RejectReason
    detail: str
