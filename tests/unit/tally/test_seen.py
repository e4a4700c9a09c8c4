from __future__ import annotations

import random
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.seen import FREE, Seen

HASHES = st.one_of(
    st.integers(1, 2**64 - 1),
    # They share their first place, at the begin, in the middle and at the end of any table.
    *(st.integers(first, first + 20) for first in (1, 2**63, 2**64 - 21)),
)


class Noted:
    """What a stream does: notes hashes in lists, and holds some of these alone."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.lists = [array("Q")]
        self.hold(0)

    def hold(self, first: int) -> None:
        self.lists = [*self.lists[first:], array("Q")]
        self.seen.hold(self.lists)

    def add(self, hashed: int) -> None:
        was_seen = hashed in self.seen
        is_new = self.seen.add(hashed)
        assert is_new is not was_seen
        if is_new:
            self.lists[-1].append(hashed)

    def expected(self) -> set[int]:
        return {hashed for each in self.lists for hashed in each}

    def places_taken(self) -> int:
        return sum(held != FREE for held in self.seen.table)


def test_nothing_was_seen_by_a_new_one() -> None:
    assert 1 not in Seen()
    assert 2**64 - 1 not in Seen()


@given(st.lists(st.one_of(HASHES, st.lists(HASHES, max_size=300), st.just("forget")), max_size=30))
def test_it_has_seen_what_was_put_in_since_it_forgot(steps: list[int | list[int] | str]) -> None:
    noted = Noted()
    asked: set[int] = set()
    for step in steps:
        if isinstance(step, str):
            noted.hold(len(noted.lists) // 2)
        else:
            for hashed in [step] if isinstance(step, int) else step:
                asked.update((hashed, hashed ^ 1, 2**64 - hashed))
                noted.add(hashed)
        expected = noted.expected()
        assert {each for each in asked if each in noted.seen} == expected & asked
        assert noted.places_taken() == len(expected) <= len(noted.seen.table) / 2


@pytest.mark.parametrize("count", [1, 99, 100, 101, 2_047, 5_000])
def test_what_is_laid_out_at_once_is_what_is_put_in_one_by_one(count: int) -> None:
    rng = random.Random(count)
    hashes = [rng.getrandbits(64) | 1 for _ in range(count)]
    hashes += [2**64 - 1 - each for each in range(0, 40, 2)]  # more than end in the last places
    one_by_one, at_once = Noted(), Seen()
    for hashed in hashes:
        one_by_one.add(hashed)
    at_once.hold([array("Q", hashes[::2]), array("Q"), array("Q", hashes[1::2])])

    assert all(each in at_once and each in one_by_one.seen for each in hashes)
    assert not any(each - 1 in at_once for each in hashes)
    assert at_once.room == len(at_once.table) // 2 - len(hashes) > 0


def test_an_id_that_was_told_twice_is_held_once_or_twice() -> None:
    seen = Seen()
    seen.hold([array("Q", range(1, 200)), array("Q", range(1, 200))])

    assert all(each in seen for each in range(1, 200))
    assert 200 not in seen


def test_a_hash_takes_less_than_half_the_memory_that_it_takes_in_a_dictionary() -> None:
    rng = random.Random(1)
    for count in (1_000, 50_000, 400_000):
        noted = Noted()
        for _ in range(count):
            noted.add(rng.getrandbits(64) | 1)
        as_dictionary = sys.getsizeof(dict.fromkeys(noted.lists[-1])) + 36 * count
        assert 2 * sys.getsizeof(noted.seen.table) < as_dictionary
