"""What is known of one broadcast, over all topics: all that its figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamproc.tally.figures import Figures
from streamproc.tally.floor import Floor
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.online import Reading
from streamproc.tally.pulse import Pulse
from streamproc.tally.senses import Asked, Pair
from streamproc.tally.session_sense import Evidence, Fact, Sample, Spoken
from streamproc.tally.sessions import Online, Peak, PlatformOrders
from streamproc.tally.sold import MinuteSold
from streamproc.tally.uniques import Uniques
from streamproc.tally.watching import Watching


@dataclass(slots=True)
class MinuteTally:
    """One minute of a broadcast.

    Shapes: ``number`` counts minutes since 1970; ``panes`` by topic, six each, None where nothing
        fell into one; ``uniques`` by name, without those that nobody was told of; ``readings`` by
        time, one a second at most; ``asked`` by label and subject, ``unexplained`` comments with a
        word of stock; ``sold`` is None where nothing was. Nothing that was late is in it.
    """

    number: int
    panes: dict[str, list[Figures | None]] = field(default_factory=dict)
    uniques: dict[str, Uniques] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    asked: dict[Pair, Asked] = field(default_factory=dict)
    unexplained: int = 0
    sold: MinuteSold | None = None


@dataclass(slots=True)
class SenseTally:
    """What the comments of one broadcast meant.

    Shapes: ``asked`` by label and subject, of the whole broadcast; ``evidence`` likewise, ascending;
        ``facts``, ``spoken`` and ``samples`` ascend. ``versions`` of the lexicon that told it, the
        latest last.
    """

    asked: dict[Pair, Asked] = field(default_factory=dict)
    unexplained: int = 0
    facts: list[Fact] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    evidence: dict[Pair, list[Evidence]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SessionTally:
    """One broadcast.

    Shapes: ``totals`` by topic, None where the topic told nothing of it; ``late`` and ``seen_ms``
        by the topics that did, ``begun_ms`` by those that know the begin of the first minute that they
        told of; ``rejected`` counts by topic the records that cannot be used; ``minutes`` by number,
        ascending; ``uniques`` by name, of the whole broadcast; ``senses`` of its comments;
        ``in_part`` the topics of which less was kept at first than is now; ``watching``
        is who was online, also in minutes that are gone. None: unknown.
    """

    host_id: str
    session_id: str
    totals: dict[str, Figures | None]
    late: dict[str, int] = field(default_factory=dict)
    seen_ms: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    begun_ms: dict[str, int] = field(default_factory=dict)
    minutes: dict[int, MinuteTally] = field(default_factory=dict)
    uniques: dict[str, Uniques] = field(default_factory=dict)
    online: Online | None = None
    peak: Peak | None = None
    views_total: int | None = None
    viewers_total: int | None = None
    lifecycle: Lifecycle | None = None
    platform_orders: PlatformOrders | None = None
    in_part: list[str] = field(default_factory=list)
    floor: Floor | None = None
    pulse: Pulse | None = None
    watching: Watching | None = None
    senses: SenseTally = field(default_factory=SenseTally)
