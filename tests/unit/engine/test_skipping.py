"""Where to begin to read a changelog, and when it is not content with what it read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, VERSION, Fence
from streamproc.engine.ownership import Claiming, Writer
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.skipping import TAIL_RECORDS, first_offsets, tails, verified
from streamproc.engine.stamp import Epoch, stamp

CLAIMED_AT = 1_000
BY = stamp(Epoch(0, 1, 0, 1, 1), 1)


def fence(whole_from: int = 0, *, version: int = VERSION, digest: int = 0) -> bytes:
    return Fence(version, digest, {}, "worker 1", 12, whole_from).encode()


async def begins(*pieces: Sequence[tuple[int, bytes, bytes | None]]) -> int:
    """Where to begin by what a log of one partition holds before and behind a claim."""
    left = [*pieces, [(CLAIMED_AT, CLAIM_KEY, b"")]]

    async def read(_: Mapping[int, int]) -> dict[int, RawRecords]:
        offsets, keys, values = zip(*left.pop(0), strict=True)
        raw = RawRecords(begin_offset=offsets[0], next_offset=offsets[-1] + 1)
        raw.offsets, raw.keys, raw.values = list(offsets), list(keys), list(values)
        return {3: raw}

    return (await first_offsets(read, {3: CLAIMED_AT}))[3]


def test_the_records_just_before_the_claim_are_looked_through() -> None:
    assert tails({3: CLAIMED_AT, 4: 5}) == {3: CLAIMED_AT - TAIL_RECORDS, 4: 5 - TAIL_RECORDS}


async def test_of_an_empty_log_nothing_is_waited_for() -> None:
    async def read(_: Mapping[int, int]) -> dict[int, RawRecords]:
        raise AssertionError

    assert await first_offsets(read, {3: 0}) == {3: 0}


async def test_the_newest_fence_before_the_claim_says_where_to_begin() -> None:
    older, newer = (990, FENCE_KEY, fence(100)), (995, FENCE_KEY, fence(200))

    assert await begins([older], [(991, b"\x01a", b"1"), newer]) == 200


async def test_a_fence_behind_the_claim_is_somebody_else_s() -> None:
    behind = (CLAIMED_AT + 1, FENCE_KEY, fence(500))

    found = await begins([(995, FENCE_KEY, fence(200)), (CLAIMED_AT, CLAIM_KEY, b""), behind])

    assert found == 200


async def test_all_is_read_where_no_fence_says_otherwise() -> None:
    assert await begins() == 0
    assert await begins([(995, b"\x01a", b"1")]) == 0
    assert await begins([(995, FENCE_KEY, fence())]) == 0


async def test_all_is_read_where_a_fence_cannot_be_right_or_cannot_be_read() -> None:
    for value in (fence(996), b"?", fence(200, version=VERSION + 1), None):
        assert await begins([(995, FENCE_KEY, value)]) == 0


def read_in_part(records: Mapping[bytes, bytes]) -> Claiming:
    claim = Claiming(Writer(1), 1)
    claim.read_from(200)
    claim.reader.absorb(list(records), list(records.values()), [BY] * len(records), CLAIMED_AT)
    return claim


def test_a_state_with_the_digest_of_its_fence_is_whole() -> None:
    digest = StateDigest([(b"\x01a", b"1")]).value
    claim = read_in_part({b"\x01a": b"1", FENCE_KEY: fence(200, digest=digest)})

    found = verified(claim.reader, claim.first_offset)

    assert found is not None
    assert found.value == digest
    assert claim.first_offset == 200


def test_a_state_of_another_digest_or_without_a_fence_is_not() -> None:
    another = fence(200, digest=7)
    for records in ({b"\x01a": b"1", FENCE_KEY: another}, {b"\x01a": b"1"}, {}, {FENCE_KEY: b"?"}):
        assert verified(read_in_part(records).reader, 200) is None


async def test_what_a_zombie_wrote_is_not_though_another_zombie_says_where_to_begin() -> None:
    whole = StateDigest([(b"\x01a", b"1")]).value
    zombie, owner, next_owner = (stamp(Epoch(0, n, 0, n, 1), 1) for n in (1, 2, 3))
    log = [
        (198, CLAIM_KEY, b"", owner),
        (199, FENCE_KEY, fence(150, digest=7), owner),
        (200, b"\x01a", b"1", zombie),
        (201, FENCE_KEY, fence(100, digest=whole), zombie),
        (202, CLAIM_KEY, b"", next_owner),
        (203, FENCE_KEY, fence(200, digest=7), owner),
    ]
    first = await begins([(offset, key, value) for offset, key, value, _ in log])
    behind = [each for each in log if each[0] >= first]
    claim = Claiming(Writer(1), 1)
    claim.read_from(first)
    claim.reader.absorb(
        [key for _, key, _, _ in behind],
        [value for _, _, value, _ in behind],
        [by for *_, by in behind],
        CLAIMED_AT,
    )

    assert first == 200
    assert claim.reader.verified_digest(claim.reader.fence(where=""), where="").value == whole
    assert verified(claim.reader, first) is None


def test_whoever_reads_again_forgets_what_it_read() -> None:
    claim = read_in_part({b"\x01a": b"1"})

    claim.read_from(0)

    assert (claim.first_offset, claim.reader.next_offset, claim.reader.state) == (0, 0, {})
