"""Claims, verdicts, gaps and healing, one rule at a time."""

from __future__ import annotations

import pytest

from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY
from streamproc.engine.ownership import Claiming, Gap, Ownership, Verdict, Writer
from streamproc.engine.stamp import EPOCH_SIZE, ZERO, Epoch, stamp
from streamproc.errors import ChangelogLost, Fenced

WHERE = "changelog, partition 0"
A, B = b"\x01a", b"\x01b"
EPOCH = Epoch(0, 5, 0, 100, 1)
LOWER, HIGHER = stamp(EPOCH._replace(generation=4), 9), stamp(EPOCH._replace(generation=6), 0)


def meet(claiming: Claiming, *records: tuple[bytes, bytes], claim_at: int | None = None) -> None:
    """Read records that stand before the claim, and the claim itself."""
    reader = claiming.reader
    keys = [key for key, _ in records]
    stamps = [stamp for _, stamp in records]
    claim_offset = reader.next_offset + len(records) if claim_at is None else claim_at
    claiming.claimed(claim_offset)
    reader.absorb(
        [*keys, CLAIM_KEY],
        [b"v"] * (len(records) + 1),
        [*stamps, claiming.stamp],
        claim_offset + 1,
    )


def owned(applied_offset: int = 10, heal: set[bytes] | None = None) -> Ownership:
    return Ownership(EPOCH, applied_offset, heal or set())


# A writer and its claims.


def test_no_two_epochs_of_a_process_are_equal() -> None:
    writer = Writer(100)

    assert len({writer.epoch(0, 1, 0) for _ in range(10)}) == 10


def test_a_later_claim_of_a_process_outranks_its_earlier_one() -> None:
    writer = Writer(100)
    first = writer.epoch(0, 1, 0)

    assert writer.epoch(0, 1, 0) > first


def test_the_claims_stamp_is_below_every_flush_under_it() -> None:
    claiming = Claiming(Writer(100), 5)
    claim = claiming.stamp
    meet(claiming)
    ownership = claiming.own()

    assert claim[:EPOCH_SIZE] == claiming.epoch.encode()
    assert claim < ownership.next_stamp() < ownership.next_stamp()


def test_a_claim_is_read_through_only_with_the_claim_itself() -> None:
    claiming = Claiming(Writer(100), 5)
    claiming.reader.absorb([], [], [], 8)
    assert not claiming.read_through  # nobody knows yet where the claim is

    claiming.claimed(8)
    assert not claiming.read_through

    claiming.reader.absorb([CLAIM_KEY], [b""], [claiming.stamp], 9)
    assert claiming.read_through


def test_a_claim_above_everything_read_is_owned() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming, (A, LOWER), (B, ZERO))

    assert claiming.verdict() is Verdict.OWNED


def test_a_claim_in_an_empty_log_is_owned() -> None:
    claiming = Claiming(Writer(100), 0)
    meet(claiming)

    assert claiming.verdict() is Verdict.OWNED
    assert claiming.own().applied_offset == 0


def test_a_higher_generation_before_the_claim_outranks_it() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming, (A, HIGHER))

    assert claiming.verdict() is Verdict.OUTRANKED


def test_outranked_by_its_own_generation_it_takes_the_next_attempt() -> None:
    claiming = Claiming(Writer(100), 5)
    rival = EPOCH._replace(attempt=2, writer_started_us=900)
    meet(claiming, (A, stamp(rival, 7)))
    claiming.raise_epoch()

    assert claiming.epoch[:3] == (0, 5, 3)
    assert claiming.epoch > rival
    assert not claiming.read_through


def test_outranked_by_a_higher_generation_it_raises_the_incarnation() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming, (A, HIGHER))
    claiming.raise_epoch()
    meet(claiming)

    assert claiming.epoch[:3] == (1, 5, 0)
    assert claiming.verdict() is Verdict.OWNED


def test_a_restart_stays_in_the_incarnation_that_it_finds() -> None:
    for rival, expected in [
        (Epoch(3, 4, 2, 900, 1), (3, 5, 0)),
        (Epoch(3, 5, 2, 900, 1), (3, 5, 3)),
    ]:
        claiming = Claiming(Writer(100), 5)
        meet(claiming, (A, stamp(rival, 7)))
        claiming.raise_epoch()
        meet(claiming)

        assert claiming.epoch[:3] == expected
        assert claiming.verdict() is Verdict.OWNED


def test_a_claim_of_a_state_that_begins_anew_is_of_the_incarnation_asked_for_or_a_later_one() -> (
    None
):
    writer = Writer(100)
    claiming = Claiming(writer, 5)
    meet(claiming)
    claiming.begin_anew(4)
    meet(claiming)

    assert claiming.epoch[:3] == (4, 5, 0)
    assert claiming.verdict() is Verdict.OWNED
    later = Claiming(writer, 6)
    later.begin_anew(2)
    assert later.epoch[:2] == (4, 6)


def test_a_raised_incarnation_stays_with_the_process() -> None:
    writer = Writer(100)
    claiming = Claiming(writer, 5)
    meet(claiming, (A, stamp(Epoch(3, 9, 0, 0, 0), 1)))
    claiming.raise_epoch()

    assert Claiming(writer, 6).epoch[:2] == (4, 6)


