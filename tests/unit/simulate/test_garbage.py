from __future__ import annotations

import pytest

from streamproc.events.codec import Codec
from streamproc.events.rejected import Rejected, RejectReason
from streamproc.simulate.chance import chance
from streamproc.simulate.emission import GARBAGE
from streamproc.simulate.garbage import GARBAGE_KINDS, garbage, reject_reason
from streamproc.simulate.generator import generate
from tests.simulated import END_MS, options, small_scenario


def test_every_reason_to_reject_has_a_kind() -> None:
    assert {reject_reason(kind) for kind in GARBAGE_KINDS} == set(RejectReason)


@pytest.mark.parametrize("kind", GARBAGE_KINDS)
def test_garbage_of_each_kind_is_rejected_for_its_reason(kind: str) -> None:
    good = [
        each
        for each in generate(small_scenario(), options(seconds=60))
        if each.topic != "live.hosts.v1"
    ]
    rng = chance("test", kind)

    for each in rng.sample(good, 40):
        assert each.key is not None
        assert each.value is not None
        bad = garbage(kind, rng, each.topic, each.key, each.value)
        found = Codec(bad.topic).decode(bad.key, bad.value, END_MS)
        assert isinstance(found, Rejected), (kind, found)
        assert found.reason == reject_reason(kind)


def test_every_kind_is_drawn() -> None:
    emissions = generate(small_scenario(), options(garbage=0.05))
    kinds = {
        each.label.removeprefix(GARBAGE) for each in emissions if each.label.startswith(GARBAGE)
    }

    assert kinds == set(GARBAGE_KINDS)


def test_only_the_kinds_asked_for_are_drawn() -> None:
    emissions = generate(small_scenario(), options(garbage=0.05, garbage_kinds=("tombstone",)))

    assert {each.label for each in emissions} == {"valid", "garbage:tombstone"}


def test_garbage_never_takes_the_place_of_a_profile() -> None:
    emissions = generate(small_scenario(), options(garbage=0.2, duplicates=0.2))

    assert {each.label for each in emissions if each.topic == "live.hosts.v1"} == {"valid"}
