from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.comments import Role
from streamproc.events.registry import EVENTS, HOSTS_TOPIC, TOPIC_OF, AnyEvent, type_of
from streamproc.events.viewers import ViewerFollowed, ViewerShared
from streamproc.tally.people import UNIQUES, WHO, Members
from streamproc.tally.uniques import Uniques, hashed
from tests.builders import comment, joined, left, liked, made, viewer_key


def told_by(event: AnyEvent) -> tuple[str, str | None]:
    index, key_of = WHO[type(event)]
    return UNIQUES[TOPIC_OF[type_of(type(event))]][index], key_of(event)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (joined(7), "viewers"),
        (left(7, watched_ms=0), "leavers"),
        (liked(viewer_key=viewer_key(7)), "active"),
        (made(ViewerFollowed, viewer_key=viewer_key(7)), "active"),
        (made(ViewerShared, viewer_key=viewer_key(7)), "active"),
        (comment(user_key=viewer_key(7)), "commenters"),
    ],
    ids=lambda each: getattr(each, "event_id", each),
)
def test_an_event_tells_of_a_person(event: AnyEvent, name: str) -> None:
    assert told_by(event) == (name, viewer_key(7))


@pytest.mark.parametrize(
    "event",
    [
        joined(viewer_key=None),
        left(),
        comment(mirrored=True),
        comment(role=Role.HOST),
        comment(role=Role.STAFF),
        comment(role=Role.OTHER),
        comment(user_key=None),
    ],
    ids=["unnamed", "unknown time", "mirrored", "host", "staff", "other", "unnamed comment"],
)
def test_some_events_tell_of_nobody(event: AnyEvent) -> None:
    assert told_by(event)[1] is None


def test_every_topic_of_broadcasts_has_its_counts() -> None:
    assert set(UNIQUES) == set(EVENTS) - {HOSTS_TOPIC}


_KEYS = st.integers(0, 400).map(viewer_key)


@given(steps=st.lists(st.lists(_KEYS, max_size=200) | st.sampled_from(["pack", "look"])))
def test_what_is_packed_depends_on_the_keys_alone(steps: list[list[str] | str]) -> None:
    members, expected = Members(2), Uniques()
    for step in steps:
        if step == "pack":
            members = Members(2, members.pack())
        elif step == "look":
            members.counts()
        else:
            members.told[1].update(dict.fromkeys(map(hashed, step)))
            for key in step:
                expected.add(hashed(key))

    packed = expected.pack() if expected.count() else None
    assert members.pack() == [None, packed]
    count = members.counts()[1]
    assert (count.count() if count else 0) == expected.count()


def test_what_is_not_looked_at_is_packed_as_it_came() -> None:
    assert Members(2, [b"any bytes", None]).pack() == [b"any bytes", None]


def test_merging_leaves_the_other_alone() -> None:
    ours, theirs = Members(2), Members(2)
    theirs.told[0][1] = None
    ours.merge(theirs.counts())
    ours.told[0][2] = None

    assert [each and each.count() for each in ours.counts()] == [2, None]
    assert [each and each.count() for each in theirs.counts()] == [1, None]
