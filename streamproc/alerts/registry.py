"""All rules of the catalogue, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from streamproc.alerts import (
    adapter_down,
    comment_storm,
    coupon_exhausted,
    gmv_stall,
    host_silent,
    negative_burst,
    order_failure_spike,
    reconcile_drift,
    refund_spike,
    source_lag,
    stockout,
    stockout_imminent,
    stream_dead,
    unanswered_questions,
    unlisted_demand,
    viewer_drop,
)
from streamproc.alerts.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    stockout.RULE,
    stockout_imminent.RULE,
    unlisted_demand.RULE,
    stream_dead.RULE,
    viewer_drop.RULE,
    gmv_stall.RULE,
    order_failure_spike.RULE,
    refund_spike.RULE,
    comment_storm.RULE,
    negative_burst.RULE,
    unanswered_questions.RULE,
    coupon_exhausted.RULE,
    host_silent.RULE,
    source_lag.RULE,
    adapter_down.RULE,
    reconcile_drift.RULE,
)
RULE_OF_KIND: Final = {rule.kind: rule for rule in RULES}
