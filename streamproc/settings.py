"""Settings: one typed group per concern, units in every name, all errors at once.

A setting ``name`` of a group ``group`` is the variable ``STREAMPROC_<GROUP>__<NAME>``, or a file of
that name in the secrets folder; the variable wins. Only ``cli`` reads the environment and hands it in.

Source: docs/settings.md, written from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from msgspec import json
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource
from xxhash import xxh3_64_hexdigest

from streamproc.engine.config import EngineConfig
from streamproc.errors import BadSetting
from streamproc.events.registry import INPUT_TOPICS
from streamproc.setting_groups import HOST, PORT, Board, Group, Metrics, Redis, Robots

PREFIX = "STREAMPROC_"
BETWEEN = "__"
SECRETS_DIR = "STREAMPROC_SECRETS_DIR"
NOT_OURS = re.compile(
    r"STREAMPROC_(TEST_\w+|(\w+_)?(SERVICE_HOST|SERVICE_PORT\w*|PORT(_\d+_(TCP|UDP)(_[A-Z]+)?)?))"
)
"""Variables of the test suite, and those that Kubernetes makes for services called streamproc-*;
every other one with our prefix must be a setting."""

HEARTBEATS_PER_SESSION = 3
SERVER = rf"{HOST}:{PORT}"
TOPIC_WORD = r"[a-z0-9]([a-z0-9.-]{0,180}[a-z0-9])?"


class Kafka(Group):
    """The broker, and our place in the consumer group."""

    bootstrap_servers: str = Field("127.0.0.1:9092", pattern=rf"^{SERVER}(,{SERVER})*$")
    """Brokers to begin with: `host:port`, several with commas between."""
    app_id: str = Field("streamproc", pattern=rf"^{TOPIC_WORD}$")
    """Consumer group, and the front of the changelog's name: lower case letters, digits, `.` and `-`."""
    request_timeout_s: float = Field(30.0, ge=1, le=600)
    """How long a write to Kafka may take before the worker gives up and ends."""
    session_timeout_s: float = Field(15.0, ge=1, le=1800)
    """Without a heartbeat for so long, the group gives the partitions to others."""
    heartbeat_interval_s: float = Field(3.0, ge=0.1, le=600)
    """How often a worker tells the group that it lives; at most a third of the session timeout."""
    rebalance_timeout_s: float = Field(60.0, ge=1, le=3600)
    """How long the group waits for a worker to join a rebalance."""
    group_instance_id: str | None = Field(None, min_length=1, max_length=200)
    """A name that stays over restarts (static membership): a quick restart then moves no partition.
    Each worker needs one of its own."""

    @model_validator(mode="after")
    def _heartbeats_fit(self) -> Self:
        if self.heartbeat_interval_s * HEARTBEATS_PER_SESSION > self.session_timeout_s:
            msg = (
                f"heartbeat_interval_s ({self.heartbeat_interval_s:g}) must be at most a third of"
                f" session_timeout_s ({self.session_timeout_s:g})"
            )
            raise ValueError(msg)
        return self


class Engine(Group):
    """How the state is kept, and when a worker gives up."""

    flush_interval_ms: int = Field(100, ge=5, le=60_000)
    """How often changed state is written to the changelog."""
    flush_interval_max_ms: int = Field(500, ge=5, le=60_000)
    """What that interval stretches to when many keys changed."""
    flush_soft_bytes: int = Field(4 << 20, ge=64 << 10, le=512 << 20)
    """A flush that grows past this is written early, and reading waits for it."""
    flush_hard_bytes: int = Field(8 << 20, ge=64 << 10, le=1 << 30)
    """A flush larger than this ends the worker; `max.message.bytes` of the changelog must allow it."""
    batch_records_max: int = Field(2000, ge=1, le=100_000)
    """The most records that are folded in one go."""
    fetch_wait_max_ms: int = Field(500, ge=1, le=60_000)
    """How long the broker may hold a fetch back when there is nothing new."""
    look_interval_s: float = Field(60.0, ge=1, le=86_400)
    """How often the owner of a quiet partition looks whether anybody else wrote to its changelog."""
    rewrite_after_records: int = Field(100_000, ge=1_000, le=1_000_000_000)
    """After so many records in a partition of the changelog its whole state is written once more, and a
    start reads no more than about that."""
    stall_timeout_s: float = Field(120.0, ge=5, le=86_400)
    """A recovery, flush or commit without progress for so long ends the worker."""
    views_share_max: float = Field(0.15, gt=0, le=1)
    """The share of a core that making tallies for views may take; past it each moves less often."""
    accept_loss: bool = False
    """Go on where the log lost data that was never read, and count it as absent, instead of refusing."""

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.flush_interval_ms > self.flush_interval_max_ms:
            msg = "flush_interval_ms must not be above flush_interval_max_ms"
            raise ValueError(msg)
        if self.flush_soft_bytes > self.flush_hard_bytes:
            msg = "flush_soft_bytes must not be above flush_hard_bytes"
            raise ValueError(msg)
        return self


