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
QUIET = "StreamprocRoomQuiet"
ROOM = "host: {{ $labels.host }}, room: {{ $labels.room }}"
BY = "host, room, kind, severity, subject"
ABOUT = "{{ $labels.host }}{{ with $labels.subject }} {{ . }}{{ end }}"
DASHBOARD = "{{ $externalLabels.dashboards }}/d/streamproc-host?var-host={{ $labels.host }}"
HEAD = """\
# Written by `make docs` from the registry in streamproc/alerts; do not edit by hand.
# The worker opens and closes alerts of rooms and says how urgent they are; these rules tell of them.
groups:
  - name: streamproc.rooms.alerts
    rules:
      # For Alertmanager, which holds back what has it beside it: first of all, and longer than any of them.
"""


def rules_file() -> str:
    """`deploy/prometheus/rules/rooms.yml`."""
    return HEAD + "\n".join((_quiet_rule(), *map(_rule, RULES)))


def _quiet_rule() -> str:
    return _written(
        QUIET,
        f'max by ({BY}) (streamproc_room_alerts{{quiet!=""}}) > 0'
        f' unless on ({BY}) streamproc_room_alerts{{quiet=""}}',
        "90s",
        (
            f"Nobody is told: {{{{ $labels.kind }}}}, {ABOUT}",
            f"不通知: {{{{ $labels.kind }}}}, {ABOUT}",
        ),
        (
            f"It is open and follows from another alert, or somebody judged it or put it off. ({ROOM})",
            f"告警未结束, 但由另一告警引起, 或已有人判断或推迟。({ROOM})",
        ),
    )


def _rule(rule: Rule) -> str:
    zh, en = rule.runbook[0]
    return _written(
        PREFIX + rule.kind,
        f'max by ({BY}) (streamproc_room_alerts{{kind="{rule.kind}"}}) > 0',
        "1m",
        (f"{rule.en}: {ABOUT}", f"{rule.zh}: {ABOUT}"),
        (f"{en}. ({ROOM})", f"{zh}。({ROOM})"),
    )


def _written(
    name: str,
    expr: str,
    keep: str,
    summary: tuple[str, str],
    description: tuple[str, str],
) -> str:
    """A rule as YAML; texts in English and Chinese."""
    return f"""\
      - alert: {name}
        expr: {_quoted(expr)}
        keep_firing_for: {keep}
        labels:
          scope: room
        annotations:
          summary: {_quoted(summary[0])}
          description: {_quoted(description[0])}
          summary_zh: {_quoted(summary[1])}
          description_zh: {_quoted(description[1])}
          runbook_url: '{{{{ $externalLabels.runbooks }}}}/{name}.md'
          dashboard_url: {_quoted(DASHBOARD)}
"""


def cases() -> tuple[Case, ...]:
    """What each of these rules is held to: it fires for its own kind only, as urgent as the worker says."""
    of_rules = (
        _case(rule, others) for rule, others in zip(RULES, RULES[1:] + RULES[:1], strict=True)
    )
    return (_quiet_case(), *of_rules)


def _quiet_case() -> Case:
    about = {"host": "h-1", "room": "r-1", "kind": "Stockout", "subject": "p-1", "severity": "page"}
    labels = f'{W1},host="h-1",room="r-1",kind="Stockout",subject="p-1",severity="page"'
    return Case(
        QUIET,
        about,
        (
            Gauge(f'streamproc_room_alerts{{{labels},quiet="bait"}}', None, 1, 1),
            # of two broadcasts in one room somebody must look at the other one
            Gauge(f'streamproc_room_alerts{{{labels},quiet=""}}', 1, None, 1),
        ),
        silent_s=-15,
        fires_s=0,
        sick_s=120,
        keeps_s=75,
        over_s=120,
        well_s=60,
    )


def _case(rule: Rule, other: Rule) -> Case:
    severity = rule.severity.value
    # every second kind is of the whole room here
    subject = "" if RULES.index(rule) % 2 else "p-1"
    room = {"host": "h-1", "room": "r-1", "kind": rule.kind, "severity": severity}
    room |= {"subject": subject} if subject else {}
    labels = f'{W1},host="h-1",room="r-1",subject="{subject}",quiet=""'
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
