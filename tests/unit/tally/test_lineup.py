from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.lineup import (
    LINKS,
    PINS,
    Link,
    Pin,
    linked,
    numbers_of,
    with_link,
    with_pin,
)

SETTLED_MS = 120_000


def links_of(*told: Link) -> list[Link]:
    links: list[Link] = []
    for each in told:
        links = with_link(links, each)
    return links


def pins_of(*told: Pin) -> list[Pin]:
    pins: list[Pin] = []
    for each in told:
        pins = with_pin(pins, each)
    return pins


def test_a_number_stands_for_what_was_listed_last_before_a_time() -> None:
    links = links_of((10, 3, "a"), (20, 3, "b"))

    assert [linked(links, 3, at_ms) for at_ms in (9, 10, 19, 20, 99)] == [None, "a", "a", "b", "b"]
    assert linked(links, 4, 99) is None


def test_a_number_given_to_another_product_frees_it_from_the_former() -> None:
    assert numbers_of(links_of((10, 3, "a"), (20, 3, "b"))) == {"b": 3}


def test_a_product_that_moves_to_another_number_frees_the_former() -> None:
    links = links_of((10, 3, "a"), (20, 5, "a"))

    assert numbers_of(links) == {"a": 5}
    assert [linked(links, 3, at_ms) for at_ms in (15, 25)] == ["a", None]
    assert linked(links, 5, 25) == "a"


def test_what_tells_nothing_new_is_kept_while_something_may_come_before_it() -> None:
    links = links_of((10, 3, "a"), (20, 3, "a"), (15, 3, "b"))
    assert [linked(links, 3, at_ms) for at_ms in (15, 20)] == ["b", "a"]

    settled = links_of(*[(at, 3, "a") for at in (10, 20, 30)], (21 + SETTLED_MS, 4, "b"))
    assert settled == [(10, 3, "a"), (30, 3, "a"), (21 + SETTLED_MS, 4, "b")]


def test_what_comes_very_late_does_not_undo_what_was_said_since() -> None:
    links = links_of(*[(at, 3, "a") for at in (10, 20, 30)], (31 + SETTLED_MS, 4, "b"))
    links = with_link(links, (15, 3, "c"))
    pins = pins_of(*[(at, "a") for at in (10, 20, 30)], (31 + SETTLED_MS, "a"), (15, "b"))

    assert numbers_of(links) == {"a": 3, "b": 4}
    assert [product for _, product in pins] == ["a", "b", "a"]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4), st.sampled_from("abc")), max_size=30),
    st.randoms(use_true_random=False),
)
def test_links_tell_the_same_in_whatever_order_they_come(told: list[Link], chance: Random) -> None:
    other = told.copy()
    chance.shuffle(other)

    assert links_of(*other) == links_of(*told)


@given(
    st.lists(
        st.tuples(st.integers(0, 900_000), st.integers(1, 4), st.sampled_from("abc")), max_size=60
    )
)
def test_what_is_left_out_changes_no_answer(told: list[Link]) -> None:
    told.sort()
    links = links_of(*told)

    for at_ms, number, _ in told:
        for when in (at_ms - 1, at_ms):
            assert linked(links, number, when) == linked(sorted(told), number, when)


def test_what_stands_now_is_never_left_out() -> None:
    first = (0, 1, "a")
    many = [(at, 2, f"p-{at}") for at in range(1, 3 * LINKS)]
    links = links_of(first, *many)

    assert len(links) == LINKS
    assert numbers_of(links) == {"a": 1, f"p-{3 * LINKS - 1}": 2}
    assert linked(links, 2, 3 * LINKS - 5) == f"p-{3 * LINKS - 5}"


def test_a_product_pinned_again_is_one_pin_once_that_is_settled() -> None:
    again = [(at, "a") for at in range(0, 10 * SETTLED_MS, SETTLED_MS // 4)]

    assert pins_of(*again)[0] == (0, "a")
    assert len(pins_of(*again)) == 6
    assert pins_of(*again)[-1] == again[-1]


def test_the_newest_pins_are_kept() -> None:
    pins = pins_of(*[(at, f"p-{at % 7}") for at in range(2 * PINS)])

    assert pins == [(at, f"p-{at % 7}") for at in range(PINS, 2 * PINS)]


@pytest.mark.parametrize("seed", range(3))
def test_pins_tell_the_same_in_whatever_order_they_come(seed: int) -> None:
    told = [(at * 1_000, f"p-{at % 3}") for at in range(40)]
    other = told.copy()
    Random(seed).shuffle(other)

    assert pins_of(*other) == pins_of(*told)
