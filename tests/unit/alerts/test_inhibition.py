"""What follows from what makes sense as a whole."""

from __future__ import annotations

from streamproc.alerts.inhibition import CAUSES, KINDS, order
from streamproc.alerts.model import ROOM


def test_no_kind_follows_from_one_behind_it() -> None:
    backwards = [
        (cause.kind, kind)
        for cause in CAUSES
        for kind in cause.follows
        if kind in KINDS and KINDS.index(kind) <= KINDS.index(cause.kind)
    ]

    assert backwards == []


def test_causes_are_judged_before_what_follows_from_them() -> None:
    keys = [("GmvStall", ROOM), ("StreamDead", ROOM), ("AdapterDown", "s:douyin")]

    assert sorted(keys, key=order) == keys[::-1]


def test_everything_but_itself_follows_from_a_connector_that_is_down() -> None:
    named = {kind for cause in CAUSES for kind in (cause.kind, *cause.follows)}

    assert CAUSES[0].follows == named - {"AdapterDown"}
