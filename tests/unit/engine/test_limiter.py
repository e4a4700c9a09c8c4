"""When a source partition pauses because too much of it cannot be used."""

from __future__ import annotations

from streamproc.engine.limiter import DeadLetterLimiter


def limiter(window_records: int = 100, in_a_row_max: int = 5) -> DeadLetterLimiter:
    return DeadLetterLimiter(
        ratio_max=0.10, window_records=window_records, in_a_row_max=in_a_row_max
    )


def test_one_bad_record_on_a_quiet_topic_pauses_nothing() -> None:
    assert limiter().passed(1, [0]) is None


def test_a_run_of_bad_records_pauses_across_batches() -> None:
    watched = limiter()

    assert watched.passed(4, [1, 2, 3]) is None
    assert watched.passed(2, [0, 1]) == "5 records in a row cannot be used"


def test_a_good_record_between_ends_the_run() -> None:
    watched = limiter()

    assert watched.passed(4, [1, 2, 3]) is None
    assert watched.passed(3, [1, 2]) is None
    assert watched.passed(2, []) is None
    assert watched.passed(4, [0, 1, 2, 3]) is None


def test_a_run_in_the_middle_of_a_batch_is_seen() -> None:
    assert limiter().passed(20, [7, 8, 9, 10, 11]) is not None


def test_the_share_counts_once_the_window_is_full() -> None:
    watched = limiter(in_a_row_max=1000)

    assert watched.passed(50, list(range(0, 40, 4))) is None
    assert watched.passed(50, []) is None
    assert watched.passed(10, [0, 9]) == "12 of the last 110 records cannot be used"


def test_old_batches_leave_the_window() -> None:
    watched = limiter(in_a_row_max=1000)
    watched.passed(100, list(range(0, 20, 2)))

    assert watched.passed(100, []) is None
    assert watched.passed(100, list(range(0, 20, 2))) is None
    assert watched.passed(100, list(range(0, 22, 2))) is not None
