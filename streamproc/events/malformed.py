"""What is no event before its fields are looked at: too large, too deep, not UTF-8.

All of it is decided by the bytes alone. msgspec's own bound on nesting hangs on how deep the caller
stands in Python's stack, so the same record could pass in one place and fail in another.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from streamproc.events.rejected import Rejected, RejectReason

LARGEST_BYTES: Final = 65_536
DEEPEST: Final = 512
_TEXT_OR_BRACKET: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]', re.DOTALL)
_OPENING: Final = frozenset((b"[", b"{"))
_CLOSING: Final = frozenset((b"]", b"}"))


def malformation(value: bytes) -> Rejected | None:
    """Why the bytes are no event whatever they say; ``None`` if nothing speaks against them yet."""
    if len(value) > LARGEST_BYTES:
        return Rejected(
            RejectReason.TOO_LARGE, f"{len(value)} bytes, at most {LARGEST_BYTES} are read"
        )
    if len(value) > DEEPEST and _is_too_deep(value):
        return Rejected(RejectReason.MALFORMED, f"nested deeper than {DEEPEST}")
    if not _is_utf8(value):
        return Rejected(RejectReason.MALFORMED, "not UTF-8")
    return None


def screened(values: Sequence[bytes | None]) -> Sequence[bytes]:
    """The values, with an empty one in place of each tombstone and each with a malformation."""
    present = cast("Sequence[bytes]", values)
    if None in values:
        present = [value or b"" for value in values]
    if max(map(len, present), default=0) > DEEPEST:
        present = [
            value if len(value) <= DEEPEST or malformation(value) is None else b""
            for value in present
        ]
    if not _are_utf8(present):
        present = [value if _is_utf8(value) else b"" for value in present]
    return present


def _are_utf8(values: Sequence[bytes]) -> bool:
    if b"".join(values).isascii():
        return True
    try:
        deque(map(bytes.decode, values), maxlen=0)  # each alone: a cut character is none
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(value: bytes) -> bool:
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_too_deep(value: bytes) -> bool:
    if value.count(b"[") + value.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(value):
        if match[0] in _OPENING:
            depth += 1
            if depth > DEEPEST:
                return True
        elif match[0] in _CLOSING:
            depth -= 1
    return False
