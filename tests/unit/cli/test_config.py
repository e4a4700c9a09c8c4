"""``config show`` tells what is in force, so that it can be written down again."""

from __future__ import annotations

import msgspec
import pytest

from streamproc.cli.config import settings_of
from streamproc.cli.main import main
from streamproc.settings import every_setting


def shown(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["config", "show", *options])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_every_setting_is_shown_with_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMPROC_KAFKA__APP_ID", "fair")

    said = shown(capsys)

    assert "STREAMPROC_KAFKA__APP_ID=fair" in said
    assert "default streamproc" in said
    assert [one.variable for one in every_setting() if f"{one.variable}=" not in said] == []


def test_json_holds_values_of_their_own_type(capsys: pytest.CaptureFixture[str]) -> None:
    held = msgspec.json.decode(shown(capsys, "--json"))

    assert held["STREAMPROC_ENGINE__ACCEPT_LOSS"] is False
    assert held["STREAMPROC_ENGINE__FLUSH_INTERVAL_MS"] == 100


def test_an_option_that_was_not_given_leaves_the_variable_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STREAMPROC_KAFKA__APP_ID", "variable")

    assert settings_of(kafka__app_id=None).kafka.app_id == "variable"
    assert settings_of(kafka__app_id="option").kafka.app_id == "option"
