from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.senses import Asked

Tells = list[tuple[int, bool]]
tells = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30)


def asked(told: Tells) -> Asked:
    found = Asked()
    for user, weighs in told:
        found.comments += 1
        found.tell(user, weighs)
    return found


def counts(found: Asked) -> list[int]:
    users, weighed = found.people()
    return [found.comments, users.count(), weighed.count()]


def expected(told: Tells) -> list[int]:
    return [len(told), len({user for user, _ in told}), len({user for user, own in told if own})]


@given(told=tells)
def test_users_and_those_who_weigh_are_counted_apart(told: Tells) -> None:
    found = asked(told)

    assert counts(found) == expected(told)
    assert found.weighing() == expected(told)[2]


@given(first=tells, second=tells)
def test_two_counts_become_one_as_if_told_to_one(first: Tells, second: Tells) -> None:
    whole = asked(first)
    whole.merge(asked(second))

    assert counts(whole) == expected(first + second)


@given(first=tells, second=tells)
def test_what_is_written_is_what_was_counted_and_goes_on_alike(first: Tells, second: Tells) -> None:
    again, whole = Asked.unpack(asked(first).pack()), asked(first + second)
    for user, weighs in second:
        again.comments += 1
        again.tell(user, weighs)

    assert again.pack() == whole.pack()


@pytest.mark.parametrize("damped", [0, 7])
@pytest.mark.parametrize("cut", [0, 200, 400, 700])
def test_a_crowd_packs_alike_wherever_it_was_written(damped: int, cut: int) -> None:
    told = [(user * 2**40 + 1, damped == 0 or user % damped > 0) for user in range(900)]
    again = Asked.unpack(asked(told[:cut]).pack())
    for user, weighs in told[cut:]:
        again.comments += 1
        again.tell(user, weighs)
    half, rest = asked(told[:450]), asked(told[450:])
    half.merge(rest)

    assert again.pack() == asked(told).pack() == half.pack()
    assert rest.pack() == asked(told[450:]).pack()
    assert counts(half)[1] == pytest.approx(900, rel=0.05)
    assert counts(half)[2] == pytest.approx(expected(told)[2], rel=0.05)


@pytest.mark.parametrize("damped", [0, 300])
def test_of_a_crowd_those_who_weigh_are_counted_as_people_are(damped: int) -> None:
    crowd = [(user, True) for user in range(400)] + [
        (user, False) for user in range(400, 400 + damped)
    ]

    assert asked(crowd).weighing() == counts(asked(crowd))[2]
