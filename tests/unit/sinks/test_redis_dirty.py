"""What waits for Redis: the newest of each host, and whatever was not written yet."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from streamproc.protocol import View
from streamproc.sinks.redis_view.dirty import Dirty

PUT, TAKE, FAIL = "put", "take", "fail"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(PUT), st.integers(0, 3), st.integers(0, 4)),
        st.tuples(st.just(TAKE), st.integers(1, 3), st.just(0)),
        st.tuples(st.just(FAIL), st.integers(1, 3), st.just(0)),
    ),
    max_size=40,
)


class Shown:
    """What a reader sees in the end: tallies, and minutes by host.

    Shapes: minutes of a host that is gone stay, as in Redis, where they expire.
    """

    def __init__(self) -> None:
        self.tallies: dict[bytes, bytes | None] = {}
        self.minutes: dict[bytes, dict[int, bytes]] = {}

    def take(self, host: bytes, tally: bytes | None, minutes: Mapping[int, bytes]) -> None:
        self.tallies[host] = tally
        self.minutes.setdefault(host, {}).update(minutes)

    def take_all(self, dirty: Dirty, most: int) -> None:
        for host, waiting in dirty.take(most, 1 << 20).items():
            self.take(host, waiting.tally, waiting.parts.get("curve:s", {}))


@given(STEPS)
@example([(PUT, 0, 2), (TAKE, 1, 0), (PUT, 0, 0), (PUT, 0, 1)])
@example([(PUT, 0, 1), (TAKE, 1, 0), (PUT, 0, 1), (PUT, 0, 0)])
def test_whatever_fails_in_between_the_newest_of_every_host_and_minute_is_written(
    steps: list[tuple[str, int, int]],
) -> None:
    dirty = Dirty(hosts_max=100, bytes_max=1 << 20)
    told, written = Shown(), Shown()
    for version, (what, first, second) in enumerate(steps):
        if what == PUT:
            value = b"%d" % version if second else None
            minutes = {second: b"%d" % version} if second else {}
            told.take(b"h%d" % first, value, minutes)
            if value is None:  # what waits of it is not written, what was written stays
                told.minutes[b"h%d" % first] = dict(written.minutes.get(b"h%d" % first, {}))
            dirty.put(0, version, [View(b"h%d" % first, value, {"curve:s": minutes})], 0.0)
        elif what == TAKE:
            written.take_all(dirty, first)
        else:
            dirty.put_back(dirty.take(first, 1 << 20), ())
    written.take_all(dirty, 100)

    assert (written.tallies, written.minutes) == (told.tallies, told.minutes)


def test_what_there_is_no_room_for_is_counted_and_asked_for_again() -> None:
    dirty = Dirty(hosts_max=2, bytes_max=1 << 20)
    dirty.put(0, 1, [View(b"h%d" % number, b"{}") for number in range(5)], 0.0)

    assert (len(dirty), dirty.dropped, dirty.is_short) == (2, 3, True)


def test_bytes_count_once_however_often_a_host_is_told() -> None:
    dirty = Dirty(hosts_max=100, bytes_max=5000)
    for version in range(100):
        part = {"curve:s": {60_000: b"x" * 1000}}
        dirty.put(0, version, [View(b"h1", b"y" * 1000, part)], 0.0)
    dirty.put(0, 100, [View(b"h2", b"y" * 1000)], 0.0)

    assert (len(dirty), dirty.dropped) == (2, 0)


def test_what_is_of_a_partition_that_was_taken_away_is_forgotten() -> None:
    dirty = Dirty(hosts_max=100, bytes_max=1 << 20)
    dirty.put(0, 1, [View(b"h1", b"{}")], 0.0)
    dirty.put(1, 1, [View(b"h2", b"{}")], 0.0)
    dirty.keep({1})

    assert set(dirty.take(10, 1 << 20)) == {b"h2"}
