"""Every command that speaks to the broker takes its address from the settings, and is refused with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from streamproc.cli.main import main
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.errors import BadSetting, BrokerUnreachable
from tests.log_records import LogBuilder

VARIABLE = "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS"
COMMANDS = {
    "topics plan": ("topics", "plan"),
    "topics verify": ("topics", "verify"),
    "topics apply": ("topics", "apply"),
    "ingest": ("ingest", "events.jsonl"),
    "simulate": ("simulate", "evening", "--seconds", "1", "--speed", "0"),
    "dlq list": ("dlq", "list"),
    "verify": ("verify",),
}
every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    records = LogBuilder().comment().records
    Path("events.jsonl").write_bytes(b"\n".join(record.value or b"" for record in records))


def ended(command: Sequence[str], *options: str) -> int:
    with pytest.raises(SystemExit) as told:
        main([*command, *options])
    return int(told.value.code or 0)


@every_command
def test_a_file_of_the_secrets_folder_names_the_broker(
    command: Sequence[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nobody = f"{LOOPBACK}:{free_port()}"
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / VARIABLE).write_text(nobody, encoding="utf-8")
    monkeypatch.setenv("STREAMPROC_SECRETS_DIR", str(secrets))

    assert ended(command) == BrokerUnreachable.exit_code
    assert nobody in capsys.readouterr().err


@every_command
def test_a_variable_names_the_broker_whatever_its_case(
    command: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = f"{LOOPBACK}:{free_port()}"
    monkeypatch.setenv(VARIABLE.lower(), nobody)

    assert ended(command) == BrokerUnreachable.exit_code
    assert nobody in capsys.readouterr().err


@every_command
def test_a_variable_that_is_no_setting_is_told_beside_a_wrong_address(
    command: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STREAMPROC_FOO__BAR", "1")

    assert ended(command, "--bootstrap", "127.0.0.1:99999") == BadSetting.exit_code
    said = capsys.readouterr().err
    assert "STREAMPROC_FOO__BAR: there is no such setting" in said
    assert f"{VARIABLE}=127.0.0.1:99999: takes text" in said


@every_command
@pytest.mark.parametrize("address", ["", "foo", "http://127.0.0.1:9", "127.0.0.1:65536", "a..b:1"])
def test_an_address_that_is_none_is_a_wrong_setting(
    command: Sequence[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(command, "--bootstrap", address) == BadSetting.exit_code
    assert f"{VARIABLE}={address}: takes text" in capsys.readouterr().err


def test_a_simulation_into_a_file_is_refused_with_wrong_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMPROC_FOO__BAR", "1")

    assert ended(COMMANDS["simulate"], "--to", "out.jsonl") == BadSetting.exit_code
    assert not (tmp_path / "out.jsonl").exists()