def test_nobody_behind_the_claim_may_outrank_it() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming)

    with pytest.raises(Fenced) as fenced:
        claiming.read_on([A, CLAIM_KEY], [b"1", b""], [LOWER, HIGHER], 3, where=WHERE)
    assert fenced.value.where == WHERE


def test_a_zombie_behind_the_claim_is_ignored_and_its_keys_are_owed_a_healing() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming)
    claiming.read_on([A, CLAIM_KEY, FENCE_KEY], [b"9", b"", b""], [LOWER] * 3, 4, where=WHERE)
    ownership = claiming.own()

    assert claiming.reader.state == {}
    assert ownership.heal == {A, CLAIM_KEY, FENCE_KEY}
    assert ownership.applied_offset == 3


# What is owned.


def test_flushes_are_numbered_from_one_under_the_epoch() -> None:
    ownership = owned()

    assert [ownership.next_stamp(), ownership.next_stamp()] == [stamp(EPOCH, 1), stamp(EPOCH, 2)]


def test_a_flush_right_behind_the_last_offset_has_no_gap() -> None:
    assert owned(10).gap_before(11, where=WHERE) is None


def test_what_stands_before_a_flush_is_its_gap() -> None:
    assert owned(10).gap_before(14, where=WHERE) == Gap(11, 14)


@pytest.mark.parametrize("base_offset", [0, 8, 10])
def test_a_flush_that_lands_where_the_state_already_was_shows_a_lost_changelog(
    base_offset: int,
) -> None:
    with pytest.raises(ChangelogLost, match="goes up to 10") as lost:
        owned(10).gap_before(base_offset, where=WHERE)
    assert lost.value.where == WHERE
    assert "rebuild" in lost.value.hint


def test_a_late_copy_of_our_own_flush_is_a_gap_and_no_loss() -> None:
    ownership = owned(10)
    first = ownership.next_stamp()
    ownership.landed(11, 2)
    gap = ownership.gap_before(15, where=WHERE)
    ownership.meet([A, FENCE_KEY], [first, first], where=WHERE)
    ownership.landed(15, 2)

    assert gap == Gap(13, 15)
    assert ownership.heal == {A, FENCE_KEY}
    assert ownership.applied_offset == 16


def test_a_partition_nobody_wrote_to_begins_without_a_gap() -> None:
    assert owned(-1).gap_before(0, where=WHERE) is None


def test_a_higher_epoch_in_the_gap_makes_us_the_zombie() -> None:
    ownership = owned()

    with pytest.raises(Fenced):
        ownership.meet([A, B], [LOWER, HIGHER], where=WHERE)


@pytest.mark.parametrize(
    "rival",
    [
        EPOCH._replace(attempt=1),
        EPOCH._replace(writer_started_us=101),
        EPOCH._replace(claim_number=2),
        EPOCH._replace(incarnation=1, generation=0),
    ],
)
def test_any_part_of_the_epoch_outranks(rival: Epoch) -> None:
    with pytest.raises(Fenced):
        owned().meet([CLAIM_KEY], [stamp(rival, 0)], where=WHERE)


def test_whatever_else_stands_in_the_gap_is_written_again() -> None:
    ownership = owned()
    ownership.meet([A, CLAIM_KEY, B], [LOWER, ZERO, stamp(EPOCH, 1)], where=WHERE)

    assert ownership.heal == {A, B, CLAIM_KEY}
    assert ownership.stale_records == 3


def test_an_empty_gap_of_compacted_records_means_nothing() -> None:
    ownership = owned()
    ownership.meet([], [], where=WHERE)

    assert (ownership.heal, ownership.stale_records) == (set(), 0)


def test_keys_to_heal_are_handed_out_once() -> None:
    ownership = owned(heal={A})
    ownership.meet([B], [LOWER], where=WHERE)

    assert ownership.take_heal() == {A, B}
    assert ownership.take_heal() == set()
    assert ownership.healed_keys == 2


def test_a_key_met_again_after_its_healing_is_owed_another() -> None:
    ownership = owned(heal={A})
    ownership.take_heal()
    ownership.meet([A], [LOWER], where=WHERE)

    assert ownership.heal == {A}


def test_a_landed_flush_moves_to_its_last_record() -> None:
    ownership = owned(10)
    ownership.landed(14, 3)

    assert ownership.applied_offset == 16
    assert ownership.gap_before(17, where=WHERE) is None


def test_what_was_looked_at_is_no_gap_later() -> None:
    ownership = owned(10)
    ownership.looked(15)

    assert ownership.applied_offset == 14
    assert ownership.gap_before(15, where=WHERE) is None


def test_the_applied_offset_never_goes_back() -> None:
    ownership = owned(10)
    ownership.looked(5)
    ownership.landed(3, 2)

    assert ownership.applied_offset == 10


def test_the_healing_owed_is_not_shared_with_the_reader() -> None:
    claiming = Claiming(Writer(100), 5)
    meet(claiming)
    ownership = claiming.own()
    claiming.reader.stale.add(A)

    assert ownership.heal == set()
