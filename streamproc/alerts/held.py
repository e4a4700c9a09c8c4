"""What is kept of one alert between two moments at which its room is judged."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec import Struct, field, msgpack
from xxhash import xxh3_128_hexdigest

from streamproc.alerts.model import Finding, Phase, Severity
from streamproc.events.rooms import Verdict

Key = tuple[str, str]
"""Kind and subject: what alerts of a session are held by."""

OPEN: Final = frozenset((Phase.FIRING, Phase.RESOLVING))
"""The phases in which an alert was told and is not over."""
REFUTED: Final = frozenset((Verdict.BAIT.value, Verdict.WRONG_PRODUCT.value))
"""Verdicts by which there is nothing to do about it."""
TAKEN: Final = REFUTED | {Verdict.ACKNOWLEDGED.value}
"""Verdicts after which nobody needs to be reminded."""


class Held(Struct, array_like=True, frozen=True, gc=False):
    """One alert, as it is kept.

    Shapes: ``episode`` counts how often it fired in its session, ``seq`` the steps of the last time; both
        are 0 before the first. ``version`` is that of the rule at the last step, and ``why`` and ``inputs``
        are what made that step. ``flips`` are the newest returns to firing, ``flipped`` how many there
        were since it was quiet. ``over`` is why it is over, while its least time open is not.
        ``inhibited_by`` is a kind.
    Units: ``since_ms`` is when the phase began, ``told_ms`` the last step, ``notified_ms`` the last that
        somebody was to see, ``clear_ms`` since when it is clear without a break (0: it is not),
        ``cleared_ms`` when it was last resolved (0: never), ``judged_ms`` the time of the verdict.
    """

    kind: str
    subject: str
    phase: Phase = Phase.INACTIVE
    severity: Severity = Severity.INFO
    state: str = ""
    episode: int = 0
    seq: int = 0
    version: int = 0
    since_ms: int = 0
    opened_ms: int = 0
    told_ms: int = 0
    notified_ms: int = 0
    clear_ms: int = 0
    cleared_ms: int = 0
    hold_ms: int = 0
    over: str = ""
    flips: tuple[int, ...] = ()
    flipped: int = 0
    digest: bool = False
    inhibited_by: str = ""
    verdict: str = ""
    judged_ms: int = 0
    snoozed_until_ms: int = 0
    why: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What it is held by."""
        return self.kind, self.subject

    @property
    def is_open(self) -> bool:
        """Whether it was told and is not over."""
        return self.phase in OPEN

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to remember of it."""
        return self.phase is Phase.INACTIVE and not self.episode

    def took_step(self, before: Held) -> bool:
        """Whether what made this of ``before`` is to be told."""
        return (self.episode, self.seq) > (before.episode, before.seq)


class Step(NamedTuple):
    """A step that is to be told. Shapes: ``held`` is as it was after it; no finding: it is clear."""

    held: Held
    finding: Finding | None = None


def alert_id(host_id: str, session_id: str, held: Held) -> str:
    """The name of the alert's last episode, the same whoever computes it."""
    parts = (host_id, session_id, held.kind, held.subject, str(held.episode))
    return f"{held.kind}:{xxh3_128_hexdigest(chr(0).join(parts).encode())}"


_encoder: Final = msgpack.Encoder()
_decoder: Final = msgpack.Decoder(Held)


def pack(held: Held) -> bytes:
    """The alert as it is written."""
    return _encoder.encode(held)


def unpack(packed: bytes) -> Held:
    """The alert that was written so."""
    return _decoder.decode(packed)
