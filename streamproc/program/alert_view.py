"""What a live table shows of open alerts, read from running programs without changing them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from streamproc.alerts.model import Phase, Severity
from streamproc.alerts.registry import RULE_OF_KIND
from streamproc.alerts.transition import product_of
from streamproc.events.registry import ROOMS_TOPIC
from streamproc.program.floor_codec import unpack_floor
from streamproc.program.keys import SEPARATOR, Kind, head
from streamproc.program.live import LiveProgram
from streamproc.tally.floor import Floor

_FLOOR: Final = head(Kind.FLOOR, ROOMS_TOPIC)
_WORST_FIRST: Final = (Severity.PAGE, Severity.TICKET, Severity.INFO)


class AlertRow(NamedTuple):
    """An open alert.

    Shapes: ``zh`` and ``en`` are its names, ``about`` the product or whatever it is about; empty: the
        room. ``follows`` is the kind of the alert that it follows from; empty: of none.
    """

    severity: Severity
    opened_ms: int
    host_id: str
    host_name: str
    session_id: str
    zh: str
    en: str
    state: str
    about: str
    is_ending: bool
    follows: str


def alert_rows(programs: Iterable[LiveProgram]) -> list[AlertRow]:
    """The open alerts of these programs, the worst first, then the newest."""
    rows = [row for program in programs for row in _rows(program)]
    rows.sort(key=lambda row: (_WORST_FIRST.index(row.severity), -row.opened_ms, row.host_id))
    return rows


def _rows(program: LiveProgram) -> Iterable[AlertRow]:
    if program.judging is None:
        return
    for host_id, session_id, held in program.judging.open_alerts():
        rule = RULE_OF_KIND.get(held.kind)
        yield AlertRow(
            held.severity,
            held.opened_ms,
            host_id,
            program.profiles.name(host_id),
            session_id,
            rule.zh if rule else held.kind,
            rule.en if rule else held.kind,
            held.state,
            _about(program, host_id, session_id, held.subject),
            held.phase is Phase.RESOLVING,
            held.inhibited_by,
        )


def _about(program: LiveProgram, host_id: str, session_id: str, subject: str) -> str:
    """What an alert is about, by the name that people know it by."""
    key = _FLOOR + host_id.encode() + SEPARATOR + session_id.encode()
    value = program.records.value(key) if subject else None
    floor = Floor() if value is None else unpack_floor(value)
    named = product_of(floor, subject)
    if not named.product_id:
        return subject
    title = floor.products[named.product_id].title if named.product_id in floor.products else ""
    return " ".join(each for each in (title or named.product_id, named.sku_id) if each)
