"""Laws of the fold: whatever the log, its cuts and its interleaving, the state is what it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle
from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.events.registry import INPUT_TOPICS, TOPIC_OF, AnyEvent
from streamproc.oracle.batch import LogRecord, compute
from streamproc.program.canonical import canonical
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import rejections
from streamproc.protocol import BatchReport
from tests.folding import State, batch_of, feed, folded, folded_in_pieces, log_of, pieces, take_into
from tests.garbage import Row, garbage
from tests.strategies import events

T0 = 1_750_000_000_000
HOSTS = ("h-1", "h-2")
SESSIONS = ("s-1", "s-2", "s-3")
LEADS = (None, None, 0, 300_000, 300_001, 420_000, 600_001, 1_000_000, 86_400_000, 86_400_001)
"""How far an event is ahead of its record; None: it lies behind."""
STEPS_MS = (0, 1, 1_000, 9_999, 10_000, 29_999, 30_000, 59_999, 119_999, 120_000, 120_001, 150_000)


def _times() -> st.SearchStrategy[int]:
    near = st.sampled_from([*STEPS_MS, 180_000, 300_000, 899_999, 900_000, 900_001, 1_200_000])
    return st.builds(lambda *parts: T0 + sum(parts), near, near, st.integers(0, 20))


def _event(event_type: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "type": st.just(event_type),
            "event_id": st.integers(0, 12).map(lambda n: f"e-{n}"),
            "occurred_at_ms": _times(),
            "host_id": st.sampled_from(HOSTS),
            "source": st.just("simulator"),
            **fields,
        }
    )


def _told(event_type: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    sessions = st.sampled_from(SESSIONS)
    return _event(event_type, room_id=st.just("r-1"), session_id=sessions, **fields)


def _of_line(
    event_type: str, **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    orders, lines = st.sampled_from(["o-1", "o-2"]), st.sampled_from(["1", "2"])
    return _told(event_type, order_id=orders, line_id=lines, **fields)


_MINOR = st.sampled_from([0, 1, 1_999, 10**13])
_CURRENCY = st.sampled_from(["CNY", "EUR"])
_PRODUCT = st.sampled_from(["p-1", "p-2"])
_SALE = {
    "product_id": _PRODUCT,
    "quantity": st.integers(1, 3),
    "currency": _CURRENCY,
    "payable_minor": _MINOR,
}
_REFUND = {"refund_id": st.sampled_from(["f-1", "f-2"])}
_PERHAPS = st.sampled_from([None, True, False])
_WHO = st.sampled_from([None, *(f"{person:016x}" for person in range(4))])


def _order_events() -> list[st.SearchStrategy[dict[str, Any]]]:
    paid = _of_line("order.paid", paid_minor=_MINOR, buyer_key=_WHO, **_SALE)
    counts = {"paid_lines": st.integers(0, 9), "paid_minor": _MINOR, "currency": _CURRENCY}
    attempts = st.sampled_from(["a-1", "a-2", "a-3", "a-4"])
    reasons = st.sampled_from(["risk", "out_of_stock", "unheard of"])
    return [
        paid,
        paid,
        _of_line("order.created", **_SALE),
        _of_line("order.cancelled"),
        _of_line("order.refund_requested", reason=st.sampled_from([None, "late"]), **_REFUND),
        _of_line("order.refunded", refund_minor=_MINOR, currency=_CURRENCY, **_REFUND),
        _of_line("order.refund_closed", **_REFUND),
        _told("order.failed", attempt_id=attempts, reason=reasons, product_id=_PRODUCT),
        _told("orders.counted", **counts),
    ]


def _audience_events() -> list[st.SearchStrategy[dict[str, Any]]]:
    text = st.sampled_from(["", "村", "李家 🍑"])
    roles = st.sampled_from(["viewer", "viewer", "host", "unheard of"])
    product, totals = st.just("p-1"), st.sampled_from([None, 0, 5, 6])
    counts = {"views_total": totals, "viewers_total": totals, "approximate": _PERHAPS}
    return [
        _told("comment.posted", role=roles, text=text, mirrored=_PERHAPS, user_key=_WHO),
        _told("viewer.joined", viewer_key=_WHO),
        _told("viewer.liked", count=st.integers(1, 9), viewer_key=_WHO),
        _told("viewer.left", viewer_key=_WHO, watched_ms=st.sampled_from([None, 0, 9])),
        _told("viewers.counted", online=st.integers(0, 3), **counts),
        st.one_of(
            *[_told(name, viewer_key=_WHO) for name in ("viewer.followed", "viewer.shared")],
            *[
                _told(name, viewer_key=_WHO, product_id=product)
                for name in ("product.exposed", "product.clicked", "cart.added")
            ],
        ),
    ]


def _shop_events() -> list[st.SearchStrategy[dict[str, Any]]]:
    of, left, coupon = {"product_id": _PRODUCT}, st.sampled_from([0, 0, 7]), st.just("c-1")
    judged = {"verdict": st.sampled_from(["real", "bait"]), "operator_key": st.just("0" * 16)}
    listing = {"title": st.just("李"), "link_no": st.sampled_from([None, 1, 2]), **of}
    return [
        _told("product.listed", **listing),
        *[_told(name, **of) for name in ("product.pinned", "product.delisted")],
        _told("stock.reported", available=left, as_of_ms=_times(), **of),
        _told("stock.release_planned", release_at_ms=st.just(T0), **of),
        _told("coupon.reported", coupon_id=coupon, remaining=left),
        st.one_of(_told("coupon.claimed", coupon_id=coupon), _told("stream.health")),
        _told("alert.judged", alert_id=coupon, **judged),
    ]


def _other_events() -> list[st.SearchStrategy[dict[str, Any]]]:
    text = st.sampled_from(["", "村", "李家 🍑"])
    places = {"village": text, "town": text, "district": text}
    return [
        *_audience_events(),
        _told("room.started", title=st.sampled_from([None, "村", "李"])),
        _told("room.ended"),
        st.one_of(_told("room.paused"), _told("room.resumed")),
        _told("adapter.heartbeat", connected=st.booleans()),
        st.one_of(*_shop_events()),
        _event("host.profiled", name=text, valid_from_ms=_times(), **places),
    ]


def _events() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(*_order_events(), *_other_events())


def _records(event: dict[str, Any]) -> Row:
    return TOPIC_OF[event["type"]], event["host_id"].encode(), msgspec.json.encode(event)


def _narrow(events: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Row]:
    """The same events, of one host and within minutes: what they do to each other shows more."""
    near = st.sampled_from(STEPS_MS)
    one_host = st.builds(
        lambda event, ms: {**event, "host_id": "h-1", "occurred_at_ms": T0 + ms}, events, near
    )
    return one_host.map(_records)


def logs() -> st.SearchStrategy[list[LogRecord]]:
    """Logs of one partition, all topics interleaved, with duplicates, disorder and garbage."""
    any_row = st.one_of(*[_events().map(_records)] * 9, garbage())
    rows = st.one_of(
        st.lists(any_row, max_size=60),
        st.lists(any_row, min_size=25, max_size=60),
        st.lists(_narrow(st.one_of(*_order_events())), min_size=10, max_size=60),
        st.lists(_narrow(st.one_of(*_audience_events())), min_size=10, max_size=60),
        st.lists(_narrow(st.one_of(*_shop_events())), min_size=10, max_size=60),
    )
    fitting = st.just([None])
    leads = st.one_of(fitting, st.lists(st.sampled_from(LEADS), min_size=1, max_size=7))
    return st.builds(_log, rows, leads)


def _log(rows: Sequence[Row], leads_ms: Sequence[int | None]) -> list[LogRecord]:
    """The log of rows, whose events are in turn so far ahead of their records, or lie behind them."""
    log = []
    for offset, ((topic, key, value), lead_ms) in enumerate(
        zip(rows, cycle(leads_ms), strict=False)
    ):
        timestamp_ms = T0 + 2_500_000
        if lead_ms is not None and value is not None and b"occurred_at_ms" in value:
            timestamp_ms = msgspec.json.decode(value)["occurred_at_ms"] - lead_ms
        log.append(LogRecord(topic, 0, offset, key, value, timestamp_ms))
    return log


def by_topic(log: Sequence[LogRecord]) -> dict[str, list[LogRecord]]:
    return {topic: [each for each in log if each.topic == topic] for topic in INPUT_TOPICS}


@given(log=logs())
def test_the_state_says_what_the_oracle_computes_from_the_log(log: list[LogRecord]) -> None:
    held, computed = canonical(folded(log).items()), compute(log)

    assert held["hosts"] == computed["hosts"]
    assert held["rejected"] == computed["rejected"]


@given(log=logs(), cuts=st.sets(st.integers(1, 59)))
def test_the_state_does_not_depend_on_how_the_log_is_cut(
    log: list[LogRecord], cuts: set[int]
) -> None:
    assert folded_in_pieces(log, cuts) == folded(log)


@given(log=logs(), cuts=st.sets(st.integers(1, 59)), ticks=st.sampled_from([1, 5, 40]))
def test_the_state_does_not_depend_on_what_hosts_hold_open(
    log: list[LogRecord], cuts: set[int], ticks: int
) -> None:
    program, state = LiveProgram(), State()
    for batch in pieces(log, sorted(cuts)):
        program.apply(batch.topic, batch)
        take_into(state, program)
        for _ in range(ticks):
            program.tick(0, caught_up=True)

    assert program.take_dirty() == []
    assert state == folded(log)


@given(log=logs(), data=st.data())
def test_the_state_does_not_depend_on_how_topics_interleave(
    log: list[LogRecord], data: st.DataObject
) -> None:
    order = data.draw(st.permutations([each.topic for each in log]))
    queues = {topic: iter(records) for topic, records in by_topic(log).items()}
    other = [next(queues[topic]) for topic in order]

    assert folded(other) == folded(log)


@given(log=logs(), at=st.integers(0, 60), unsorted=st.randoms(use_true_random=False))
def test_a_restored_program_goes_on_as_if_it_had_never_stopped(
    log: list[LogRecord], at: int, unsorted: Random
) -> None:
    before = folded(log[:at])
    records = [*before.items()]
    unsorted.shuffle(records)
    program = LiveProgram()
    program.restore(iter(records))
    assert program.take_dirty() == []
    feed(program, log[at:])
    state = dict(before)
    take_into(state, program)

    assert state == folded(log)
    assert all(program.value(key) == value for key, value in state.items())


@given(log=logs(), taken=st.sets(st.integers(0, 60)))
def test_what_is_taken_covers_every_difference(log: list[LogRecord], taken: set[int]) -> None:
    program, state = LiveProgram(), State()
    for index, record in enumerate(log):
        report = program.apply(record.topic, batch_of([record]))
        if index in taken:
            assert report.dirty_keys == take_into(state, program)
            assert state == folded(log[: index + 1])
            assert all(program.value(key) == value for key, value in state.items())


@given(log=logs())
def test_values_are_current_before_they_are_taken(log: list[LogRecord]) -> None:
    program, state = LiveProgram(), folded(log)
    feed(program, log)
    assert {key: program.value(key) for key in state} == state

    assert dict(program.take_dirty()) == state


@given(log=logs(), cuts=st.sets(st.integers(1, 59)))
def test_every_record_is_applied_a_duplicate_or_rejected(
    log: list[LogRecord], cuts: set[int]
) -> None:
    program, total = LiveProgram(), {topic: BatchReport() for topic in INPUT_TOPICS}
    for batch in pieces(log, sorted(cuts)):
        topic = batch.topic
        report = program.apply(topic, batch)
        assert report.applied + report.duplicate + report.rejected == len(batch)
        assert report.late <= report.applied
        for name in ("applied", "duplicate", "rejected", "late", "ahead"):
            setattr(total[topic], name, getattr(total[topic], name) + getattr(report, name))
    accounting = compute(log)["accounting"]

    for topic, report in total.items():
        expected = accounting.get(topic, {}).get("0", {})
        names = ("applied", "duplicate", "rejected", "late", "ahead")
        got = {name: getattr(report, name) for name in names}
        assert {name: number for name, number in got.items() if number} == expected
    rejected = sum(report.rejected for report in total.values())
    assert len(program.take_outputs().dead_letters) == rejected
    assert rejected_by_topic(dict(program.take_dirty())) == {
        topic: report.rejected for topic, report in total.items() if report.rejected
    }


def rejected_by_topic(state: Mapping[bytes, bytes | None]) -> dict[str, int]:
    """How many records of each topic the state knows whose they are, or that they are nobody's."""
    by_topic: Counter[str] = Counter()
    for sessions in rejections((key, value or b"") for key, value in state.items()).values():
        for each in sessions.values():
            by_topic.update(each)
    return dict(by_topic)


