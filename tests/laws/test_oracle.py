"""Laws of the batch oracle: what must not matter to a total does not."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.oracle.batch import LogRecord, compute, differences, digest
from streamproc.program.canonical import canonical
from streamproc.simulate.generator import generate
from tests.broadcasts import far_ms, logs, near_ms
from tests.folding import folded
from tests.garbage import littered
from tests.log_records import T0, LogBuilder
from tests.simulated import PARTITIONS, log_of, options, small_scenario

_SECONDS = st.integers(0, 3_000)


@st.composite
def _paid_facts(draw: st.DrawFn) -> list[LogRecord]:
    log = LogBuilder()
    for _ in range(draw(st.integers(1, 8))):
        log.paid(
            draw(st.integers(0, 3)),
            at_ms=T0 + 1_000 * draw(_SECONDS),
            order_id=draw(st.sampled_from("abc")),
            quantity=draw(st.integers(1, 3)),
            session_id=draw(st.sampled_from(["s-1", "s-2"])),
        )
    return log.records


@st.composite
def _logs_of_hosts(draw: st.DrawFn) -> list[list[LogRecord]]:
    logs = []
    for partition in range(draw(st.integers(1, 3))):
        log = LogBuilder(host=f"h-{partition}")
        for _ in range(draw(st.integers(0, 6))):
            at_ms = T0 + 1_000 * draw(_SECONDS)
            event_id = draw(st.sampled_from("xyz"))
            match draw(st.integers(0, 2)):
                case 0:
                    log.comment(at_ms, event_id=event_id)
                case 1:
                    log.event("viewer.joined", at_ms, event_id=event_id)
                case _:
                    log.paid(1, at_ms, order_id=event_id)
        logs.append([record._replace(partition=partition) for record in log.records])
    return logs


def _totals(records: list[LogRecord]) -> dict[str, object]:
    sessions = compute(records)["hosts"]["h-1"]["sessions"]
    return {name: each.get("totals") for name, each in sessions.items() if "totals" in each}


@given(facts=_paid_facts(), data=st.data())
def test_totals_of_orders_do_not_depend_on_order_or_repetition(
    facts: list[LogRecord], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(facts + facts[: data.draw(st.integers(0, len(facts)))]))

    assert _totals(again) == _totals(facts)


@given(logs=_logs_of_hosts(), data=st.data())
def test_partitions_may_interleave_at_will(
    logs: list[list[LogRecord]], data: st.DataObject
) -> None:
    turns = data.draw(st.permutations([number for number, log in enumerate(logs) for _ in log]))
    readers = [iter(log) for log in logs]
    interleaved = [next(readers[turn]) for turn in turns]

    assert compute(interleaved) == compute(chain.from_iterable(logs))


@given(logs=_logs_of_hosts())
def test_every_record_is_accounted_for_once(logs: list[list[LogRecord]]) -> None:
    records = list(chain.from_iterable(logs))
    counted = 0
    for partitions in compute(records)["accounting"].values():
        for count in partitions.values():
            counted += sum(count.get(name, 0) for name in ("applied", "duplicate", "rejected"))
            assert count.get("late", 0) <= count.get("applied", 0)

    assert counted == len(records)


@given(log=littered(st.one_of(logs(far_ms), logs(near_ms))))
def test_the_fast_fold_holds_what_this_one_computes(log: list[LogRecord]) -> None:
    held, computed = canonical(folded(log).items()), compute(log)
    del computed["accounting"]

    assert differences(held, computed) == []
    assert digest(held) == digest(computed)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_faulty_broadcast_adds_up_to_the_same_in_the_fast_fold_and_here(seed: int) -> None:
    faulty = options(seed=seed, duplicates=0.1, disorder=0.1, lateness=0.03, garbage=0.02)
    log = list(log_of(generate(small_scenario(), faulty)))
    state = [
        record
        for partition in range(PARTITIONS)
        for record in folded([each for each in log if each.partition == partition]).items()
    ]

    held, computed = canonical(state), compute(log)
    del computed["accounting"]

    assert held["rejected"]
    assert differences(held, computed) == []
    assert digest(held) == digest(computed)
