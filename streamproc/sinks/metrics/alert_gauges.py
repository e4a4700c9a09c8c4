"""Which alerts are open, from the steps that were told and, after a recovery, from the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import attrgetter
from typing import Final, Protocol, runtime_checkable

from msgspec import MsgspecError, Struct, json

from streamproc.alerts import stockout, stockout_imminent, unlisted_demand
from streamproc.alerts.held import TAKEN, Held, alert_id
from streamproc.alerts.model import Phase, Severity
from streamproc.alerts.registry import RULE_OF_KIND
from streamproc.events.outputs import ALERTS_TOPIC
from streamproc.events.rooms import Verdict
from streamproc.protocol import Program, Published
from streamproc.sinks.metrics.exposition import Exposition
from streamproc.sinks.metrics.labels import id_label, subject_label
from streamproc.sinks.metrics.registry import PREFIX

RESTOCK_KINDS: Final = frozenset(
    rule.kind for rule in (stockout.RULE, stockout_imminent.RULE, unlisted_demand.RULE)
)
"""The rules that speak of stock running out."""

ALERTS_OF_ROOM: Final = 20
"""So many alerts of a room are told each by itself; behind them one series stands for all of a kind."""
MORE: Final = "more"
"""The subject of those that stand together."""
INHIBITED: Final = "inhibited"

_WORST_FIRST: Final = {str(severity): -rank for rank, severity in enumerate(Severity)}
_OPENED: Final = "entered"
_RESOLVED: Final = Phase.RESOLVED.value


@runtime_checkable
class HoldsAlerts(Protocol):
    """A program that holds alerts."""

    def open_alerts(self) -> Iterator[tuple[str, str, Held]]:
        """Host, broadcast and alert of each that is open."""
        ...

    def room_of(self, host_id: str, session_id: str) -> str:
        """The room of a broadcast; empty: not known."""
        ...


class _Open(Struct, gc=False):
    """What is to be known of an alert: the fields of its last step."""

    alert_id: str
    seq: int
    kind: str
    phase: str
    severity: str
    host_id: str
    session_id: str
    subject: str
    at_ms: int
    opened_ms: int
    why: str = ""
    room_id: str = ""
    inhibited_by: str | None = None
    verdict: str | None = None
    snoozed_until_ms: int | None = None

    @property
    def quiet(self) -> str:
        """Why nobody is to be told of it as it stands; empty: somebody is.

        Source: ``streamproc.alerts.transition.notifies``.
        """
        if self.inhibited_by:
            return INHIBITED
        is_put_off = self.verdict == Verdict.SNOOZED and self.at_ms < (self.snoozed_until_ms or 0)
        return self.verdict if self.verdict and (self.verdict in TAKEN or is_put_off) else ""

    @property
    def place(self) -> tuple[int, int, str]:
        """A sort key: the worst first, then the oldest, so that each keeps its place."""
        return _WORST_FIRST.get(self.severity, 0), self.opened_ms, self.alert_id


_decode: Final = json.Decoder(_Open).decode


class AlertGauges:
    """The open alerts of the partitions that are ours, and the steps that were told.

    Shapes: alerts of ``most`` rooms at the most are told by room, those with the worst first. :meth:`tell`
        may be called from another thread than the rest.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[int, dict[str, _Open]] = {}
        self._steps: Counter[tuple[str, str, str]] = Counter()
        # from 0 on, so that Prometheus sees the first one as an increase
        self._opened = Counter(dict.fromkeys(product(RULE_OF_KIND, map(str, Severity)), 0))

    def owned(self, programs: Mapping[int, Program]) -> None:
        """These are ours from now on: what their state holds open is not told again."""
        self._open = {
            number: {each.alert_id: each for each in _held(program)}
            for number, program in programs.items()
        }

    def told(self, partition: int, records: Iterable[Published]) -> None:
        """Take in steps of alerts; others are passed over."""
        held = self._open.get(partition)
        for record in records:
            if record.topic != ALERTS_TOPIC or record.value is None or held is None:
                continue
            try:
                step = _decode(record.value)
            except MsgspecError:  # another program's record
                continue
            self._take(held, step)

    def _take(self, held: dict[str, _Open], step: _Open) -> None:
        self._steps[step.kind, step.severity, step.phase] += 1
        if step.why == _OPENED:
            self._opened[step.kind, step.severity] += 1
        if step.phase == _RESOLVED:
            held.pop(step.alert_id, None)
            return
        before = held.get(step.alert_id)
        if before is None or before.seq <= step.seq:
            held[step.alert_id] = step

    def tell(self, into: Exposition) -> None:
        """What is open."""
        for labels, count in self._steps.copy().items():
            into.add(f"{PREFIX}alert_transitions_total", count, *labels)
        restock = dict.fromkeys(RESTOCK_KINDS, 0)
        for (kind, severity), count in self._opened.copy().items():
            into.add(f"{PREFIX}alerts_opened_total", count, kind, severity)
            if kind in RESTOCK_KINDS:
                restock[kind] += count
        for kind, count in restock.items():
            into.add(f"{PREFIX}restock_alerts_total", count, kind)
        held = [each for of in self._open.copy().values() for each in of.copy().values()]
        for (kind, severity), count in Counter((each.kind, each.severity) for each in held).items():
            into.add(f"{PREFIX}alerts_open", count, kind, severity)
        self._tell_rooms(held, into)

    def _tell_rooms(self, held: Sequence[_Open], into: Exposition) -> None:
        rooms: dict[tuple[str, str], Counter[tuple[str, ...]]] = {}
        for each in sorted(held, key=attrgetter("place")):
            of = (id_label(each.host_id), id_label(each.room_id))
            if of not in rooms and len(rooms) >= self._most:
                continue
            alerts = rooms.setdefault(of, Counter())
            one = (each.kind, each.severity, subject_label(each.subject), each.quiet)
            if one in alerts or len(alerts) < ALERTS_OF_ROOM:
                alerts[one] += 1
            elif not each.quiet:
                alerts[each.kind, each.severity, MORE, ""] += 1
        for of, alerts in rooms.items():
            for labels, count in alerts.items():
                into.add(f"{PREFIX}room_alerts", count, *of, *labels)


def _held(program: Program) -> Iterator[_Open]:
    if not isinstance(program, HoldsAlerts):
        return
    for host_id, session_id, held in program.open_alerts():
        yield _Open(
            alert_id(host_id, session_id, held),
            held.seq,
            held.kind,
            held.phase.value,
            held.severity.value,
            host_id,
            session_id,
            held.subject,
            held.told_ms,
            held.opened_ms,
            # as its steps told it: Alertmanager would take another room for another alert
            room_id=program.room_of(host_id, session_id),
            inhibited_by=held.inhibited_by or None,
            verdict=held.verdict or None,
            snoozed_until_ms=held.snoozed_until_ms or None,
        )
