"""What if thresholds were others: the alerts of one recording, held against each other and the truth.

Pure. What is true comes of a simulator's ledger or of people's verdicts in the recording itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import Final, NamedTuple, Protocol

from streamproc.alerts.model import Phase
from streamproc.errors import BadSetting
from streamproc.events.outputs import AlertTransition
from streamproc.events.rooms import Verdict

GRACE_MS: Final = 60_000
"""So long after its end an incident may still be told of."""
SAME_MS: Final = 300_000
"""Two runs tell of the same thing if they open the same alert within so long."""
MOST_VARIANTS: Final = 256

STOCKOUT: Final = "Stockout"
CLAIMS: Final = frozenset(("confirmed", "suspected"))
_REAL: Final = frozenset((Verdict.REAL.value,))
_WRONG: Final = frozenset((Verdict.BAIT.value, Verdict.WRONG_PRODUCT.value))


class Incident(Protocol):
    """Something that truly happened. Shapes: ``kind`` is that of the alert that should tell of it."""

    @property
    def kind(self) -> str:
        """The alert's name."""

    @property
    def host_id(self) -> str:
        """Where it happened."""

    @property
    def product_id(self) -> str | None:
        """What it is about; None: the room."""

    @property
    def start_ms(self) -> int:
        """When it began."""

    @property
    def end_ms(self) -> int:
        """When it was over."""


@dataclass(slots=True)
class Fired:
    """One time that an alert fired.

    Shapes: ``state`` is the first that it claimed something in; of a stock-out that never claimed to be
        one it is what it said instead. ``verdict`` is empty where nobody gave one.
    """

    alert_id: str
    kind: str
    host_id: str
    session_id: str
    subject: str
    product_id: str | None
    at_ms: int
    state: str
    paged: bool
    verdict: str = ""

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What two runs know the same thing by."""
        return self.host_id, self.session_id, self.kind, self.subject

    @property
    def claims(self) -> bool:
        """Whether it says that something is wrong, and not only what people say."""
        return self.kind != STOCKOUT or self.state in CLAIMS


def fired(steps: Iterable[AlertTransition]) -> list[Fired]:
    """Every time that an alert fired, in the order of firing; not while it followed from another one."""
    found: dict[str, Fired] = {}
    for step in steps:
        if step.phase == Phase.FIRING.value and not step.inhibited_by:
            _take(found.setdefault(step.alert_id, _first(step)), step)
        if step.verdict and step.alert_id in found:
            found[step.alert_id].verdict = step.verdict
    return sorted(found.values(), key=lambda each: (each.at_ms, each.alert_id))


def _first(step: AlertTransition) -> Fired:
    return Fired(
        step.alert_id,
        step.kind,
        step.host_id,
        step.session_id,
        step.subject,
        step.product_id,
        step.at_ms,
        step.state,
        paged=False,
    )


def _take(alert: Fired, step: AlertTransition) -> None:
    alert.paged = alert.paged or step.severity == "page"
    if alert.kind == STOCKOUT and alert.state not in CLAIMS and step.state in CLAIMS:
        alert.state, alert.at_ms = step.state, step.at_ms


class Difference(NamedTuple):
    """What another run tells that the first did not, and the other way round."""

    gained: list[Fired]
    lost: list[Fired]


def difference(before: Sequence[Fired], after: Sequence[Fired]) -> Difference:
    """The alerts of two runs that only one of them has."""
    pairs = paired(before, after)
    kept = {id(other) for _, other in pairs}
    held = {id(each) for each, _ in pairs}
    return Difference(
        [each for each in after if id(each) not in kept],
        [each for each in before if id(each) not in held],
    )


def paired(before: Sequence[Fired], after: Sequence[Fired]) -> list[tuple[Fired, Fired]]:
    """The alerts that both runs have: each with the first of the same name and about the same time."""
    free = list(after)
    pairs = []
    for each in before:
        other = next(
            (
                one
                for one in free
                if one.name == each.name and abs(one.at_ms - each.at_ms) <= SAME_MS
            ),
            None,
        )
        if other is not None:
            free.remove(other)
            pairs.append((each, other))
    return pairs


class Score(NamedTuple):
    """How good a run is; None: there is nothing to say it of. Units: ``delay_s`` is the median."""

    right: int
    wrong: int
    missed: int
    delay_s: float | None = None

    @property
    def precision(self) -> float | None:
        """Of what was told, the part that was true."""
        told = self.right + self.wrong
        return self.right / told if told else None

    @property
    def recall(self) -> float | None:
        """Of what was true, the part that was told."""
        true = self.right + self.missed
        return self.right / true if true else None


def by_ledger(alerts: Iterable[Fired], incidents: Iterable[Incident]) -> Score:
    """Alerts against what truly happened: same kind, host and product, from its begin to a minute after."""
    free = [each for each in alerts if each.claims]
    told = {each.kind for each in free}
    delays_ms, missed = [], 0
    for incident in sorted(incidents, key=lambda each: each.start_ms):
        alert = next((each for each in free if _tells(each, incident)), None)
        if alert is not None:
            free.remove(alert)
            delays_ms.append(alert.at_ms - incident.start_ms)
        elif incident.kind in told or incident.kind == STOCKOUT:
            missed += 1
    delay_s = median(delays_ms) / 1000 if delays_ms else None
    return Score(len(delays_ms), len(free), missed, delay_s)


def _tells(alert: Fired, incident: Incident) -> bool:
    same = alert.kind == incident.kind and alert.host_id == incident.host_id
    about = None in (alert.product_id, incident.product_id) or (
        alert.product_id == incident.product_id
    )
    return same and about and incident.start_ms <= alert.at_ms <= incident.end_ms + GRACE_MS


def by_verdicts(before: Sequence[Fired], after: Sequence[Fired]) -> Score:
    """Another run against what people said of the first one's alerts; nothing is known of what is new."""
    kept = {id(each) for each, _ in paired(before, after)}
    real = [each for each in before if each.verdict in _REAL]
    right = sum(1 for each in real if id(each) in kept)
    wrong = sum(1 for each in before if each.verdict in _WRONG and id(each) in kept)
    return Score(right, wrong, len(real) - right)


def variants(assignments: Iterable[str]) -> list[tuple[str, ...]]:
    """Every combination of what ``section.threshold=value,value`` asks for.

    Errors: ``BadSetting`` for what is no assignment, and for more than ``MOST_VARIANTS``.
    """
    axes = [_values(text) for text in assignments]
    count = 1
    for axis in axes:
        count *= len(axis)
    if count > MOST_VARIANTS:
        raise BadSetting(
            f"{count} combinations are too many",
            where="--set",
            hint=f"ask for at most {MOST_VARIANTS}: the recording is folded once for each",
        )
    return list(product(*axes))


def _values(text: str) -> list[str]:
    name, equals, values = text.partition("=")
    if not (name and equals and values):
        raise BadSetting(
            f"{text!r} is no assignment",
            where="--set",
            hint="write --set stockout.min_users=4, or several values: stockout.min_users=3,4,5",
        )
    return [f"{name}={value.strip()}" for value in values.split(",")]


def kinds_of(alerts: Iterable[Fired], kind: str | None) -> Iterator[Fired]:
    """The alerts of one kind, or of any."""
    return (each for each in alerts if kind is None or each.kind == kind)
