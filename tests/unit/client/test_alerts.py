from __future__ import annotations

from streamproc.client.alerts import KEPT_MS, AlertReader
from streamproc.events.outputs import Advice, AlertTransition, encoded

AT_MS = 1_795_262_400_000


def step(alert_id: str, seq: int, phase: str, at_ms: int = AT_MS) -> bytes:
    return encoded(
        AlertTransition(
            alert_id=alert_id,
            seq=seq,
            kind="StreamDead",
            phase=phase,
            severity="page",
            host_id="h-1",
            session_id="s-1",
            subject="",
            at_ms=at_ms,
            opened_ms=at_ms,
            why="entered",
            rule="stream_dead",
            rule_version=1,
            advice=Advice(zh="看", en="look"),
        )
    )


def test_what_is_open_comes_in_the_order_in_which_it_opened() -> None:
    reader = AlertReader()
    for value in (
        step("a-2", 1, "firing", AT_MS + 1),
        step("a-1", 1, "resolving", AT_MS),
        step("a-3", 1, "resolved", AT_MS),
    ):
        reader.take(value)

    assert [each.alert_id for each in reader.open()] == ["a-1", "a-2"]


def test_what_has_been_over_for_a_day_is_forgotten_and_what_is_open_is_not() -> None:
    reader = AlertReader()
    reader.take(step("a-1", 2, "resolved"))
    reader.take(step("a-2", 1, "firing"))
    reader.take(step("a-3", 1, "firing", AT_MS + 2 * KEPT_MS))

    assert set(reader.alerts) == {"a-2", "a-3"}
