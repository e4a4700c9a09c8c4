"""Bytes as they come in, cut into lines; a line without an end takes neither memory nor time."""

from __future__ import annotations

from typing import Final

from streamproc.events.malformed import LARGEST_BYTES

LONGEST_LINE_BYTES: Final = 8 * LARGEST_BYTES
"""A record holds its event as text, of which each byte may be escaped in six; the rest is its frame."""


class LineCutter:
    r"""Cuts blocks into lines at ``\n``, in time that grows with the bytes alone.

    Shapes: of a line that is too long only so much is kept that it still is: one byte too many.
    """

    def __init__(self) -> None:
        self._begun = bytearray()

    def cut(self, block: bytes) -> list[bytes]:
        """The lines that end in a block, without their ends; the rest waits for the next block."""
        *ends, rest = block.split(b"\n")
        lines = [self._ended(end) for end in ends]
        self._keep(rest)
        return lines

    def last(self) -> list[bytes]:
        """A last line without an end, if there is one."""
        return [self._ended(b"")] if self._begun else []

    def _ended(self, end: bytes) -> bytes:
        if not self._begun:
            return end[: LONGEST_LINE_BYTES + 1]
        self._keep(end)
        line = bytes(self._begun)
        self._begun.clear()
        return line

    def _keep(self, part: bytes) -> None:
        self._begun += part[: LONGEST_LINE_BYTES + 1 - len(self._begun)]
