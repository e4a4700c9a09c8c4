"""Thresholds: those of the catalogue, unless a file or an assignment says otherwise, for all or for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.alerts import stream_dead
from streamproc.alerts.limits import Limits, assigned, read_limits
from streamproc.alerts.registry import RULES
from streamproc.cli.alert_limits import limits_of
from streamproc.errors import BadSetting
from streamproc.settings import Settings


def refused(text: str) -> str:
    with pytest.raises(BadSetting) as caught:
        read_limits(text, where="limits.toml")
    return str(caught.value)


def test_without_a_file_every_rule_has_the_thresholds_of_the_catalogue() -> None:
    limits = read_limits("", where="limits.toml")

    assert limits == Limits()
    held = limits.of_host("h-1")
    assert [getattr(held, rule.section) for rule in RULES] == [rule.limits() for rule in RULES]


def test_a_file_changes_what_it_names_and_nothing_else() -> None:
    limits = read_limits("[stream_dead]\nsilent_ms = 90_000\n", where="limits.toml")

    assert limits.of_host("h-1").stream_dead == stream_dead.Limits(silent_ms=90_000)


def test_what_is_said_of_one_host_adds_to_what_is_said_of_all() -> None:
    text = '[stream_dead]\nsilent_ms = 90_000\n[host."h-1".stream_dead]\nstill_ms = 30_000\n'

    limits = read_limits(text, where="limits.toml")

    assert limits.of_host("h-1").stream_dead == stream_dead.Limits(
        silent_ms=90_000, still_ms=30_000
    )
    assert limits.of_host("h-2").stream_dead == stream_dead.Limits(silent_ms=90_000)


def test_every_mistake_is_told_at_once_by_line_and_by_what_it_takes() -> None:
    told = refused(
        "[stream_dad]\n"
        "x = 1\n"
        "[stream_dead]\n"
        "silence = 3\n"
        'silent_ms = "long"\n'
        "min_expected = 0\n"
        "fresh_ms = nan\n"
        '[host."h-1".stream_dead]\n'
        "still_ms = true\n"
        "[host.h-2]\n"
        "stream_dead = 3\n"
    )

    assert "line 1: stream_dad: there is no such section; there are " in told
    assert (
        "line 4: stream_dead.silence: there is no such threshold; stream_dead has silent_ms,"
        in told
    )
    assert (
        "line 5: stream_dead.silent_ms: takes a whole number from 0 to 86400000, and not 'long'"
        in told
    )
    assert (
        "line 6: stream_dead.min_expected: takes a whole number from 1 to 1000000, and not 0"
        in told
    )
    assert (
        "line 7: stream_dead.fresh_ms: takes a whole number from 0 to 86400000, and not nan" in told
    )
    assert 'line 9: host."h-1".stream_dead.still_ms: takes a whole number' in told
    assert 'line 11: host."h-2".stream_dead: is a section: write [host."h-2".stream_dead]' in told
    assert "where: limits.toml" in told
    assert "what to do: docs/alerts.md" in told


def test_thresholds_that_contradict_each_other_are_refused_also_across_everybody_and_one_host() -> (
    None
):
    text = '[stream_dead]\nquiet_ms = 400_000\n[host."h-1".stream_dead]\nover_ms = 350_000\n'

    assert (
        'line 3: host."h-1".stream_dead: quiet_ms (400000) must not be above over_ms (350000)'
        in refused(text)
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a b", "no TOML"),
        ("host = 3", 'line 1: host: write [host."<host id>".<section>]'),
        ("[host]\nh-1 = 3", 'line 2: host."h-1": write [host."<host id>".<section>]'),
        ("stream_dead = { silent_ms = -1 }", "line 1: stream_dead.silent_ms: takes"),
        ("# one\n\nstream_dead.silent_ms = -1", "line 3: stream_dead.silent_ms: takes"),
    ],
)
def test_a_mistake_is_found_however_it_is_written(text: str, told: str) -> None:
    assert told in refused(text)


def test_an_assignment_wins_over_the_file_for_hosts_with_their_own_too() -> None:
    text = '[host."h-1".stream_dead]\nsilent_ms = 70_000\nstill_ms = 30_000\n'

    limits = assigned(read_limits(text, where="limits.toml"), ["stream_dead.silent_ms=80_000"])

    assert limits.of_host("h-1").stream_dead == stream_dead.Limits(
        silent_ms=80_000, still_ms=30_000
    )
    assert limits.of_host("h-2").stream_dead == stream_dead.Limits(silent_ms=80_000)


def test_an_assignment_may_speak_of_one_host_whose_name_may_hold_dots() -> None:
    limits = assigned(Limits(), ["host.h.1.stream_dead.silent_ms=80000"])

    assert limits.of_host("h.1").stream_dead == stream_dead.Limits(silent_ms=80_000)
    assert limits.of_host("h-2").stream_dead == stream_dead.Limits()


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("stream_dead", "stream_dead: write section.threshold=value"),
        ("stream_dead.silent_ms=soon", "stream_dead.silent_ms: takes a whole number"),
        ("stream_dead.silent=1", "there is no such threshold"),
        ("dead.silent_ms=1", "there is no such section"),
        ("a.b.c.d=1", "write section.threshold=value"),
        ("stream_dead.over_ms=1", "quiet_ms (300000) must not be above over_ms (1)"),
    ],
)
def test_an_assignment_that_nothing_can_be_made_of_is_refused(assignment: str, told: str) -> None:
    with pytest.raises(BadSetting) as caught:
        assigned(Limits(), [assignment])

    assert told in str(caught.value)
    assert "where: --set" in str(caught.value)


def test_the_settings_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text("[stream_dead]\nsilent_ms = 90_000\n", encoding="utf-8")

    assert limits_of(Settings()) == Limits()
    found = limits_of(Settings(alerts={"limits": str(file)}))

    assert found.of_host("h-1").stream_dead.silent_ms == 90_000


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"cannot be read"):
        limits_of(Settings(alerts={"limits": str(tmp_path / "none.toml")}))
