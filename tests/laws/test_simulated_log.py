"""The engine's rules under random schedules: none may go wrong, and each rule taken away must show.

``make sim`` plays many more; ``python -m tests.laws.simulate --help`` tells the story of one.
"""

from __future__ import annotations

import pytest

from streamproc.engine.fence import CLAIM_KEY
from streamproc.engine.ownership import Claiming, Verdict, Writer
from streamproc.errors import Fenced
from tests.laws.simlog.log import Run, SimulatedLog
from tests.laws.simlog.rules import ABLATIONS, ALL_FAULTS, SOUND, Configuration, Rule
from tests.laws.simlog.surroundings import WHERE
from tests.laws.simulate import main, play, story

SCHEDULES, OTHER_SCHEDULES = 600, 150


def _named(configuration: Configuration) -> str:
    return configuration.name


def test_no_schedule_of_all_faults_goes_wrong() -> None:
    findings = play(ALL_FAULTS, range(SCHEDULES))

    assert findings.wrong == {}
    for what in ("recovered", "fenced", "stale", "healed", "raised", "nights"):
        assert findings.counts[what], f"no schedule had {what}: nothing was shown"


@pytest.mark.parametrize("configuration", [c for c in SOUND if c is not ALL_FAULTS], ids=_named)
def test_no_schedule_goes_wrong_with(configuration: Configuration) -> None:
    assert play(configuration, range(OTHER_SCHEDULES)).wrong == {}


def test_a_schedule_that_went_wrong_once_goes_right() -> None:
    # one zombie's fence said where to begin, and behind it another's flush was a state by itself
    (itself,) = [each for each in SOUND if each.name == "the engine itself"]

    assert play(itself, [11_245]).wrong == {}


@pytest.mark.parametrize("configuration", ABLATIONS, ids=_named)
def test_the_simulation_catches(configuration: Configuration) -> None:
    findings = play(configuration, range(configuration.caught_within))

    assert findings.wrong, f"{findings.schedules} schedules went right without the rule"


def test_every_rule_is_taken_away_once() -> None:
    taken = [rule for configuration in ABLATIONS for rule in configuration.without]

    assert sorted(rule.name for rule in taken) == sorted(rule.name for rule in Rule)


def test_a_seed_plays_the_same_schedule_again() -> None:
    assert story(ALL_FAULTS, 7) == story(ALL_FAULTS, 7)
    assert story(ALL_FAULTS, 7) != story(ALL_FAULTS, 8)


def test_the_command_ends_with_one_when_an_ablation_is_not_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    toothless = Configuration("toothless", caught_within=3)
    monkeypatch.setattr("tests.laws.simulate.ABLATIONS", (toothless,))

    assert main(["--only", "toothless", "--processes", "1"]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_the_command_ends_with_one_and_the_seed_when_a_schedule_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = Configuration("torn", without=frozenset({Rule.ATOMIC}))
    monkeypatch.setattr("tests.laws.simulate.SOUND", (torn,))

    assert main(["--only", "torn", "--schedules", "20", "--processes", "1"]) == 1
    assert "--only 'torn' --seed" in capsys.readouterr().out


def test_the_command_ends_with_zero_when_all_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no extra fault", "--schedules", "10", "--processes", "1"]) == 0
    assert '"failed": 0' in capsys.readouterr().out


def _zombie_after_a_night(*, healed: bool) -> tuple[Claiming, Run]:
    """A claim of generation 1 that slept through generation 2's night, and what it finds on waking.

    A late copy of the zombie's claim landed behind the owner's, and the owner had nothing to write.
    """
    log = SimulatedLog()
    zombie, owner = Claiming(Writer(1), 1), Claiming(Writer(2), 2)
    for claiming in (zombie, owner):
        claiming.claimed(log.append([(CLAIM_KEY, b"")], claiming.stamp, 0))
    zombie.reader.absorb(*log.read(0, 1))
    owner.reader.absorb(*log.read(0, log.end_offset))
    ownership = owner.own()
    copy_at = log.append([(CLAIM_KEY, b"")], zombie.stamp, 0)
    copy = log.read(copy_at, log.end_offset)
    ownership.meet(copy.keys, copy.stamps, where=WHERE)
    assert ownership.heal == {CLAIM_KEY}
    if healed:
        log.append([(CLAIM_KEY, b"")], ownership.next_stamp(), 0)
    log.compact(0, -1)
    return zombie, log.read(zombie.reader.next_offset, log.end_offset)


def test_a_healed_claim_fences_a_zombie_that_slept_through_compaction() -> None:
    zombie, run = _zombie_after_a_night(healed=True)

    with pytest.raises(Fenced):
        zombie.read_on(*run, where=WHERE)


def test_a_claim_that_was_not_healed_would_not() -> None:
    zombie, run = _zombie_after_a_night(healed=False)
    zombie.read_on(*run, where=WHERE)

    assert zombie.verdict() is Verdict.OWNED  # too rare a story for random schedules: one in 20,000
