"""The codec takes any bytes, and a batch changes nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.events.codec import Codec, encode
from streamproc.events.registry import CLASS_OF, INPUT_TOPICS, TOPIC_OF, AnyEvent, type_of
from streamproc.events.rejected import Rejected, RejectReason
from tests.builders import T0
from tests.strategies import events, events_of

Record = tuple[bytes | None, bytes | None, int]

unhurried = settings(deadline=None)  # a busy machine is no defect

topics = st.sampled_from(INPUT_TOPICS)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@st.composite
def mangled_objects(draw: st.DrawFn) -> bytes:
    """An event of which a field is another JSON value, is missing or is one too many."""
    body = msgspec.json.decode(encode(draw(events())))
    name = draw(st.sampled_from(sorted(body)) | st.text(max_size=9))
    if draw(st.booleans()):
        body[name] = draw(json_values)
    else:
        body.pop(name, None)
    return msgspec.json.encode(body)


@st.composite
def cut_and_stained(draw: st.DrawFn) -> bytes:
    """An event's bytes, cut or with a stretch overwritten."""
    value = encode(draw(events()))
    start = draw(st.integers(0, len(value)))
    return (
        value[:start] + draw(st.binary(max_size=4)) + value[draw(st.integers(start, len(value))) :]
    )


@st.composite
def fine_records(draw: st.DrawFn) -> Record:
    """A record whose topic decides whether it can be used."""
    event = draw(events())
    return event.host_id.encode(), encode(event), T0


values = st.none() | st.binary() | mangled_objects() | cut_and_stained()
records = st.one_of(
    fine_records(),
    st.tuples(
        st.none() | st.just(b"h-1") | st.binary(max_size=70),
        values,
        st.integers(T0 - 2 * 86_400_000, T0) | st.integers(-1, 2**63 - 1),
    ),
)


@unhurried
@given(topic=topics, record=records)
def test_any_record_becomes_an_event_of_the_topic_or_a_rejection(
    topic: str, record: Record
) -> None:
    found = Codec(topic).decode(*record)

    assert isinstance(found, Rejected) or TOPIC_OF[type_of(type(found))] == topic


@unhurried
@given(event=events())
def test_an_event_that_was_written_is_read_as_it_was(event: AnyEvent) -> None:
    topic = TOPIC_OF[type_of(type(event))]

    assert Codec(topic).decode(event.host_id.encode(), encode(event), T0) == event


@pytest.mark.parametrize("tag", CLASS_OF)
@unhurried
@given(data=st.data())
def test_an_event_of_each_type_is_read_as_it_was(tag: str, data: st.DataObject) -> None:
    event = data.draw(events_of(CLASS_OF[tag]))

    assert Codec(TOPIC_OF[tag]).decode(event.host_id.encode(), encode(event), T0) == event


@unhurried
@given(topic=topics, batches=st.lists(st.lists(records, max_size=12), max_size=4))
def test_a_batch_holds_what_each_of_its_records_holds_alone(
    topic: str, batches: list[list[Record]]
) -> None:
    codec = Codec(topic)
    for batch in batches:
        together = codec.decode_batch(
            [key for key, _, _ in batch], [value for _, value, _ in batch], [t for _, _, t in batch]
        )

        forgetful = Codec(topic)
        assert together == [forgetful.decode(*record) for record in batch]


@unhurried
@given(topic=topics, garbage=values)
def test_a_rejection_does_not_tell_what_people_wrote(topic: str, garbage: bytes | None) -> None:
    found = Codec(topic).decode(b"h-1", garbage, T0)

    if isinstance(found, Rejected):
        assert found.detail.isascii()
        assert len(found.detail) < 200


@unhurried
@given(event=events(), seconds=st.integers(1, 10**6))
def test_what_lies_ahead_by_more_than_a_day_is_rejected(event: AnyEvent, seconds: int) -> None:
    topic = TOPIC_OF[type_of(type(event))]
    stamp = event.occurred_at_ms - 86_400_000 - seconds

    found = Codec(topic).decode(event.host_id.encode(), encode(event), stamp)

    assert isinstance(found, Rejected)
    assert found.reason is RejectReason.FUTURE
