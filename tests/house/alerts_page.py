"""The page of alerts, written from the registry: ``python -m tests.house.alerts_page``."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from typing import Any

import msgspec

from streamproc.alerts.limits import takes
from streamproc.alerts.registry import RULES
from streamproc.alerts.rule import ALWAYS, LIVE_ONLY, LIVE_OR_PAUSED, Rule

HEAD = """\
# Alerts

Written by `make docs` from the registry in `streamproc/alerts/`; do not edit by hand.

A rule looks at one broadcast, up to once a second, and says what it finds; an alert opens when that holds for a
while, and is over when it has been gone for a while. Two thresholds keep it from flapping: one opens,
another one closes. A rule that compares rates needs enough to compare (5 expected, or more), so that a
small room is left alone, and fires in the harmful direction only. What an instrument does not tell is
unknown, and what is unknown raises nothing.

**page**: somebody must look now. **ticket**: in this show. **info**: on the board and the teleprompter.

Thresholds have the defaults below. A TOML file that `STREAMPROC_ALERTS__LIMITS` names changes them,
for all or for one host; a worker reads it when it starts and refuses one with a mistake:

```toml
[viewer_drop]
min_online = 500

[host."h-0042".viewer_drop]
min_online = 100
```

The last word of a name is its unit: `_ms` are milliseconds, `_ratio` and `_share` parts of a whole,
`_times` how many times as much; what has none is a number of people, lines, attempts or comments.

| alert | | | | opens when |
|---|---|---|---|---|
"""

ASKED = {
    LIVE_ONLY: "while the broadcast is live",
    LIVE_OR_PAUSED: "while the broadcast is live or paused",
    ALWAYS: "always, also after the broadcast ended",
}
SECOND_MS = 1_000
MINUTE_MS = 60_000


def page() -> str:
    """The page, as Markdown."""
    return "".join([HEAD, *(_row(rule) for rule in RULES), *(_section(rule) for rule in RULES)])


def _row(rule: Rule) -> str:
    link = f"[{rule.kind}](#{rule.kind.lower()})"
    return f"| {link} | {rule.zh} | {rule.en} | {rule.severity} | {rule.trigger} |\n"


def _section(rule: Rule) -> str:
    asked = ASKED[rule.asked]
    if rule.warm_up_ms:
        asked += f", from {_time(rule.warm_up_ms)} after it started or resumed"
    if rule.after_pin_ms:
        asked += f", not within {_time(rule.after_pin_ms)} after another product was pinned"
    lines = [
        f"\n## {rule.kind}\n\n{rule.zh}, {rule.en}; {rule.severity}. Version {rule.version}.\n",
        f"- Opens: {rule.trigger}.",
        f"- Closes: {rule.clears}.",
        f"- Looked at: {asked}.\n",
        "What to do:\n",
        *(f"{number}. {zh}。 {en}." for number, (zh, en) in enumerate(rule.runbook, 1)),
        f"\nThresholds, `[{rule.section}]`:\n",
        "| | default | takes | |\n|---|---|---|---|",
        *_thresholds(rule.limits),
    ]
    return "\n".join(lines) + "\n"


def _thresholds(limits: type[Any]) -> list[str]:
    told = docstrings(limits)
    return [
        f"| `{field.name}` | {_default(field.name, field.default)} | {takes(field.type)}"
        f" | {told[field.name]} |"
        for field in msgspec.structs.fields(limits)
    ]


def docstrings(struct: type[Any]) -> dict[str, str]:
    """What stands below each field of a struct."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for one, below in zip(tree.body, tree.body[1:], strict=False):
        match one, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found


def _default(name: str, value: float) -> str:
    if name.endswith("_ms"):
        return f"`{value}` ({_time(int(value))})"
    return f"`{value:g}`"


def _time(ms: int) -> str:
    if ms and ms % MINUTE_MS == 0:
        return f"{ms // MINUTE_MS} min"
    return f"{ms / SECOND_MS:g} s"


if __name__ == "__main__":
    sys.stdout.write(page())
