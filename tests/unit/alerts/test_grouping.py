"""Alerts of many rooms are shown as few lines, the worst first."""

from __future__ import annotations

from streamproc.alerts.grouping import grouped
from streamproc.events.outputs import Advice, AlertTransition
from tests.builders import T0


def told(
    name: str, *, session: str = "s-1", venue: str = "v-1", **fields: object
) -> AlertTransition:
    base: dict[str, object] = {
        "alert_id": name,
        "seq": 1,
        "kind": "StreamDead",
        "phase": "firing",
        "severity": "page",
        "host_id": "h-1",
        "session_id": session,
        "subject": "",
        "at_ms": T0,
        "opened_ms": T0,
        "why": "entered",
        "rule": "stream_dead",
        "rule_version": 1,
        "advice": Advice(zh="看", en="Look"),
        "venue_id": venue,
    }
    return AlertTransition(**{**base, **fields})  # type: ignore[arg-type]


def test_alerts_of_one_kind_in_one_venue_are_one_group() -> None:
    some = [told(f"a-{n}", session=f"s-{n}", opened_ms=T0 - n) for n in range(3)]

    (group,) = grouped([*some, told("b", kind="GmvStall", phase="resolved")])

    assert (group.kind, group.venue_id, group.rooms, group.opened_ms) == (
        "StreamDead",
        "v-1",
        3,
        T0 - 2,
    )
    assert [each.alert_id for each in group.alerts] == ["a-2", "a-1", "a-0"]


def test_the_worst_and_then_the_oldest_come_first() -> None:
    groups = grouped(
        [
            told("a", venue="v-1", severity="info"),
            told("b", venue="v-2", opened_ms=T0 + 1),
            told("c", venue="v-3", opened_ms=T0),
            told("d", venue="v-1", severity="ticket", session="s-2"),
        ]
    )

    assert [(group.venue_id, group.severity.value) for group in groups] == [
        ("v-3", "page"),
        ("v-2", "page"),
        ("v-1", "ticket"),
    ]


def test_only_the_latest_transition_counts_in_whichever_order() -> None:
    steps = [told("a", seq=2, phase="resolved"), told("a", seq=1), told("b", seq=1)]

    assert [group.alerts for group in grouped(steps)] == [(steps[2],)]
    assert grouped(steps[::-1]) == grouped(steps)


def test_what_follows_from_another_is_shown_with_its_cause() -> None:
    assert grouped([told("a", inhibited_by="AdapterDown")]) == []


def test_rooms_of_unknown_venues_are_not_one_venue() -> None:
    assert len(grouped([told("a", venue=""), told("b", venue="", session="s-2")])) == 2


def test_two_products_of_one_room_are_one_room() -> None:
    (group,) = grouped([told("a", subject="p:p-1"), told("b", subject="p:p-2")])

    assert (group.rooms, len(group.alerts)) == (1, 2)
