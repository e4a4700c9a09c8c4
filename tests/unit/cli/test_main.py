"""The command line's frame: what it offers, and how errors leave it."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import pytest
from aiokafka.errors import KafkaConnectionError

from streamproc.cli import main as cli
from streamproc.cli.main import COMMANDS, build, main
from streamproc.errors import BadSetting, BrokerUnreachable, StreamprocError

HEAVY = ("faust", "aiokafka", "pydantic", "streamproc.app")


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0

    said = capsys.readouterr().out
    assert [name for name in COMMANDS if f" {name} " not in said] == []


def test_every_command_lets_the_collector_look_seldom() -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(700, 10, 10)
        exit_code("--help")

        assert gc.get_threshold() > (10_000, 10, 10)
    finally:
        gc.set_threshold(*before)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from streamproc.cli.main import build\n"
        "build(['--help'])\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_what_it_takes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(name, "--help") == 0

    assert "Usage: streamproc" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_only_a_name_until_it_is_asked_for(name: str) -> None:
    asked, other = build([name]), build([])

    def modules(app: object) -> set[str]:
        commands = getattr(app, "registered_commands")  # noqa: B009 - typer's own list
        return {each.callback.__module__ for each in commands}

    assert modules(other) == {"streamproc.cli.main"}
    assert asked.registered_groups or f"streamproc.cli.{name}" in modules(asked)


def test_a_command_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("wroker") == 2

    assert "wroker" in capsys.readouterr().err


def test_an_error_of_ours_is_one_screen_and_its_own_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMPROC_KAFKA__NOTHING", "1")

    assert exit_code("config", "show") == BadSetting.exit_code

    said = capsys.readouterr().err
    for words in ("STREAMPROC_KAFKA__NOTHING", "where:", "what to do:", "exit code:  10"):
        assert words in said
    assert "Traceback" not in said


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0

    assert capsys.readouterr().out.startswith("streamproc ")


def test_an_error_without_place_and_advice_shows_neither(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from streamproc.cli.terminal import tell

    tell(StreamprocError("it broke [bold]here[/bold]"))

    said = capsys.readouterr().err
    assert "it broke [bold]here[/bold]" in said
    assert "where:" not in said
    assert "what to do:" not in said


def failing_with(error: Exception) -> Callable[[Sequence[str]], Callable[..., NoReturn]]:
    def fail(**_: object) -> NoReturn:
        raise error

    return lambda _given: fail


def test_what_a_kafka_client_raises_is_told_as_an_unreachable_broker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "build", failing_with(KafkaConnectionError("gone")))

    assert exit_code("verify") == BrokerUnreachable.exit_code

    said = capsys.readouterr().err
    assert "KafkaConnectionError" in said
    assert "Traceback" not in said


def test_what_is_nobodys_failure_leaves_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "build", failing_with(KeyError("ours")))

    with pytest.raises(KeyError, match="ours"):
        main(["verify"])
