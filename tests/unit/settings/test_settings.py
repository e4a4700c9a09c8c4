"""Settings come from what is handed in, and every mistake is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.engine.config import EngineConfig
from streamproc.errors import BadSetting
from streamproc.settings import Settings, every_setting, load_settings


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(BadSetting) as caught:
        load_settings(environ)
    return str(caught.value)


def test_without_variables_every_setting_has_its_default() -> None:
    assert load_settings({}) == Settings()


def test_the_environment_of_the_process_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMPROC_KAFKA__APP_ID", "from-the-process")

    assert load_settings({}).kafka.app_id == "streamproc"
    assert Settings().kafka.app_id == "streamproc"


def test_a_variable_sets_its_setting_whatever_its_case() -> None:
    settings = load_settings(
        {"STREAMPROC_KAFKA__APP_ID": "fair", "streamproc_engine__accept_loss": "true"}
    )

    assert settings.kafka.app_id == "fair"
    assert settings.engine.accept_loss is True


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"STREAMPROC_KAFKA__GROUP_INSTANCE_ID": ""}) == Settings()


def test_every_mistake_is_told_at_once_by_variable_and_by_what_it_takes() -> None:
    told = refused(
        {
            "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": "no port",
            "STREAMPROC_ENGINE__FLUSH_INTERVAL_MS": "soon",
            "STREAMPROC_DEAD_LETTERS__RATIO_MAX": "0",
            "STREAMPROC_LOG__LEVEL": "loud",
        }
    )

    assert "4 settings are wrong" in told
    assert "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS=no port: takes text" in told
    assert "STREAMPROC_ENGINE__FLUSH_INTERVAL_MS=soon: takes a whole number from 5 to 60000" in told
    assert "STREAMPROC_DEAD_LETTERS__RATIO_MAX=0: takes a number above 0 to 1" in told
    assert "STREAMPROC_LOG__LEVEL=loud: takes debug or info or warning or error" in told


@pytest.mark.parametrize(
    "name",
    ["STREAMPROC_KAFKA__APPID", "STREAMPROC_KAFAK__APP_ID", "STREAMPROC_KAFKA", "STREAMPROC_X"],
)
def test_a_variable_that_is_no_setting_is_a_mistake(name: str) -> None:
    assert f"{name}: there is no such setting" in refused({name: "{}"})


@pytest.mark.parametrize(
    "name",
    [
        "STREAMPROC_TEST_KAFKA_LIBS",
        "STREAMPROC_SERVICE_HOST",
        "STREAMPROC_BOARD_SERVICE_PORT_HTTP",
        "STREAMPROC_PORT",
        "STREAMPROC_BOARD_PORT_8080_TCP_ADDR",
        "PATH",
    ],
)
def test_what_others_put_into_an_environment_is_left_alone(name: str) -> None:
    assert load_settings({name: "anything"}) == Settings()


def test_a_port_of_ours_is_no_port_of_kubernetes() -> None:
    assert load_settings({"STREAMPROC_METRICS__PORT": "9"}).metrics.port == 9


@pytest.mark.parametrize(
    "environ",
    [
        {"STREAMPROC_METRICS__TLS_CERT_FILE": "cert.pem"},
        {"STREAMPROC_METRICS__TLS_CLIENT_CA_FILE": "ca.pem"},
        {"STREAMPROC_METRICS__ROOM_WINDOWS": "1m,2m"},
    ],
)
def test_metrics_that_cannot_be_served_are_refused(environ: dict[str, str]) -> None:
    assert "STREAMPROC_METRICS__" in refused(environ)


def test_workers_that_agree_have_the_same_hash() -> None:
    ours = load_settings({})
    elsewhere = load_settings(
        {"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": "b:1", "STREAMPROC_METRICS__PORT": "9"}
    )
    other = load_settings({"STREAMPROC_DEAD_LETTERS__IN_A_ROW_MAX": "7"})

    assert ours.hash == elsewhere.hash
    assert ours.hash != other.hash


def test_heartbeats_too_far_apart_for_the_session_are_refused() -> None:
    told = refused(
        {"STREAMPROC_KAFKA__SESSION_TIMEOUT_S": "6"}
        | {"STREAMPROC_KAFKA__HEARTBEAT_INTERVAL_S": "2.5"}
    )

    assert "STREAMPROC_KAFKA__*: heartbeat_interval_s (2.5) must be at most a third" in told


@pytest.mark.parametrize(
    "environ",
    [
        {"STREAMPROC_ENGINE__FLUSH_INTERVAL_MS": "600"},
        {"STREAMPROC_ENGINE__FLUSH_HARD_BYTES": "100000"},
    ],
)
def test_limits_that_contradict_each_other_are_refused(environ: dict[str, str]) -> None:
    assert "STREAMPROC_ENGINE__*: flush_" in refused(environ)


def test_a_secret_file_sets_its_setting_and_a_variable_wins_over_it(tmp_path: Path) -> None:
    (tmp_path / "STREAMPROC_KAFKA__APP_ID").write_text("from-file\n", encoding="utf-8")
    (tmp_path / "streamproc_kafka__group_instance_id").write_text("one", encoding="utf-8")
    (tmp_path / "unrelated").write_text("x", encoding="utf-8")
    folder = {"STREAMPROC_SECRETS_DIR": str(tmp_path)}

    from_file = load_settings(folder)
    beside_variable = load_settings(folder | {"STREAMPROC_KAFKA__APP_ID": "variable"})

    assert (from_file.kafka.app_id, from_file.kafka.group_instance_id) == ("from-file", "one")
    assert beside_variable.kafka.app_id == "variable"


def test_a_secrets_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = refused({"STREAMPROC_SECRETS_DIR": str(tmp_path / "gone")})

    assert "the secrets folder cannot be read" in told


def test_the_command_line_wins_over_a_variable_and_is_checked_like_one() -> None:
    environ = {"STREAMPROC_KAFKA__APP_ID": "variable"}

    assert load_settings(environ, {"kafka": {"app_id": "option"}}).kafka.app_id == "option"
    with pytest.raises(BadSetting, match="STREAMPROC_KAFKA__BOOTSTRAP_SERVERS=nowhere"):
        load_settings(environ, {"kafka": {"bootstrap_servers": "nowhere"}})


def test_the_defaults_are_those_of_the_engine() -> None:
    settings = Settings()

    config = settings.engine_config(7)

    assert config == EngineConfig(
        app_id="streamproc",
        bootstrap_servers="127.0.0.1:9092",
        inputs=config.inputs,
        partitions=7,
    )


def test_every_setting_says_what_it_is_and_numbers_name_their_unit() -> None:
    units = ("_ms", "_s", "_bytes", "_records", "_max", "_min", "port")
    for setting in every_setting():
        assert setting.description.endswith((".", "`")), setting.variable
        if "number" in setting.takes and setting.name != "port":
            assert setting.name.endswith(units), setting.variable


def test_a_port_is_a_setting_though_kubernetes_has_a_word_for_it() -> None:
    assert load_settings({"STREAMPROC_ROBOTS__PORT": "9200"}).robots.port == 9200


def test_a_wrong_secret_is_named_and_not_told() -> None:
    told = refused({"STREAMPROC_ROBOTS__TOKEN": "short", "STREAMPROC_ROBOTS__WECOM_URL": "ftp://x"})

    assert "STREAMPROC_ROBOTS__TOKEN: takes text, secret" in told
    assert "STREAMPROC_ROBOTS__WECOM_URL: takes text, secret" in told
    assert "short" not in told
    assert "ftp://x" not in told
