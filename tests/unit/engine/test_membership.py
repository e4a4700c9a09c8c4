"""What a worker makes of what its group says: whether it may be a member, and under which name."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, InvalidSessionTimeoutError, UnknownError

from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import Engine
from streamproc.engine.membership import check_group
from streamproc.engine.nogroup import NoGroup
from streamproc.errors import BadSetting, Fenced, PartitionCountWrong, StreamprocError
from tests.counting import CountingProgram


def end(error: StreamprocError) -> NoReturn:
    raise error


def config(name: str | None) -> EngineConfig:
    return EngineConfig(
        app_id="unit",
        bootstrap_servers="nowhere:1",
        inputs=("orders",),
        partitions=2,
        group_instance_id=name,
    )


def engine(name: str | None) -> Engine:
    nothing: Any = None
    return Engine(config(name), CountingProgram, nothing, end, nothing)


class Refusing(NoGroup):
    """A group that has a reason, or tells of other topics."""

    def __init__(self, error: Exception | None, counts: dict[str, int] | None = None) -> None:
        self._error, self._counts = error, counts or {}

    def failure(self) -> Exception | None:
        return self._error

    def partition_counts(self, topics: Any) -> dict[str, int]:  # noqa: ANN401
        return {topic: self._counts[topic] for topic in topics if topic in self._counts}


def test_a_named_member_that_comes_again_in_its_generation_ends_and_takes_nothing_back() -> None:
    named = engine("one")
    named.on_assigned(3, [0])
    named.on_assigned(4, [0])

    with pytest.raises(Fenced) as taken:
        named.on_assigned(4, [0])

    assert "'one'" in taken.value.hint


def test_a_member_without_a_name_may_come_again_in_its_generation() -> None:
    unnamed = engine(None)
    unnamed.on_assigned(3, [0])
    unnamed.on_assigned(3, [0])

    assert unnamed.assigned == {0}


@pytest.mark.parametrize("name", [None, "one"])
def test_only_a_named_member_that_is_fenced_is_told_of_its_name(name: str | None) -> None:
    with pytest.raises(Fenced) as fenced:
        engine(name).fail(Fenced("outranked", where="here", hint="nothing"))

    assert (fenced.value.what, fenced.value.where) == ("outranked", "here")
    assert ("share one STREAMPROC_KAFKA__GROUP_INSTANCE_ID" in fenced.value.hint) is (name == "one")


@pytest.mark.parametrize(
    ("error", "name", "told"),
    [
        (InvalidSessionTimeoutError(), None, BadSetting),
        (InvalidSessionTimeoutError(), "one", BadSetting),
        (GroupAuthorizationFailedError("unit"), "one", StreamprocError),
        (UnknownError(), "one", Fenced),
        (UnknownError(), None, StreamprocError),
    ],
)
def test_whoever_may_not_be_a_member_says_why(
    error: Exception, name: str | None, told: type[StreamprocError]
) -> None:
    with pytest.raises(StreamprocError) as refused:
        check_group(Refusing(error), config(name))

    assert type(refused.value) is told
    assert refused.value.hint


def test_partitions_that_came_or_went_are_named_and_what_nobody_heard_of_is_not() -> None:
    check_group(Refusing(None, {"orders": 2}), config(None))

    with pytest.raises(PartitionCountWrong, match="it was 2, now: orders 3"):
        check_group(Refusing(None, {"orders": 3, "unit-state-changelog": 2}), config(None))
