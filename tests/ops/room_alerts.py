"""Rules, tests and runbooks of rooms' alerts, made from the registry of `streamproc/alerts`.

One rule for each kind: the worker decides when an alert opens and how urgent it is; Prometheus tells of it.
"""

from __future__ import annotations

from textwrap import dedent

from streamproc.alerts.registry import RULES
from streamproc.alerts.rule import Rule
from tests.ops.alert_case import W1, Case, Gauge

FILE = "rooms.yml"
PREFIX = "StreamprocRoom"
DASHBOARD = "{{ $externalLabels.dashboards }}/d/streamproc-host?var-host={{ $labels.host }}"
HEAD = """\
# Written by `make docs` from the registry in streamproc/alerts; do not edit by hand.
# The worker opens and closes alerts of rooms and says how urgent they are; these rules tell of them.
groups:
  - name: streamproc.rooms.alerts
    rules:
"""


def rules_file() -> str:
    """`deploy/prometheus/rules/rooms.yml`."""
    return HEAD + "\n".join(_rule(rule) for rule in RULES)


def _rule(rule: Rule) -> str:
    zh, en = rule.runbook[0]
    name = PREFIX + rule.kind
    room = "host: {{ $labels.host }}, room: {{ $labels.room }}"
    return f"""\
      - alert: {name}
        expr: 'max by (host, room, kind, severity) (streamproc_room_alerts{{kind="{rule.kind}"}}) > 0'
        keep_firing_for: 1m
        labels:
          scope: room
        annotations:
          summary: {_quoted(f"{rule.en}: {{{{ $labels.host }}}}")}
          description: {_quoted(f"{en}. ({room})")}
          summary_zh: {_quoted(f"{rule.zh}: {{{{ $labels.host }}}}")}
          description_zh: {_quoted(f"{zh}。({room})")}
          runbook_url: '{{{{ $externalLabels.runbooks }}}}/{name}.md'
          dashboard_url: {_quoted(DASHBOARD)}
"""


def cases() -> tuple[Case, ...]:
    """What each of these rules is held to: it fires for its own kind only, as urgent as the worker says."""
    return tuple(
        _case(rule, others) for rule, others in zip(RULES, RULES[1:] + RULES[:1], strict=True)
    )


def _case(rule: Rule, other: Rule) -> Case:
    severity = rule.severity.value
    room = {"host": "h-1", "room": "r-1", "kind": rule.kind, "severity": severity}
    labels = f'{W1},host="h-1",room="r-1"'
    return Case(
        PREFIX + rule.kind,
        room,
        (
            Gauge(
                f'streamproc_room_alerts{{{labels},kind="{rule.kind}",severity="{severity}"}}',
                None,
                1,
                None,
            ),
            Gauge(
                f'streamproc_room_alerts{{{labels},kind="{other.kind}",severity="page"}}',
                None,
                None,
                1,
            ),
        ),
        silent_s=-15,
        fires_s=0,
        sick_s=120,
        keeps_s=30,
        over_s=90,
        well_s=60,
    )


def runbooks() -> dict[str, str]:
    """The runbook of each: file name and text."""
    return {f"{PREFIX}{rule.kind}.md": _runbook(rule) for rule in RULES}


def _runbook(rule: Rule) -> str:
    steps = "\n".join(f"{number}. {zh}。 {en}." for number, (zh, en) in enumerate(rule.runbook, 1))
    anchor = f"../../docs/alerts.md#{rule.kind.lower()}"
    return dedent(
        f"""\
        # {PREFIX}{rule.kind}

        Written by `make docs` from the registry in `streamproc/alerts/`; do not edit by hand.

        ## What it means

        {rule.zh}, {rule.en}: one room, as its worker judges it once a second.
        It opens when: {rule.trigger}.
        It closes when: {rule.clears}.

        ## Who is hurt

        The host of that room and whoever watches; no tally is wrong because of it.

        ## First look

        The room on the board, with the alert's evidence: comments, orders and stock that speak for it.
        The dashboard "One host" shows the same over time.

        ## What to do

        {{steps}}

        ## If it fires wrongly

        Judge it on the board as bait or wrong product: this snoozes it, and limits are tuned by that.
        Its thresholds, for all or for one host, are the section `[{rule.section}]` of the file that
        `STREAMPROC_ALERTS__LIMITS` names ([all of them]({anchor})). To be told nothing for a while:
        `amtool silence add alertname={PREFIX}{rule.kind} host=<host> --duration=1h --comment=<why>`.
        """
    ).replace("{steps}", steps)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
