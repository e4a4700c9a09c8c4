"""One host: which of its broadcasts are told of, and what of them changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from streamproc.events.view_keys import CURVE
from streamproc.program.showing.broadcast import Broadcast
from streamproc.program.showing.curve import curve_of
from streamproc.program.showing.host_view import encoded, rest_of
from streamproc.program.showing.signs import Signs, in_order
from streamproc.protocol import View
from streamproc.tally.profiles import Profile

IDLE_MS: Final = 4_260_000
"""After so long a silence no window holds anything, and time changes nothing more."""


class Known(Protocol):
    """What is known of broadcasts and hosts."""

    def latest(self, host_id: str) -> Iterable[bytes]:
        """The ids of the broadcasts that topics told of last."""
        ...

    def signs(self, ids: bytes) -> Signs:
        """Whether a broadcast is alive."""
        ...

    def begin(self, ids: bytes) -> Broadcast:
        """A broadcast, watched from now on."""
        ...

    def rejected(self, host_id: str) -> dict[str, int]:
        """How many records of a host that name no broadcast cannot be used, by topic."""
        ...

    def profile_at(self, host_id: str, at_ms: int) -> Profile | None:
        """Who a host was at a time."""
        ...


class Host:
    """One host under watch.

    Shapes: ``held`` are the broadcasts that are watched, by their ids; ``met`` those that were told of and
        are not watched. ``told_at_ms`` is the tick at which it was last told. ``rejected`` is what cannot
        be used and names no broadcast; None: to be asked anew. ``turned`` is of how many broadcasts minutes
        were told again last, since it is known that they were over at other times.
    """

    __slots__ = (
        "_is_whole",
        "_said",
        "_went_on",
        "held",
        "host_id",
        "met",
        "rejected",
        "told_at_ms",
        "turned",
    )

    def __init__(self, host_id: str) -> None:
        self.host_id = host_id
        self.held: dict[bytes, Broadcast] = {}
        self.met: set[bytes] = set()
        self.told_at_ms = -1
        self.rejected: dict[str, int] | None = None
        self.turned = 0
        self._is_whole = self._went_on = False
        self._said: object = None

    def tell_all(self) -> None:
        """Have everything told again, with all its parts."""
        self._said = None
        for each in self.held.values():
            each.is_told = False

    def view(self, as_of_ms: int, known: Known) -> View | None:
        """What is to be seen of it as of a time; None: nothing but what was seen last."""
        self.turned = 0
        watched = self.held
        for each in watched.values():
            each.renew()
        if self.met or len(self.held) > 1 or not self._is_chosen(as_of_ms):
            self._choose(as_of_ms, known)
        if not self.held:
            was_told, self._said = self._said is not None, None
            return View(self.host_id.encode(), None) if was_told else None
        shown = list(self.held.values())
        # The end of a broadcast is why it leaves, and nobody looks at its minutes after this.
        left = [each for ids, each in watched.items() if ids not in self.held]
        rests = [rest_of(each, as_of_ms) for each in shown]
        profile = known.profile_at(self.host_id, shown[0].begun_ms)
        if self.rejected is None:
            self.rejected = known.rejected(self.host_id)
        said = profile, list(self.held), rests, self.rejected
        view = None
        self.turned = sum([bool(each.turned) for each in shown + left])
        is_other = self.turned or said != self._said
        if is_other or any([each.answer_changed(as_of_ms) for each in shown]):
            self._said = said
            answers = [each.answer(as_of_ms) for each in shown]
            told = zip(shown, answers, rests, strict=True)
            value = encoded(self.host_id, as_of_ms, told, profile, self.rejected)
            view = View(self.host_id.encode(), value, self._parts(shown + left))
        for each in shown:
            each.minutes.let_go()
        return view

    def _is_chosen(self, as_of_ms: int) -> bool:
        """Whether the broadcasts that are watched are still those that are told of."""
        if self._went_on and not any([each.signs.goes_on(as_of_ms) for each in self.held.values()]):
            self._is_whole = False  # one that is over may have lived last
        return self._is_whole and all([each.signs.heard_ms for each in self.held.values()])

    @staticmethod
    def _parts(shown: list[Broadcast]) -> dict[str, dict[int, bytes]]:
        parts = {}
        for each in shown:
            numbers = sorted(each.moved) if each.is_told else each.minutes.numbers()
            each.is_told = True
            each.moved = set()
            curve = curve_of(each, numbers)
            if curve:
                parts[f"{CURVE}{each.cells.session_id}"] = curve
        return parts

    def forget_idle(self, as_of_ms: int) -> None:
        """Watch no more what time does not change any more."""
        idle = [ids for ids, each in self.held.items() if each.signs.heard_ms < as_of_ms - IDLE_MS]
        for ids in idle:
            del self.held[ids]
            self._is_whole = False

    def _choose(self, as_of_ms: int, known: Known) -> None:
        """Watch those broadcasts that are told of, that which is told first first."""
        held = self.held
        signs = {ids: each.signs for ids, each in held.items()}
        others = self.met.union(known.latest(self.host_id))
        signs |= {ids: known.signs(ids) for ids in others if ids not in held}
        self.held = {ids: held.get(ids) or known.begin(ids) for ids in in_order(signs, as_of_ms)}
        self.met.clear()
        self._is_whole = True
        self._went_on = any([each.signs.goes_on(as_of_ms) for each in self.held.values()])
