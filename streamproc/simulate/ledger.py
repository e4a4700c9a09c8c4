"""The ledger of a run: what was about to be sent, written first; then what became of it.

JSON lines: one ``header``, a ``sent`` line for each record before it is sent, and an ``acked`` or
``not_acked`` line for each batch of records as the broker answers. A record without an outcome may
be in the log or not: only the log can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from streamproc.errors import BadInput, BadSetting, StreamprocError
from streamproc.simulate.book import Fact
from streamproc.simulate.emission import Emission, Figures

_SHA_CHARS: Final = 32
_NAME_IT: Final = "name the ledger that streamproc simulate wrote, whole and with its own totals"
_ENCODER: Final = msgspec.json.Encoder()


class Header(Struct, frozen=True, kw_only=True, tag_field="line", tag="header"):
    """What is being run."""

    scenario: str
    options: dict[str, Any]


class Sent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="sent"):
    """A record about to be sent.

    Shapes: ``seq`` counts from 0 in the order of sending. ``sha256`` are the first 32 digits of the
    value's, empty for a record without a value. ``adds`` is what the event adds to its session, ``fact``
    what it tells of an order line.
    """

    seq: int
    topic: str
    key: str | None = None
    event_id: str
    label: str
    size_bytes: int
    sha256: str
    host_id: str = ""
    session_id: str = ""
    adds: Figures | None = None
    fact: Fact | None = None


class Acked(Struct, frozen=True, kw_only=True, tag_field="line", tag="acked"):
    """Records that the log holds, one after the other from ``base_offset`` on."""

    seqs: list[int]
    topic: str
    partition: int
    base_offset: int


class NotAcked(Struct, frozen=True, kw_only=True, tag_field="line", tag="not_acked"):
    """Records that were not acknowledged. ``certain``: the log does not hold them."""

    seqs: list[int]
    topic: str
    partition: int
    error: str
    certain: bool


Outcome = Acked | NotAcked
Line = Header | Sent | Acked | NotAcked
_DECODER: Final = msgspec.json.Decoder(Line)


def digest_of(value: bytes | None) -> str:
    """What a ledger remembers of a value."""
    return "" if value is None else hashlib.sha256(value).hexdigest()[:_SHA_CHARS]


class LedgerWriter:
    """Writes a ledger; lines are handed to the operating system before anything is sent.

    Shapes: entering empties the file.
    Errors: ``BadSetting`` if the file cannot be written, on entering, :meth:`sending` and leaving.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._header = header
        self._seq = 0
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            hint = "name a file in a folder that exists and may be written: --ledger"
            raise self._unwritable(error, hint) from error
        self._file.write(_ENCODER.encode(self._header) + b"\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError as failure:
            self._failure = self._failure or failure
        if self._failure is not None and not isinstance(error, StreamprocError):
            raise self._unwritable(self._failure) from self._failure

    def sending(self, emissions: Sequence[Emission]) -> int:
        """Write down what is about to be sent; the number of the first."""
        first = self._seq
        self._write(_ENCODER.encode_lines(self._sent(each) for each in emissions), at_once=True)
        if self._failure is not None:
            raise self._unwritable(self._failure) from self._failure
        return first

    def outcome(self, outcome: Outcome) -> None:
        """Write down what became of records."""
        self._write(_ENCODER.encode(outcome) + b"\n")

    def _write(self, lines: bytes, *, at_once: bool = False) -> None:
        """Write lines, unless it failed before; a failure is kept."""
        if self._failure is not None:
            return
        try:
            self._file.write(lines)
            if at_once:
                self._file.flush()
        except OSError as failure:
            # an outcome is told by a callback of the producer, which would swallow an error
            self._failure = failure

    def _unwritable(self, error: OSError, hint: str = "") -> BadSetting:
        return BadSetting(
            f"the ledger cannot be written: {error.strerror}",
            where=str(self._path),
            hint=hint or "make room there, or name another file: --ledger; then run it again",
        )

    def _sent(self, emission: Emission) -> Sent:
        seq = self._seq
        self._seq += 1
        key, value = emission.key, emission.value
        counts = emission.adds is not None or emission.fact is not None
        return Sent(
            seq=seq,
            topic=emission.topic,
            key=None if key is None else key.decode(),
            event_id=emission.event_id,
            label=emission.label,
            size_bytes=0 if value is None else len(value),
            sha256=digest_of(value),
            host_id=emission.host_id if counts else "",
            session_id=emission.session_id if counts else "",
            adds=emission.adds,
            fact=emission.fact,
        )


def read_ledger(path: Path) -> Iterator[Line]:
    """The lines of a ledger. A last line that was cut off by a crash is left out.

    Errors: ``BadInput`` for any other line that is none, and if the first is no header;
        ``BadSetting`` if the file cannot be read.
    """
    begun = False
    for number, line in enumerate(_lines_of(path), 1):
        try:
            found = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            if not line.endswith(b"\n"):
                break
            raise BadInput(
                f"line {number} is no line of a ledger: {error}", where=str(path), hint=_NAME_IT
            ) from error
        if not begun and not isinstance(found, Header):
            break
        begun = True
        yield found
    if not begun:
        raise BadInput(
            "the ledger has no header: nothing is in it, or its begin is missing",
            where=str(path),
            hint=_NAME_IT,
        )


def header_of(path: Path) -> Header:
    """What a ledger says of its run. Errors: as :func:`read_ledger`, which see."""
    for line in read_ledger(path):
        if isinstance(line, Header):
            return line
    raise AssertionError("a ledger is read only if it has a header")


def _lines_of(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise BadSetting(
            f"the ledger cannot be read: {error.strerror}", where=str(path), hint=_NAME_IT
        ) from error
