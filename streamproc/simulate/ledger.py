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

from streamproc.errors import BadInput, BadSetting
from streamproc.simulate.book import Fact
from streamproc.simulate.emission import Emission, Figures

_SHA_CHARS: Final = 32
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

    Errors: entering raises ``BadSetting`` if the file cannot be written.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._header = header
        self._seq = 0

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            hint = "name a file in a folder that exists and may be written: --ledger"
            raise BadSetting(
                f"the ledger cannot be written: {error.strerror}",
                where=str(self._path),
                hint=hint,
            ) from error
        self._file.write(_ENCODER.encode(self._header) + b"\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def sending(self, emissions: Sequence[Emission]) -> int:
        """Write down what is about to be sent; the number of the first."""
        first = self._seq
        self._file.write(_ENCODER.encode_lines(self._sent(each) for each in emissions))
        self._file.flush()
        return first

    def outcome(self, outcome: Outcome) -> None:
        """Write down what became of records."""
        self._file.write(_ENCODER.encode(outcome) + b"\n")

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

    Errors: ``BadInput`` for any other line that is none.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _DECODER.decode(line)
            except msgspec.MsgspecError as error:
                if not line.endswith(b"\n"):
                    return
                raise BadInput(
                    f"line {number} is no line of a ledger: {error}",
                    where=str(path),
                    hint="name the ledger that streamproc simulate wrote",
                ) from error