class DeadLetters(Group):
    """When a source partition pauses because too many of its records cannot be used."""

    ratio_max: float = Field(0.10, gt=0, le=1)
    """The share of the last `window_records` that may be dead letters."""
    window_records: int = Field(10_000, ge=10, le=10_000_000)
    """How many records that share is taken of."""
    in_a_row_max: int = Field(500, ge=1, le=10_000_000)
    """How many records may be dead letters one after the other."""


class Comments(Group):
    """What comments are read by."""

    catalog: str | None = Field(None, min_length=1, max_length=4096)
    """A JSON file of the products: names, aliases, link numbers. Without one no product is recognised."""
    lexicon: str | None = Field(None, min_length=1, max_length=4096)
    """A TOML file of your own words, aliases and rules, beside those that come along."""
    reload_interval_s: float = Field(10.0, ge=0.1, le=86_400)
    """How often both files are looked at: a good change is in force at once, a bad one is told of."""


class Alerts(Group):
    """When alerts are raised."""

    limits: str | None = Field(None, min_length=1, max_length=4096)
    """A TOML file of thresholds, for all or for one host; docs/alerts.md lists them. Read at start."""


class Log(Group):
    """What a command tells about its work, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is told; Faust and aiokafka tell warnings and worse unless this is `debug`."""
    format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object a line."""


class Settings(BaseSettings):
    """Everything that can be set. Made by :func:`load_settings`; made by hand, it reads nothing."""

    model_config = {
        "frozen": True,
        "extra": "forbid",
        "env_prefix": PREFIX,
        "env_nested_delimiter": BETWEEN,
        "env_ignore_empty": True,
    }

    kafka: Kafka = Kafka()
    engine: Engine = Engine()
    dead_letters: DeadLetters = DeadLetters()
    comments: Comments = Comments()
    alerts: Alerts = Alerts()
    metrics: Metrics = Metrics()
    robots: Robots = Robots()
    redis: Redis = Redis()
    board: Board = Board()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[Any, ...]:  # noqa: ANN401 - pydantic's own signature
        """Only what is handed in: the environment is read by ``cli`` alone."""
        return (sources["init_settings"],)

    @property
    def hash(self) -> str:
        """A hash of what decides about tallies and alerts: the same for workers that agree."""
        decides = self.model_dump(
            mode="json", include={"engine", "dead_letters", "comments", "alerts"}
        )
        return xxh3_64_hexdigest(json.encode([self.kafka.app_id, decides], order="sorted"))

    def engine_config(self, partitions: int) -> EngineConfig:
        """What the engine must be told, for inputs of so many partitions."""
        kafka, engine, dead_letters = self.kafka, self.engine, self.dead_letters
        return EngineConfig(
            inputs=INPUT_TOPICS,
            partitions=partitions,
            dead_letter_ratio_max=dead_letters.ratio_max,
            dead_letter_window_records=dead_letters.window_records,
            dead_letters_in_a_row_max=dead_letters.in_a_row_max,
            **kafka.model_dump(),
            **engine.model_dump(),
        )


class Setting(NamedTuple):
    """One setting, for pages, tables and messages."""

    group: str
    name: str
    takes: str
    default: object
    description: str
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{PREFIX}{self.group}{BETWEEN}{self.name}".upper()


def every_setting() -> Iterator[Setting]:
    """Every setting, group by group as declared."""
    for group_name, group in _groups().items():
        properties = group.model_json_schema()["properties"]
        for name, each in group.model_fields.items():
            description = " ".join((each.description or "").split())
            takes, secret = _takes(properties[name]), _is_secret(properties[name])
            yield Setting(group_name, name, takes, each.default, description, secret)


def load_settings(
    environ: Mapping[str, str], overrides: Mapping[str, Mapping[str, object]] | None = None
) -> Settings:
    """The settings that an environment asks for.

    Shapes: ``overrides`` (group -> name -> value, from the command line) win over variables, these over
    secret files.
    Errors: ``BadSetting`` that names every wrong or unknown variable, and what it takes.
    """
    variables = {**_secret_files(environ), **_ours(environ)}
    wrong = _unknown(variables)
    source = EnvSettingsSource(Settings)
    known = {one.variable for one in every_setting()}
    source.env_vars = {
        name.lower(): value for name, value in variables.items() if name in known and value != ""
    }
    values = source()
    for group, of in (overrides or {}).items():
        values[group] = {**values.get(group, {}), **of}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        wrong += _told(error)
    else:
        if not wrong:
            return settings
    count = "one setting is" if len(wrong) == 1 else f"{len(wrong)} settings are"
    raise BadSetting(
        "\n  ".join([f"{count} wrong:", *wrong]),
        where="the environment, the secrets folder or the command line",
        hint="correct them; docs/settings.md and `streamproc config show` list every setting",
    )


def _groups() -> dict[str, type[Group]]:
    fields = Settings.model_fields.items()
    return {
        name: each.annotation
        for name, each in fields
        if isinstance(each.annotation, type) and issubclass(each.annotation, Group)
    }


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    known = {one.variable for one in every_setting()}
    return {
        name.upper(): value
        for name, value in variables.items()
        if name.upper().startswith(PREFIX)
        # a setting may be called like a variable of Kubernetes: STREAMPROC_ROBOTS__PORT
        and (name.upper() in known or not NOT_OURS.fullmatch(name.upper()))
    }


def _secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    folder = environ.get(SECRETS_DIR)
    if not folder:
        return {}
    try:
        paths = [path for path in Path(folder).iterdir() if path.is_file()]
        found = {
            path.name: path.read_text(encoding="utf-8").strip()
            for path in paths
            if path.name.upper().startswith(PREFIX)
        }
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"the secrets folder cannot be read: {error}",
            where=f"{SECRETS_DIR}={folder}",
            hint=f"name a folder whose files are called {PREFIX}<GROUP>{BETWEEN}<NAME>, or unset it",
        ) from error
    return _ours(found)


def _unknown(variables: Mapping[str, str]) -> list[str]:
    known = {one.variable for one in every_setting()} | {SECRETS_DIR}
    return [f"{name}: there is no such setting" for name in sorted(variables.keys() - known)]


def _told(error: ValidationError) -> list[str]:
    settings = {(one.group, one.name): one for one in every_setting()}
    lines = []
    for each in error.errors(include_url=False):
        setting = settings.get((str(each["loc"][0]), str(each["loc"][-1])))
        if setting is None:
            group = f"{PREFIX}{each['loc'][0]}{BETWEEN}*".upper()
            lines.append(f"{group}: {each['msg'].removeprefix('Value error, ')}")
        else:
            given = "" if setting.is_secret else f"={_without_secret(each['input'])}"
            lines.append(
                f"{setting.variable}{given}: takes {setting.takes}"
                f" (default: {shown(setting.default)}). {setting.description}"
            )
    return lines


def _without_secret(given: object) -> object:
    """What was given, but no user or password of a URL."""
    return re.sub(r"//[^/\s]*@", "//***@", given) if isinstance(given, str) else given


def shown(value: object) -> str:
    """A setting's value as a person would write it in a variable."""
    if value is None:
        return "not set"
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _given(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a value that is set."""
    choices = schema.get("anyOf", [schema])
    return next(one for one in choices if one.get("type") != "null")


def _is_secret(schema: Mapping[str, Any]) -> bool:
    return _given(schema).get("format") == "password"


_WORDS = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _takes(schema: Mapping[str, Any]) -> str:
    """What a setting takes, in words, from its JSON Schema."""
    schema = _given(schema)
    if _is_secret(schema):
        return "text, secret"
    if "enum" in schema:
        return " or ".join(schema["enum"])
    words = str(_WORDS.get(schema["type"], "text"))
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    if low is not None:
        above = "above" if "exclusiveMinimum" in schema else "from"
        words += f" {above} {shown(low)} to {shown(schema['maximum'])}"
    return words
