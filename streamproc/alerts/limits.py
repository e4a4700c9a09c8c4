"""The thresholds in force: those of the catalogue, what a file changes, and what it changes for a host.

A file is TOML: ``[stream_dead]`` with ``silent_ms = 90000``, and ``[host."h-1".stream_dead]`` for one host.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from streamproc.alerts.registry import RULES
from streamproc.alerts.rule import Rule
from streamproc.errors import BadSetting

AlertLimits: Final[type[Any]] = msgspec.defstruct(
    "AlertLimits",
    [(rule.section, rule.limits, msgspec.field(default=rule.limits())) for rule in RULES],
    frozen=True,
    kw_only=True,
)
"""One section a rule, each the struct of that rule's thresholds."""

HOST: Final = "host"
_HINT: Final = "docs/alerts.md lists every threshold, what it takes and its default"
_SECTIONS: Final = {rule.section: rule for rule in RULES}
_SHORT: Final = 2
_LONG: Final = 4
_Path = tuple[str, ...]
_Changes = dict[str, dict[str, Any]]
"""Values by section and threshold."""


class Limits(NamedTuple):
    """Everybody's thresholds, and those of hosts that have their own. Shapes: both ``AlertLimits``."""

    everyone: Any = AlertLimits()
    hosts: Mapping[str, Any] = {}

    def of_host(self, host_id: str) -> Any:  # noqa: ANN401 - see ``AlertLimits``
        """The thresholds of a host: an attribute for each rule's section."""
        return self.hosts.get(host_id, self.everyone)