@given(log=logs(), data=st.data())
@settings(max_examples=50)
def test_order_facts_again_and_in_any_order_leave_the_totals_alone(
    log: list[LogRecord], data: st.DataObject
) -> None:
    facts = [each for each in log if b'"order_id"' in (each.value or b"")]
    again = data.draw(st.permutations(facts + facts))

    assert _totals(again) == _totals(facts)


def _totals(log: Sequence[LogRecord]) -> dict[str, Any]:
    hosts = canonical(folded(log).items())["hosts"]
    return {
        f"{host} {name}": session["totals"]
        for host, each in hosts.items()
        for name, session in each["sessions"].items()
        if "totals" in session
    }


@given(told=st.lists(events(), max_size=30))
def test_whatever_event_may_be_written_is_folded_as_the_oracle_reads_it(
    told: list[AnyEvent],
) -> None:
    log = log_of(told)
    state = folded(log)
    restored = LiveProgram()
    restored.restore(state.items())

    assert canonical(state.items())["hosts"] == compute(log)["hosts"]
    assert all(restored.value(key) == value for key, value in state.items())


_TIMES = st.sampled_from([0, T0, 2**62, 2**63 - 1, -1])
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(["type", "host_id", "name"]), inner, max_size=3),
)


@given(
    topic=st.sampled_from(INPUT_TOPICS),
    rows=st.lists(
        st.tuples(
            st.none() | st.binary(max_size=4) | st.just(b"h-1"),
            st.none() | st.binary(max_size=40) | _ANY_JSON.map(msgspec.json.encode),
            _TIMES,
        ),
        max_size=8,
    ),
    at_ms=_TIMES,
)
def test_no_bytes_and_no_time_make_the_fold_fail(
    topic: str, rows: list[tuple[bytes | None, bytes | None, int]], at_ms: int
) -> None:
    event = {"host_id": "h-1", "room_id": "r", "session_id": "s", "source": "wms"}
    extreme = {"event_id": "e", "occurred_at_ms": at_ms, "valid_from_ms": at_ms, **event}
    rows = [
        *rows,
        *[(b"h-1", value, at_ms) for value in map(msgspec.json.encode, _all_of(extreme))],
    ]
    log = [LogRecord(topic, 0, offset, *row) for offset, row in enumerate(rows)]
    program = LiveProgram()
    report = program.apply(topic, batch_of(log))
    state = dict(program.take_dirty())

    assert report.applied + report.duplicate + report.rejected == len(log)
    LiveProgram().restore([(key, value) for key, value in state.items() if value is not None])


def _all_of(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """An event of each topic with these fields and whatever else it needs."""
    line = {"order_id": "o", "line_id": "1", "product_id": "p", "quantity": 1, "currency": "CNY"}
    place = {"name": "n", "village": "v", "town": "t", "district": "d"}
    return [
        {**fields, "type": "order.paid", "paid_minor": 1, "payable_minor": 1, **line},
        {**fields, "type": "comment.posted", "role": "viewer", "text": ""},
        {**fields, "type": "viewer.joined"},
        {**fields, "type": "room.started"},
        {**fields, "type": "host.profiled", **place},
    ]
