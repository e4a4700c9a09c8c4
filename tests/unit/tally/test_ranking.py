"""Places on a board, and who is ahead of equals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.ranking import Place, Score, ranked, score_of

SCORES = st.lists(
    st.builds(
        Score,
        st.sampled_from([f"h-{number}" for number in range(8)]),
        st.integers(-2, 3),
        st.none() | st.integers(0, 2).map(lambda minute: minute * 60_000),
    ),
    unique_by=lambda score: score.host_id,
)


def test_of_equal_values_the_one_reached_first_is_ahead() -> None:
    board = ranked(
        [Score("h-a", 500, 120_000), Score("h-b", 500, 60_000), Score("h-c", 900, 180_000)]
    )

    assert [(place.rank, place.host_id) for place in board] == [(1, "h-c"), (2, "h-b"), (3, "h-a")]


def test_equal_in_value_and_minute_share_a_rank_and_the_next_is_left_out() -> None:
    board = ranked(
        [Score(host, 5, 0) for host in ("h-c", "h-b")] + [Score("h-a", 4, 0), Score("h-d", 9, 0)]
    )

    assert [(place.rank, place.host_id) for place in board] == [
        (1, "h-d"),
        (2, "h-b"),
        (2, "h-c"),
        (4, "h-a"),
    ]


def test_a_fall_moves_the_value_and_not_the_minute_it_was_reached() -> None:
    assert score_of("h-1", {0: 100, 60_000: 50, 120_000: -20}) == Score("h-1", 130, 60_000)
    assert score_of("h-1", {0: -5}) == Score("h-1", -5, None)


def test_who_never_rose_had_nothing_from_the_start() -> None:
    board = ranked([Score("h-rose", 0, 60_000), Score("h-still", 0, None)])

    assert [(place.rank, place.host_id) for place in board] == [(1, "h-still"), (2, "h-rose")]


@given(SCORES, st.randoms(use_true_random=False))
def test_a_board_is_the_same_in_any_order_and_ranks_count_who_is_ahead(
    scores: list[Score], random: object
) -> None:
    shuffled = list(scores)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random

    board = ranked(scores)

    assert ranked(shuffled) == board
    assert [place.value for place in board] == sorted((s.value for s in scores), reverse=True)
    for place in board:
        assert place.rank == 1 + sum(ahead(other, place) for other in board)


def ahead(one: Place, other: Place) -> bool:
    def first(place: Place) -> int:
        return -1 if place.reached_ms is None else place.reached_ms

    return (-one.value, first(one)) < (-other.value, first(other))
