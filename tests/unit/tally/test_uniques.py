from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cache

import pytest
from datasketches import hll_sketch, tgt_hll_type
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.tally.uniques import EXACT_MEMBERS, Uniques, hashed, union

RARE = 16  # a register of this value does not fit four bits beside one of 0
TRIED = 512
HEADER_BYTES = 40


@cache
def rare_members() -> tuple[int, ...]:
    """Hashes that a sketch keeps as exceptions, in a table whose order tells that of arrival."""
    draw, found = random.Random(7), list[int]()
    while len(found) < 12:
        found += _rare_among([draw.getrandbits(64) for _ in range(TRIED)])
    return tuple(found)


def _rare_among(members: list[int]) -> list[int]:
    sketch = hll_sketch(12, tgt_hll_type.HLL_8, True)
    for member in members:
        sketch.update(member - (1 << 64) if member >> 63 else member)
    if max(sketch.serialize_compact()[HEADER_BYTES:]) < RARE:
        return []
    if len(members) == 1:
        return members
    half = len(members) // 2
    return _rare_among(members[:half]) + _rare_among(members[half:])


@st.composite
def members(draw: st.DrawFn) -> list[int]:
    """Members around the border between a set and a sketch, some rare, some twice."""
    seed, count = draw(st.tuples(st.integers(0, 9), st.sampled_from((0, 1, 100, 250, 257, 1500))))
    drawn = random.Random(seed)
    chosen = [drawn.getrandbits(64) for _ in range(count)]
    chosen += draw(st.lists(st.sampled_from(rare_members()), max_size=12))
    chosen += draw(st.lists(st.integers(0, (1 << 64) - 1), max_size=5))
    draw(st.randoms(use_true_random=False)).shuffle(chosen)
    return chosen


def counted(those: Iterable[int]) -> Uniques:
    held = Uniques()
    for member in those:
        held.add(member)
    return held


def said(count: Uniques) -> list[int] | bytes:
    """What a count holds, whatever the order of its coming."""
    return sorted(count.told) if count.exact else count.pack()


def keys(count: int, start: int = 0) -> list[int]:
    return [hashed(f"viewer-{number}") for number in range(start, start + count)]


def test_a_count_is_exact_up_to_256_members() -> None:
    held = counted(keys(EXACT_MEMBERS) * 2)
    assert (held.exact, held.count()) == (True, EXACT_MEMBERS)

    held.add(hashed("one more"))
    assert not held.exact
    assert held.count() == pytest.approx(EXACT_MEMBERS + 1, rel=0.05)


@pytest.mark.parametrize("count", [1_000, 10_000, 100_000])
def test_a_sketch_errs_by_less_than_five_percent(count: int) -> None:
    for start in range(0, 5 * count, count):
        assert counted(keys(count, start)).count() == pytest.approx(count, rel=0.05)


def test_a_member_with_the_highest_bit_is_not_taken_for_a_float() -> None:
    # Neighbours up there are the same float.
    assert counted(range((1 << 64) - 1000, 1 << 64)).count() == pytest.approx(1000, rel=0.05)


def test_a_key_stands_for_its_utf_8() -> None:
    assert hashed("大娘") == hashed("大娘".encode().decode()) != hashed("大姐")
    assert hashed("") == 0x2D06800538D394C2  # the published value of the empty input


@settings(deadline=None)
@given(members(), st.integers(1, 60))
def test_packing_on_the_way_changes_no_byte(those: list[int], every: int) -> None:
    straight, packed = Uniques(), Uniques()
    for number, member in enumerate(those):
        straight.add(member)
        packed.add(member)
        if number % every == 0:
            packed = Uniques.unpack(packed.pack())

    assert packed.pack() == straight.pack() == Uniques.unpack(straight.pack()).pack()
    assert (packed.count(), packed.exact) == (straight.count(), straight.exact)


@settings(deadline=None)
@given(members(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_a_count(
    those: list[int], draw: random.Random
) -> None:
    mixed = those + those[: len(those) // 2]
    draw.shuffle(mixed)

    assert said(counted(mixed)) == said(counted(those))
    assert counted(those).exact == (len(set(those)) <= EXACT_MEMBERS)


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=EXACT_MEMBERS))
def test_repetition_is_not_packed(those: list[int]) -> None:
    assert counted(those + those).pack() == counted(those).pack()


@settings(deadline=None)
@given(members(), members(), members())
def test_merging_is_commutative_associative_and_idempotent(
    one: list[int], two: list[int], three: list[int]
) -> None:
    a, b, c = counted(one), counted(two), counted(three)
    whole = said(counted(one + two + three))

    assert said(union([a, b, c])) == said(union([c, b, a])) == whole
    assert said(union([a, union([b, c])])) == said(union([union([a, b]), c])) == whole
    assert said(union([a, a])) == said(a) == said(counted(one))


@settings(deadline=None)
@given(members(), members())
def test_a_union_leaves_its_parts_alone(one: list[int], two: list[int]) -> None:
    a, b = counted(one), counted(two)
    before = (a.pack(), b.pack())
    whole = union([a, b])
    whole.add(1)

    assert (a.pack(), b.pack()) == before


@pytest.mark.parametrize(("count", "at_most_bytes"), [(0, 1), (256, 1 + 256 * 8), (100_000, 2200)])
def test_a_packed_count_stays_small(count: int, at_most_bytes: int) -> None:
    assert len(counted(keys(count)).pack()) <= at_most_bytes


@given(st.lists(st.lists(st.integers(0, 500), max_size=300), max_size=5))
def test_members_told_without_a_call_are_counted_as_if_one_by_one(told: list[list[int]]) -> None:
    together, apart = Uniques(), Uniques()
    for behind, those in enumerate(told, start=1):
        together.told.update(dict.fromkeys(those))
        assert together.exact == (len(set().union(*told[:behind])) <= 256)
        together.count()
        for member in those:
            apart.add(member)

    assert together.pack() == apart.pack()
    assert together.exact == apart.exact
