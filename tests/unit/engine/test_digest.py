"""The digest follows the state, whatever way the state was reached."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis.strategies import binary, dictionaries, lists, none, one_of, randoms, tuples

from streamproc.engine.digest import StateDigest

KEYS = binary(min_size=1, max_size=2)
VALUES = binary(max_size=3)
STATES = dictionaries(KEYS, VALUES, max_size=8)
CHANGES = lists(tuples(KEYS, one_of(none(), VALUES)), max_size=20)


def state_of(changes: list[tuple[bytes, bytes | None]]) -> dict[bytes, bytes]:
    state: dict[bytes, bytes] = {}
    for key, value in changes:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    return state


def test_the_digest_of_nothing_is_zero() -> None:
    assert StateDigest().value == 0
    assert len(StateDigest()) == 0


@given(changes=CHANGES)
def test_changing_gives_the_digest_of_the_state_that_results(
    changes: list[tuple[bytes, bytes | None]],
) -> None:
    moved = StateDigest()
    moved.update(changes)
    fresh = StateDigest(state_of(changes).items())

    assert (moved.value, len(moved)) == (fresh.value, len(fresh))


@given(state=STATES, random=randoms(use_true_random=False))
def test_order_does_not_matter(state: dict[bytes, bytes], random: Random) -> None:
    records = list(state.items())
    shuffled = list(records)
    random.shuffle(shuffled)

    assert StateDigest(shuffled).value == StateDigest(records).value


@given(changes=CHANGES)
def test_deleting_everything_leads_back_to_zero(
    changes: list[tuple[bytes, bytes | None]],
) -> None:
    digest = StateDigest()
    digest.update(changes)
    digest.update([(key, None) for key, _ in changes])

    assert (digest.value, len(digest)) == (0, 0)


@given(left=STATES, right=STATES)
def test_another_state_has_another_digest(
    left: dict[bytes, bytes], right: dict[bytes, bytes]
) -> None:
    same = StateDigest(left.items()).value == StateDigest(right.items()).value

    assert same == (left == right)


def test_a_value_that_moves_to_another_key_changes_the_digest() -> None:
    swapped = StateDigest([(b"a", b"2"), (b"b", b"1")])

    assert swapped.value != StateDigest([(b"a", b"1"), (b"b", b"2")]).value


def test_where_key_ends_and_value_begins_matters() -> None:
    assert StateDigest([(b"ab", b"c")]).value != StateDigest([(b"a", b"bc")]).value


def test_an_empty_value_is_not_a_deletion() -> None:
    assert StateDigest([(b"a", b"")]).value != 0


def test_the_digest_is_the_same_in_every_process() -> None:
    assert StateDigest([(b"\x01h", b"1"), (b"\x02l", b"2")]).value == 0xA560CFAAC635DBAC
