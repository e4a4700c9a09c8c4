"""The page of figures, written from the registry: ``python -m tests.house.figures_page``."""

from __future__ import annotations

import sys

from streamproc.tally.registry import DEFINITIONS
from streamproc.tally.registry_definition import EVERYWHERE, Definition

HEAD = """\
# Figures

Written by `make docs` from the registry in `streamproc/tally/`; do not edit by hand.

Ids are a contract. Money is an object by currency in minor units (`{"CNY": 1999}` is 19.99 yuan);
means of money are rounded half even to whole minor units. Ratios, means and seconds are numbers. `null` is
unknown, or divided by nothing; 0 is known to be none. A currency whose sum is 0 is left out.
The ratio of a group is the sum of its parts by the sum of its wholes, never a mean of ratios.

Spans: `session` is the whole broadcast, late facts too. `1m`, `5m`, `10m` and `60m` end with the
10 seconds that `as_of` falls into; `previous_10m` are the ten minutes before `10m`. `minute` is an
entry of the curve. People (buyers, viewers, commenters, and what is divided by them) are counted in
whole minutes: in `10m` those of the minute of `as_of` and the nine before it. Outside the spans that
a figure is defined for it is `null`.

How complete it is is told with every answer, as `completeness` of the session: sources that told
nothing, what was `late` (in the session, in no window) and what was `rejected` by topic (records that
name the session and cannot be used: in no figure, and still counted when they are mended and come
again), what is `approximate` (figures that are, or are made of, an estimate of how many people there are),
what nobody is named of.

Events of a broadcast that nobody told to have started count like those of any other: its `status` is
`unknown`, `live.rooms.v1` is a missing source where that told nothing at all of it, and
`streamproc_rooms{status="unknown"}` counts such rooms. Events after the end count, too, in the session
and in the spans of their time, and `after_end` says how many there were: what happened, not late, in
the 10 seconds that begin at the end and in all after them; likes by their increment, an order line once,
when it was ordered, or paid if nobody told that it was ordered. What was ordered before is rightly paid and
given back later, so that is not among them; nor is it where the broadcast was started again.

The names at Douyin, TikTok Shop and WeChat are those of public documents; `-` where none was found,
which does not say that they lack the figure.

| id | | | unit | Douyin | TikTok Shop | WeChat |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The page, as Markdown."""
    definitions = list(DEFINITIONS.values())
    parts = [HEAD, *(_row(each) for each in definitions), *(_section(each) for each in definitions)]
    return "".join(parts)


def _row(one: Definition) -> str:
    names = " | ".join(name or "-" for name in (one.douyin, one.tiktok_shop, one.wechat))
    return f"| [`{one.id}`](#{one.id}) | {one.zh} | {one.en} | {one.unit} | {names} |\n"


def _section(one: Definition) -> str:
    inputs = ", ".join(f"`{each}`" for each in one.inputs)
    lines = [
        f"\n## {one.id}\n\n{one.zh}, {one.en}; {one.unit}.\n",
        f"- Formula: {one.formula}.",
        f"- From: {inputs}.",
        f"- Spans: {_spans(one.windows)}.",
    ]
    if one.follows:
        lines.append(f"- Where sources differ: {one.follows}")
    lines += [f"- Trap: {trap}" for trap in one.traps]
    return "\n".join(lines) + "\n"


def _spans(windows: tuple[str, ...]) -> str:
    if windows == EVERYWHERE:
        return "all"
    named = ", ".join(f"`{each}`" for each in windows)
    return named if len(windows) > 1 else f"{named} only"


if __name__ == "__main__":
    sys.stdout.write(page())
