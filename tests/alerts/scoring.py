"""How good alerts are, held against what is true: precision, recall, delays, pages that were bait.

An alert matches an incident of the same host and product if it opened from its beginning on and until
a minute after its end; each incident is matched once, by the first. All functions are pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from streamproc.simulate.truth import Incident
from tests.alerts.opened import STOCKOUT, Opened

GRACE_MS: Final = 60_000
BATCH_SELLING: Final = "BatchSelling"
BAITS: Final = frozenset((BATCH_SELLING, "Bait", "Planted"))
"""Broadcasts with any of these must page nobody."""
TICKETS_BEFORE_KNOWN: Final = {"learned": 2, "announced": 0}
"""Stock-outs of batch selling that may be taken for real ones, until it is known as what it is."""


class Match(NamedTuple):
    """An alert and the incident that it told of. Units: ``delay_ms`` from the true start."""

    alert: Opened
    incident: Incident
    delay_ms: int


class Matching(NamedTuple):
    """What belongs together, and what is left over on either side."""

    matches: list[Match]
    false: list[Opened]
    missed: list[Incident]


@dataclass(slots=True)
class Score:
    """Sums over broadcasts. Shapes: ``delays_ms`` of each stock-out that was noticed."""

    broadcasts: int = 0
    claims: int = 0
    incidents: int = 0
    bait_pages: int = 0
    delays_ms: list[int] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Stock-outs that were real, of those that were told; 1 if none was."""
        return len(self.delays_ms) / self.claims if self.claims else 1.0

    @property
    def recall(self) -> float:
        """Stock-outs that were told, of those that were real; 1 if there was none."""
        return len(self.delays_ms) / self.incidents if self.incidents else 1.0

    def delay_s(self, share: float) -> float | None:
        """The delay that so many of the stock-outs do not exceed. Source: nearest rank."""
        if not self.delays_ms:
            return None
        rank = max(1, math.ceil(share * len(self.delays_ms)))
        return sorted(self.delays_ms)[rank - 1] / 1000

    def add(self, incidents: Sequence[Incident], alerts: Sequence[Opened]) -> Matching:
        """Count a broadcast; how its stock-outs were matched."""
        found = match_stockouts(incidents, alerts)
        self.broadcasts += 1
        self.claims += len(found.matches) + len(found.false)
        self.incidents += len(found.matches) + len(found.missed)
        self.delays_ms += [each.delay_ms for each in found.matches]
        if any(each.kind in BAITS for each in incidents):
            self.bait_pages += sum(1 for each in alerts if each.paged)
        return found


def match_stockouts(incidents: Iterable[Incident], alerts: Iterable[Opened]) -> Matching:
    """Stock-outs and the alerts that claim one, confirmed or suspected; not those that others follow from.

    Shapes: of batch selling, so many as are allowed are neither right nor wrong.
    """
    held = list(incidents)
    claims = [each for each in alerts if each.claimed_ms is not None and not each.inhibited]
    true = [each for each in held if each.kind == STOCKOUT]
    found = matching(true, claims, lambda alert: alert.claimed_ms or 0)
    excused: set[int] = set()
    for batch in (each for each in held if each.kind == BATCH_SELLING):
        within = [each for each in found.false if _tells(each, batch, each.claimed_ms or 0)]
        tickets = [each for each in within if not each.paged]
        excused |= {id(each) for each in tickets[: TICKETS_BEFORE_KNOWN[batch.variant]]}
    return found._replace(false=[each for each in found.false if id(each) not in excused])


def matching(
    incidents: Iterable[Incident], alerts: Sequence[Opened], moment: Callable[[Opened], int]
) -> Matching:
    """Each incident with the first alert that tells of it, and of no earlier one."""
    free = sorted(alerts, key=moment)
    matches: list[Match] = []
    missed: list[Incident] = []
    for incident in sorted(incidents, key=lambda each: (each.start_ms, each.host_id)):
        alert = next((each for each in free if _tells(each, incident, moment(each))), None)
        if alert is None:
            missed.append(incident)
            continue
        free.remove(alert)
        matches.append(Match(alert, incident, moment(alert) - incident.start_ms))
    return Matching(matches, free, missed)


def _tells(alert: Opened, incident: Incident, at_ms: int) -> bool:
    """Whether an alert is about an incident: same host and product, and at its time."""
    same = alert.host_id == incident.host_id and (
        None in (alert.product_id, incident.product_id) or alert.product_id == incident.product_id
    )
    return same and incident.start_ms <= at_ms <= incident.end_ms + GRACE_MS
