"""Contests as people write them down: a TOML file, every mistake in it told at once."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from streamproc.errors import BadSetting
from streamproc.events.currencies import CURRENCIES
from streamproc.tally.contests import MEASURES, MINUTE_MS, Contest, LateRefunds

_HINT: Final = "docs/contests.md shows a contests file"
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A contest as it is written; a moment without an offset is of ``timezone``."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
    name: _Name
    start: datetime
    freeze: datetime
    end: datetime
    measure: str
    hosts: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    late_refunds: LateRefunds = LateRefunds.COUNT
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"


def contests_of(text: str, *, where: str) -> dict[str, Contest]:
    """The contests of a file, by id.

    Errors: ``BadSetting`` that names everything wrong with it, by contest and field.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"no TOML: {error}", where=where, hint=_HINT) from error
    entries = tree.pop("contest", [])
    wrong = [f"{name}: unknown; contests stand under [[contest]]" for name in tree]
    if not isinstance(entries, list) or not entries:
        wrong.append("no contest: write each under [[contest]]")
        entries = []
    contests = [_contest(number, raw, wrong) for number, raw in enumerate(entries, 1)]
    found = [each for each in contests if each is not None]
    wrong += _twice("the id", (each.id for each in found))
    if wrong:
        raise BadSetting("\n  ".join(["the contests are wrong:", *wrong]), where=where, hint=_HINT)
    return {each.id: each for each in found}


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name.

    Errors: ``BadSetting``.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSetting(
            f"{name!r} is no time zone",
            where="timezone",
            hint="write one like Asia/Shanghai or UTC",
        ) from error


def _contest(number: int, raw: Any, wrong: list[str]) -> Contest | None:  # noqa: ANN401 - any TOML
    """The contest of an entry; what is wrong with it goes to ``wrong``."""
    named = raw.get("id") if isinstance(raw, Mapping) else None
    place = f"contest {named or number}"
    try:
        entry = msgspec.convert(raw, _Entry)
        zone = zone_of(entry.timezone)
    except msgspec.ValidationError as error:
        what, _, field = str(error).partition(" - at `$.")
        wrong.append(f"{place}: {field.rstrip('`') + ': ' if field else ''}{what}")
        return None
    except BadSetting as error:
        wrong.append(f"{place}: timezone: {error.what}")
        return None
    contest = Contest(
        id=entry.id,
        name=entry.name,
        start_ms=_ms(entry.start, zone),
        freeze_ms=_ms(entry.freeze, zone),
        end_ms=_ms(entry.end, zone),
        measure=entry.measure,
        hosts=entry.hosts,
        late_refunds=entry.late_refunds,
        timezone=entry.timezone,
        currency=entry.currency,
    )
    faults = _faults(contest)
    wrong += [f"{place}: {fault}" for fault in faults]
    return None if faults else contest


def _faults(contest: Contest) -> list[str]:
    faults = []
    if contest.measure not in MEASURES:
        known = ", ".join(sorted(MEASURES))
        faults.append(f"measure: {contest.measure!r} is no sum; take one of {known}")
    if contest.currency not in CURRENCIES:
        faults.append(f"currency: {contest.currency!r} is no ISO 4217 code of money in use")
    for name in ("start", "freeze", "end"):
        if getattr(contest, f"{name}_ms") % MINUTE_MS:
            faults.append(f"{name}: not a whole minute")
    if contest.start_ms >= contest.end_ms:
        faults.append("end: not behind start")
    elif not contest.start_ms <= contest.freeze_ms <= contest.end_ms:
        faults.append("freeze: not between start and end")
    return faults + _twice("hosts:", contest.hosts or ())


def _twice(what: str, names: Iterable[str]) -> list[str]:
    return [f"{what} {name} stands twice" for name, count in Counter(names).items() if count > 1]


def _ms(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    return round(local.timestamp() * 1000)


def day_of(text: str, *, where: str) -> date:
    """A day.

    Errors: ``BadSetting``.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadSetting(f"{text!r} is no day", where=where, hint="write 2026-11-21") from error
