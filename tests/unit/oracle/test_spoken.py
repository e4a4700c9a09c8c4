"""What host and staff say, as the oracle keeps it."""

from __future__ import annotations

from xxhash import xxh3_64_hexdigest

from streamproc.events.comments import Role
from tests.builders import T0
from tests.unit.oracle.meant import said, told

SPOKEN = [
    ["host", ["stockout_report"], "p:p-1"],
    *(["staff", [label], ""] for label in ("recovered", "restock_request", "praise")),
    ["host", ["availability_question"], ""],
]


def test_host_and_staff_tell_facts_and_count_nowhere() -> None:
    events = [
        said("s out L", None, role=Role.HOST, event_id="a"),
        said("in", 2, T0 + 1, role=Role.STAFF, event_id="b"),
        said("r", 2, T0 + 2, role=Role.STAFF, event_id="c"),
        said("p un ?", 2, T0 + 3, role=Role.STAFF),
        said("a", 2, T0 + 4, role=Role.HOST),
    ]

    assert told(*events) == {
        "facts": [
            [T0, 0, "host", "out", "p:p-1", xxh3_64_hexdigest(b"a"), "s out L"],
            [T0 + 1, 1, "staff", "in", "", xxh3_64_hexdigest(b"b"), "in"],
            [T0 + 2, 2, "staff", "unknown", "", xxh3_64_hexdigest(b"c"), "r"],
        ],
        "spoken": [[T0 + n, n, *said] for n, said in enumerate(SPOKEN)],
    }


def test_the_newest_sixteen_facts_are_kept_however_they_come() -> None:
    facts = [said("s", None, T0 + at, role=Role.HOST) for at in (20, *range(17), 16)]

    kept = told(*facts)["facts"]
    assert [fact[:2] for fact in kept] == [
        *[[T0 + at, at + 1] for at in range(3, 17)],
        [T0 + 16, 18],
        [T0 + 20, 0],
    ]


def test_of_what_host_and_staff_say_the_newest_of_32_things_are_kept_however_they_come() -> None:
    spoken = [said(f"hello #{n + 1}", None, T0 + 99 - n, role=Role.HOST) for n in range(40)]
    again = said("hello #40", None, T0 + 100, role=Role.STAFF)

    kept = told(*spoken, again)["spoken"]
    assert [each[0] - T0 for each in kept] == [*range(69, 100), 100]
    assert kept[-1] == [T0 + 100, 40, "staff", [], "l:40"]
    assert kept[-2] == [T0 + 99, 0, "host", [], "l:1"]
