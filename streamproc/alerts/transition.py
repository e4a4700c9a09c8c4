"""From a step of an alert to what is told of it: whole, with what it rests on and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from streamproc.alerts.held import TAKEN, Held, Step, alert_id
from streamproc.alerts.model import Finding, Level, Phase
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.alerts.telling import reminder_ms
from streamproc.comments.senses import masked
from streamproc.events.outputs import Advice, AlertTransition, Evidence
from streamproc.events.rooms import Verdict
from streamproc.tally.floor import Floor, Product
from streamproc.tally.profiles import Profile
from streamproc.tally.senses import OF_PRODUCT
from streamproc.tally.timing import MINUTE_MS

COMMENTS: Final = 5
NOTIFYING: Final = frozenset(("entered", "changed", "renotified", "released", "digest"))
"""Why steps are taken that somebody is to be told of; all others are for the record."""
_GRACE_MS: Final = MINUTE_MS
"""How late a reminder may come before what it repeats counts as old."""
_RETIRED: Final = Advice(zh="此规则已停用", en="The rule is no more; nothing to do")


class Setting(NamedTuple):
    """What a transition says besides its room and alert.

    Shapes: ``limits`` are the rule's for this host, ``profile`` says where the host is, None: nobody told;
        ``offsets`` how far each topic was read, by topic.
    """

    policy: Policy
    limits: Any = None
    profile: Profile | None = None
    offsets: Mapping[str, int] = {}
    lexicon_version: str | None = None


class Named(NamedTuple):
    """A product, and perhaps a pack of it, that a subject names; empty: none."""

    product_id: str = ""
    sku_id: str = ""


def transition(room: Room, rule: Rule | None, step: Step, setting: Setting) -> AlertTransition:
    """What is told of a step.

    Shapes: ``rule`` is None if there is none of this kind any more. Of a step of which only what is held is
        known, as after a restart, the same is told but for what a rule sees now: evidence and advice.
    """
    held, profile = step.held, setting.profile
    finding = step.finding or _finding_of(held)
    # the rule that is asked for words sees its own alert, not those of the rule that was asked last
    room.open_subjects = (held.subject,) if held.is_open else ()
    named = product_of(room.floor, held.subject)
    product = room.floor.products.get(named.product_id, Product())
    via = held.inputs.get("via")
    place = {} if profile is None else _place(profile)
    return AlertTransition(
        alert_id=alert_id(room.host_id, room.session_id, held),
        seq=held.seq,
        kind=held.kind,
        phase=held.phase.value,
        severity=held.severity.value,
        host_id=room.host_id,
        session_id=room.session_id,
        subject=held.subject,
        at_ms=held.told_ms,
        opened_ms=held.opened_ms,
        why=held.why,
        rule=rule.section if rule else "",
        rule_version=held.version,
        advice=rule.advice(room, finding) if rule else _RETIRED,
        state=held.state,
        episode=held.episode,
        room_id=room.room_id,
        venue_id=room.venue_id,
        **place,
        product_id=named.product_id or None,
        sku_id=named.sku_id or None,
        product_title=product.title or None,
        product_via=via if isinstance(via, str) else None,
        link_no=product.link_no or None,
        confidence=_confidence(held.inputs.get("confidence")),
        valid_until_ms=_valid_until_ms(held, setting.policy),
        digest=held.digest,
        flips=held.flipped,
        inhibited_by=held.inhibited_by or None,
        verdict=held.verdict or None,
        snoozed_until_ms=held.snoozed_until_ms or None,
        lexicon_version=setting.lexicon_version,
        evidence=_evidence(room, rule, finding, held, setting),
    )


def notifies(told: AlertTransition) -> bool:
    """Whether somebody is to be told of a transition, and not only what is shown changes."""
    snoozed = told.verdict == Verdict.SNOOZED.value and told.at_ms < (told.snoozed_until_ms or 0)
    is_free = not told.inhibited_by and told.verdict not in TAKEN and not snoozed
    return is_free and told.phase == Phase.FIRING.value and told.why in NOTIFYING


def product_of(floor: Floor, subject: str) -> Named:
    """What a subject names; an id may hold the sign that divides product and pack."""
    if not subject.startswith(OF_PRODUCT):
        return Named()
    name = subject.removeprefix(OF_PRODUCT)
    cut = name.find("/")
    while cut > 0 and name not in floor.products:
        if name[:cut] in floor.products:
            return Named(name[:cut], name[cut + 1 :])
        cut = name.find("/", cut + 1)
    if name in floor.products:
        return Named(name)
    return Named(*name.partition("/")[::2])


def _finding_of(held: Held) -> Finding:
    """What stands for a finding where a rule said nothing, or nobody knows any more what it said."""
    level = Level.ENTER if held.phase is Phase.FIRING else Level.CLEAR
    return Finding(held.subject, level, held.severity, held.state, why=held.inputs)


def _place(profile: Profile) -> dict[str, Any]:
    return {
        "host_name": profile.name,
        "village": profile.village,
        "town": profile.town,
        "district": profile.district,
    }


def _confidence(told: object) -> float:
    return min(1.0, max(0.0, float(told))) if isinstance(told, int | float) else 1.0


def _valid_until_ms(held: Held, policy: Policy) -> int:
    """Until when it holds without being told again; 0: it is told when that changes."""
    if held.phase is Phase.RESOLVING and not held.digest:
        least_ms = held.opened_ms + policy.least_open_ms.get(held.kind, 0)
        return max(held.told_ms + policy.renotify_ms, least_ms) + _GRACE_MS
    due_ms = reminder_ms(held, policy)
    return due_ms + _GRACE_MS if due_ms else 0


def _evidence(
    room: Room, rule: Rule | None, finding: Finding, held: Held, setting: Setting
) -> Evidence:
    told = Evidence(inputs=held.inputs)
    if rule is not None:
        told = rule.evidence(room, finding, setting.limits)
    newest = sorted(told.comments, key=lambda each: (each.at_ms, each.id))[-COMMENTS:]
    return replace(
        told,
        comments=[replace(each, text=masked(each.text)) for each in newest],
        inputs={name: _shown(value) for name, value in (told.inputs or held.inputs).items()},
        offsets=told.offsets or dict(setting.offsets),
    )


def _shown(value: object) -> object:
    """A value without long numbers in its texts."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {_shown(name): _shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(each) for each in value]
    return value
