"""A short chaos run: what ``make chaos`` demands of thirty faults holds for six."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.plan import DECK, Kind, faults
from tests.chaos.result import is_ok, result
from tests.chaos.run import Options, run
from tests.redis_server import RedisServer, redis_or_skip
from tests.servers import KafkaServer, kafka_or_skip


@pytest.fixture
def kafka() -> Iterator[KafkaServer]:
    """A node of its own: a run leaves topics and a group behind."""
    yield from kafka_or_skip()


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@pytest.mark.chaos
async def test_ledger_log_state_and_views_agree_after_kills_and_freezes(
    kafka: KafkaServer, redis: RedisServer, tmp_path: Path
) -> None:
    options = Options(seed=secrets.randbelow(1 << 31), faults=6)
    outcome = await run(kafka, redis, tmp_path, options, say)
    found = result(options, outcome)
    say(f"{found}")

    assert outcome.verdict.defects == [], f"seed {options.seed}"
    assert is_ok(options, outcome), found


def say(line: str) -> None:
    """For pytest to show when the run fails."""
    sys.stderr.write(f"{line}\n")


def test_a_seed_repeats_its_faults_and_another_one_has_others() -> None:
    first, again, other = faults(7), faults(7), faults(8)

    schedule = [next(first) for _ in range(40)]

    assert schedule == [next(again) for _ in range(40)]
    assert schedule != [next(other) for _ in range(40)]


def test_every_kind_of_fault_comes_in_one_deal() -> None:
    schedule = faults(1)

    assert {next(schedule).kind for _ in DECK} == set(Kind)
