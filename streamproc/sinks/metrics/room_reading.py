"""What rooms are told of, read from a host's view: a twentieth of it, and the rest is passed over.

Source: ``streamproc.events.host_tally``, the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import MsgspecError, Struct, defstruct, field, json

SESSION: Final = "session"
WINDOWS: Final = ("1m", "5m", "10m", "60m", SESSION)
"""What rooms are told of, at most."""

Figure = int | float | None


class Figures(Struct, gc=False, frozen=True):
    """What rooms are told of, over one span; None: unknown."""

    pay_gmv_minor: dict[str, int] | None = None
    orders_main: Figure = None
    viewers: Figure = None
    comments: Figure = None
    online_now: Figure = None


UNKNOWN: Final = Figures()


class Completeness(Struct, gc=False, frozen=True):
    """Of what is told of a broadcast's completeness: when it was counted last who watches; None: never."""

    online_at_ms: int | None = None


NOT_TOLD: Final = Completeness()


class Session(Struct, gc=False):
    """A broadcast. Shapes: ``windows`` has a field for each window that is wanted."""

    status: str
    heard_ms: int
    figures: Figures
    windows: Any
    completeness: Completeness = NOT_TOLD
    room_id: str = ""
    intents: dict[str, int] = {}
    intents_10m: dict[str, int] = {}


class Tally(Struct, gc=False):
    """A host. Shapes: the current broadcast comes first."""

    host_id: str
    sessions: list[Session]


class Reader:
    """Reads of a view what rooms are told of, and nothing else."""

    def __init__(self, windows: Sequence[str]) -> None:
        self.windows = tuple(dict.fromkeys(windows))
        rolling = [window for window in self.windows if window != SESSION]
        self._fields = {window: f"w{window}" for window in rolling}
        spans = defstruct(
            "_Windows",
            [
                (at, Figures, field(name=window, default=UNKNOWN))
                for window, at in self._fields.items()
            ],
            gc=False,
        )
        session: Any = defstruct(
            "_SessionOfWindows", [("windows", spans)], bases=(Session,), gc=False, kw_only=True
        )
        tally = defstruct(
            "_TallyOfWindows", [("sessions", list[session])], bases=(Tally,), gc=False
        )
        self._decode: Any = json.Decoder(tally).decode

    def read(self, value: bytes) -> Tally | None:
        """What a view tells; None: it is that of another program than the live one."""
        try:
            tally: Tally = self._decode(value)
        except MsgspecError:
            return None
        return tally

    def spans(self, now: Session) -> list[tuple[str, Figures]]:
        """The figures of each window that is wanted."""
        return [
            (each, now.figures if each == SESSION else getattr(now.windows, self._fields[each]))
            for each in self.windows
        ]