def read_limits(text: str, *, where: str) -> Limits:
    """The thresholds that a file asks for.

    Errors: ``BadSetting`` that names everything wrong with it, by line and threshold.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"no TOML: {error}", where=where, hint=_HINT) from error
    reading = _Reading(_lines(text))
    limits = reading.limits(tree)
    if reading.wrong:
        lines = [f"line {line}: {what}" for line, what in sorted(reading.wrong)]
        raise BadSetting("\n  ".join(["the limits are wrong:", *lines]), where=where, hint=_HINT)
    return limits


def assigned(limits: Limits, assignments: Iterable[str]) -> Limits:
    """The same with some thresholds set otherwise, for hosts that have their own too.

    Shapes: each is ``stream_dead.silent_ms=90000``, for one host ``host.h-1.stream_dead.silent_ms=90000``.
    Errors: ``BadSetting`` that names everything wrong.
    """
    everyone: _Changes = {}
    hosts: dict[str, _Changes] = {}
    wrong: list[str] = []
    for text in assignments:
        path, value = _assignment(text)
        reading = _Reading({})
        if len(path) == _SHORT:
            reading.take({path[0]: {path[1]: value}}, (), everyone)
        elif len(path) == _LONG and path[0] == HOST:
            reading.take({path[2]: {path[3]: value}}, (), hosts.setdefault(path[1], {}))
        else:
            wrong.append(f"{text}: write section.threshold=value")
        wrong += [f"{text}: {what}" for _, what in reading.wrong]
    made = _Reading({})
    base = made.changed(limits.everyone, everyone, ())
    own = {
        host: made.changed(
            made.changed(limits.hosts.get(host, limits.everyone), everyone, ()),
            hosts.get(host, {}),
            (),
        )
        for host in sorted({*limits.hosts, *hosts})
    }
    wrong += dict.fromkeys(what for _, what in made.wrong)
    if wrong:
        raise BadSetting(
            "\n  ".join(["an assignment is wrong:", *wrong]), where="--set", hint=_HINT
        )
    return Limits(base, own)


class _Reading:
    """One reading of changes; ``wrong`` gathers lines and what is wrong there."""

    def __init__(self, lines: Mapping[_Path, int]) -> None:
        self._lines = lines
        self.wrong: list[tuple[int, str]] = []

    def limits(self, tree: Mapping[str, Any]) -> Limits:
        """The thresholds of a parsed file."""
        hosts = tree.get(HOST, {})
        everyone: _Changes = {}
        self.take({name: body for name, body in tree.items() if name != HOST}, (), everyone)
        base = self.changed(AlertLimits(), everyone, ())
        own = {}
        if not isinstance(hosts, dict):
            self._tell((HOST,), 'write [host."<host id>".<section>]')
            hosts = {}
        for host, sections in hosts.items():
            if not isinstance(sections, dict):
                self._tell((HOST, host), 'write [host."<host id>".<section>]')
                continue
            changes: _Changes = {}
            self.take(sections, (HOST, host), changes)
            own[host] = self.changed(base, changes, (HOST, host))
        return Limits(base, own)

    def take(self, sections: Mapping[str, Any], under: _Path, into: _Changes) -> None:
        """Check every value, and gather those that are right."""
        for section, body in sections.items():
            place = (*under, section)
            rule = _SECTIONS.get(section)
            if rule is None:
                self._tell(place, f"there is no such section; there are {', '.join(_SECTIONS)}")
            elif not isinstance(body, dict):
                self._tell(place, f"is a section: write [{_name(place)}]")
            else:
                self._check(rule, body, place, into.setdefault(section, {}))

    def _check(
        self, rule: Rule, body: Mapping[str, Any], under: _Path, into: dict[str, Any]
    ) -> None:
        fields = {each.name: each for each in msgspec.structs.fields(rule.limits)}
        for name, value in body.items():
            place = (*under, name)
            field = fields.get(name)
            if field is None:
                known = ", ".join(fields)
                self._tell(place, f"there is no such threshold; {rule.section} has {known}")
                continue
            try:
                into[name] = msgspec.convert(value, field.type)
            except msgspec.ValidationError:
                told = f"takes {takes(field.type)}, and not {value!r} (default: {field.default!r})"
                self._tell(place, told)

    def changed(self, limits: Any, changes: _Changes, under: _Path) -> Any:  # noqa: ANN401 - see ``AlertLimits``
        """Thresholds with some of them changed, if they fit each other."""
        sections = {}
        for section, values in changes.items():
            try:
                sections[section] = msgspec.structs.replace(getattr(limits, section), **values)
            except ValueError as error:
                self._tell((*under, section), str(error))
        return msgspec.structs.replace(limits, **sections)

    def _tell(self, place: _Path, what: str) -> None:
        found = next(
            (self._lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self._lines),
            0,
        )
        self.wrong.append((found, f"{_name(place)}: {what}"))


def takes(of_type: Any) -> str:  # noqa: ANN401 - any annotation
    """What a threshold takes, in words."""
    kind = inspect.type_info(of_type)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        words = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        return f"{words} from {kind.ge:g} to {kind.le:.10g}" if kind.ge is not None else words
    return "true or false" if isinstance(kind, inspect.BoolType) else "another kind of value"


def _assignment(text: str) -> tuple[_Path, Any]:
    """Where an assignment points, and the value; what is no TOML stays text, which no threshold takes."""
    name, _, value = text.partition("=")
    parts = tuple(name.strip().split("."))
    if parts[0] == HOST and len(parts) > _LONG:  # ids may hold dots
        parts = (HOST, ".".join(parts[1:-2]), *parts[-2:])
    try:
        return parts, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return parts, value.strip()


def _name(place: _Path) -> str:
    """A place as it is written in a file."""
    if place[0] == HOST and len(place) > 1:
        return ".".join([HOST, f'"{place[1]}"', *place[2:]])
    return ".".join(place)


def _lines(text: str) -> dict[_Path, int]:
    """Where things stand in a file: the first line of each path. The parser does not tell."""
    found: dict[_Path, int] = {}
    table: _Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            path = tuple(_steps(tomllib.loads(line)))
        except tomllib.TOMLDecodeError:
            continue  # within a value of several lines
        if line.lstrip().startswith("["):
            table = path
        elif path:
            path = (*table, *path)
        for length in range(1, len(path) + 1):
            found.setdefault(path[:length], number)
    return found


def _steps(tree: Any) -> Iterator[str]:  # noqa: ANN401 - any TOML
    """The keys on the way down while there is one way only."""
    while isinstance(tree, dict) and len(tree) == 1:
        ((key, tree),) = tree.items()
        yield key
