"""Where recorded events would have been in Kafka, and in which order they happened."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from streamproc.cli.recordings import DECLARED_PARTITIONS
from streamproc.provision.catalog import Role, load_catalog
from streamproc.replay.recorded import Partitions, Recorded, by_event_time, event_time_ms


def at(at_ms: int, partition: int = 0, topic: str = "t") -> Recorded:
    return Recorded(topic, partition, b"h", b"{}", at_ms, at_ms)


def test_a_key_goes_where_kafkas_java_client_puts_it() -> None:
    # murmur2 of these keys as org.apache.kafka.common.utils.UtilsTest has it, without its sign
    expected = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}

    for key, murmur in expected.items():
        assert Partitions(12).of(key) == (murmur & 0x7FFFFFFF) % 12
    assert Partitions(1).of(b"21") == 0


def test_the_partitions_taken_for_granted_are_those_declared() -> None:
    declared = {each.partitions for each in load_catalog() if each.role is Role.INPUT}

    assert declared == {DECLARED_PARTITIONS}


def test_a_record_that_tells_no_time_has_none() -> None:
    assert event_time_ms(b'{"occurred_at_ms":17,"other":[]}') == 17
    nothing = [None, b"", b"\xff", b"[]", b'{"occurred_at_ms":"now"}', b"[" * 100_000]
    assert [event_time_ms(value) for value in nothing] == [None] * len(nothing)


@given(st.lists(st.builds(at, st.integers(0, 9), st.integers(0, 2), st.sampled_from("ab"))))
def test_by_event_time_keeps_the_order_of_each_partition(log: list[Recorded]) -> None:
    numbered = [each._replace(value=b"%d" % number) for number, each in enumerate(log)]

    played = by_event_time(numbered)

    assert by_place(played) == by_place(numbered)
    orderly = [each for each in played if not was_overtaken(each, numbered)]
    assert [each.at_ms for each in orderly] == sorted(each.at_ms for each in orderly)


def by_place(log: object) -> dict[tuple[str, int], list[Recorded]]:
    places: dict[tuple[str, int], list[Recorded]] = defaultdict(list)
    for each in log:  # type: ignore[attr-defined] # any iterable of records
        places[each.topic, each.partition].append(each)
    return places


def was_overtaken(record: Recorded, log: list[Recorded]) -> bool:
    before = log[: log.index(record)]
    place = (record.topic, record.partition)
    return any((o.topic, o.partition) == place and o.at_ms > record.at_ms for o in before)
