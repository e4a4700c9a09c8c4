"""Parts of what is published that are kept while they stay: of people, and how complete it all is."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, Final

from streamproc.events.registry import COMMENTS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import Completeness, completeness_of
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.model import SessionTally
from streamproc.tally.sheets import Money
from streamproc.tally.spans import Audience, Crowd, crowd_of, ratio
from streamproc.tally.windows_parts import NO_CROWD_KEPT, Kept
from streamproc.tally.windows_people import Counts

Topics = tuple[OrderFigures | None, CommentFigures | None, ViewerFigures | None]
"""The totals of the topics that have sums; None: it told nothing."""

Counted = tuple[int, int | None, int, int]
"""How many bought, entered, wrote, and interacted; None: it is unknown how many entered."""

WHOLE: Final = "session"
_AUDIENCE: Final = frozenset((COMMENTS_TOPIC, VIEWERS_TOPIC))


class KeptCrowds:
    """What is made of the people of each span."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[str, Kept[Crowd]] = {}

    def held(self, name: str) -> Kept[Crowd]:
        """What was made last."""
        return self._kept.get(name, NO_CROWD_KEPT)

    def of_window(
        self,
        name: str,
        topics: Topics,
        counts: Counts,
        sold: Money | None,
        sums: Callable[[], Audience],
    ) -> Kept[Crowd]:
        """What is made of the people of a window.

        Shapes: ``sums`` are those of its whole minutes, asked for only where entries lack a name.
        """
        viewers = topics[2]
        buyers, watching, commenters, interacting = counts
        entered: int | None = None
        if viewers is not None and viewers.joins:
            entered = watching
            if viewers.unnamed_joins:
                joins, unnamed = sums()[:2]
                entered = None if joins and joins == unnamed else watching
        return self.of(name, topics, (buyers, entered, commenters, interacting), sold)

    def of(self, name: str, topics: Topics, counts: Counted, sold: Money | None) -> Kept[Crowd]:
        """What is made of the people of a span."""
        orders, comments, viewers = topics
        buyers, entered, commenters, interacting = counts
        of = (
            None if orders is None else buyers,
            entered,
            None if comments is None else commenters,
            None if viewers is None or comments is None else interacting,
            sold,
        )
        held = self._kept.get(name)
        if held is None or held.of != of:
            crowd = crowd_of(*of)
            if name == WHOLE:
                crowd.conversion = ratio(crowd.buyers, crowd.viewers)
            held = self._kept[name] = Kept(of, crowd)
        return held


class KeptCompleteness:
    """How complete the figures of a broadcast are. Shapes: ``windows`` in the order of their methods."""

    __slots__ = ("_kept", "_tally", "_windows")

    def __init__(self, tally: SessionTally, windows: tuple[str, ...]) -> None:
        self._tally = tally
        self._windows = windows
        self._kept: Kept[Completeness] | None = None

    def renewed(
        self,
        topics: Topics,
        approximate: list[str],
        methods: tuple[str | None, ...],
        stale: Set[str],
    ) -> Kept[Completeness]:
        """How complete they are now.

        Shapes: ``methods`` tell how the mean watch time is known of the whole and of each window, ``stale``
            which topics told something.
        """
        tally = self._tally
        _, comments, viewers = topics
        of: Any = (
            methods,
            tally.online,
            None if viewers is None else viewers.unnamed_joins,
            None if comments is None else comments.unnamed_comments,
            approximate,
            list(tally.late.values()),
            list(tally.rejected.values()),
        )
        held, turns = self._kept, tally.lifecycle
        # The rest comes of orders and rooms, and of what is told after the end.
        if (
            held is None
            or held.of != of
            or not stale <= _AUDIENCE
            or (turns is not None and turns.ended_ms is not None)
        ):
            whole, *windows = methods
            by_window = dict(zip(self._windows, windows, strict=True))
            complete = completeness_of(tally, approximate, whole, by_window)
            held = self._kept = Kept(of, complete)
        return held
