"""What people said of alerts, as labelled data: one row for each alert that has a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, Final

from msgspec import json, to_builtins

from streamproc.events.outputs import AlertTransition
from streamproc.replay.tables import Row, Table, table_of

_encode: Final = json.Encoder(order="sorted").encode


def verdict_table(steps: Iterable[AlertTransition], zone: tzinfo) -> Table:
    """The alerts that somebody judged, each as it stood when it was judged last.

    Shapes: ``steps`` in any order, also twice; by the time they opened. ``inputs`` are the numbers that
        decided and ``comments`` what was shown, both as JSON; comments are masked, and nobody is named.
    """
    judged: dict[str, AlertTransition] = {}
    for step in steps:
        if step.verdict is None:
            continue
        held = judged.get(step.alert_id)
        # later steps carry the verdict on; what the judge saw is the step that took it
        if held is None or (step.why == "judged", step.seq) > (held.why == "judged", held.seq):
            judged[step.alert_id] = step
    ordered = sorted(judged.values(), key=lambda each: (each.opened_ms, each.alert_id))
    return table_of(_SHAPE, [_row(each) for each in ordered], (), zone)


def _row(step: AlertTransition) -> Row:
    evidence = step.evidence
    texts = {
        "alert_id": step.alert_id,
        "kind": step.kind,
        "verdict": step.verdict or "",
        "state": step.state,
        "severity": step.severity,
        "host_id": step.host_id,
        "session_id": step.session_id,
        "subject": step.subject,
        "product_id": step.product_id or "",
        "product_title": step.product_title or "",
        "product_via": step.product_via or "",
        "rule": step.rule,
        "lexicon_version": step.lexicon_version or "",
        "inputs": _text(evidence.inputs),
        "comments": _text([to_builtins(each) for each in evidence.comments]),
    }
    counts = {
        "episode": step.episode,
        "seq": step.seq,
        "rule_version": step.rule_version,
        "users": evidence.users,
    }
    return Row(texts, counts, {"opened": step.opened_ms, "judged": step.at_ms}, {})


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    return _encode(value).decode()


_SHAPE: Final = Row(
    dict.fromkeys(
        (
            *("alert_id", "kind", "verdict", "state", "severity", "host_id", "session_id"),
            *("subject", "product_id", "product_title", "product_via", "rule"),
            *("lexicon_version", "inputs", "comments"),
        ),
        "",
    ),
    dict.fromkeys(("episode", "seq", "rule_version", "users")),
    dict.fromkeys(("opened", "judged")),
    {},
)
