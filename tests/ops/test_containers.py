"""The image and the compose file, held to what they promise, without an engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from streamproc.cli.main import COMMANDS
from streamproc.settings import every_setting
from tests.house.tree import ROOT, pyproject, tracked_files
from tests.ops.rules import PROMETHEUS, lines_of

COMPOSE = ROOT / "deploy" / "compose" / "compose.yaml"
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
USERS = ROOT / "deploy" / "redis" / "users.acl"
LOADED: dict[str, Any] = yaml.safe_load(lines_of(COMPOSE))
SERVICES: dict[str, dict[str, Any]] = LOADED["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("streamproc:")}
TOP = {"services", "networks", "volumes", "secrets"}
KEYS = {
    *(
        "image",
        "build",
        "profiles",
        "command",
        "environment",
        "depends_on",
        "healthcheck",
        "ports",
        "volumes",
    ),
    *(
        "secrets",
        "networks",
        "user",
        "read_only",
        "tmpfs",
        "cap_drop",
        "security_opt",
        "restart",
        "logging",
    ),
    *("mem_limit", "stop_grace_period", "hostname", "init"),
}
WRITES_ITS_ROOT = {"kafka"}
CORE = {"kafka", "topics", "redis", "redis-setup", "worker-1", "worker-2", "board"}
JOBS = {"topics", "redis-setup", "simulator"}
VERSION = re.compile(r":v?\d+\.\d+\.\d+(-[a-z]+)?$")


def environment(name: str) -> dict[str, str]:
    return dict(SERVICES[name].get("environment", {}))


def secret_targets(name: str) -> dict[str, str]:
    """What a service finds in /run/secrets: file name there, and which secret it is."""
    found: dict[str, str] = {}
    for each in SERVICES[name].get("secrets", []):
        source = each["source"] if isinstance(each, dict) else each
        found[each["target"] if isinstance(each, dict) else source] = source
    return found


def test_the_image_passes_the_linter() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint
    done = subprocess.run([hadolint, str(DOCKERFILE)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_nobody_special_and_needs_no_shell() -> None:
    text = lines_of(DOCKERFILE)
    final = text[text.rindex("\nFROM ") :]

    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        assert re.search(rf"{word}[^\n]*(\\\n[^\n]*)?\[\"", final), f"{word} without a shell"
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    assert f"streamproc:{pyproject()['project']['version']}" in text


def test_the_image_is_made_of_tracked_files_that_are_not_ignored() -> None:
    kept = set(re.findall(r"^!(\S+)$", lines_of(ROOT / ".dockerignore"), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", lines_of(DOCKERFILE), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}

    assert {Path(source).parts[0] for source in sources} <= kept
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_file_has_only_what_compose_knows() -> None:
    assert {key for key in LOADED if not key.startswith("x-")} == TOP
    assert {key for one in SERVICES.values() for key in one} <= KEYS


def test_profiles_hold_what_they_should() -> None:
    core = {name for name, one in SERVICES.items() if "core" in one["profiles"]}

    assert core == CORE
    assert all("full" in one["profiles"] for one in SERVICES.values())
    assert set(SERVICES) - CORE == {
        *("simulator", "robots", "prometheus", "blackbox", "alertmanager", "grafana")
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_may_do_nothing_that_it_need_not(name: str) -> None:
    one = SERVICES[name]

    assert VERSION.search(one["image"]), one["image"]
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]
    assert one.get("read_only", False) is (name not in WRITES_ITS_ROOT)
    assert name in JOBS or one["mem_limit"]
    assert name in JOBS or one["restart"] == "unless-stopped"
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", []))
    assert not one.get("ports") or "outside" in one["networks"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_whether_it_is_well(name: str) -> None:
    health = SERVICES[name].get("healthcheck")
    if name in JOBS:
        assert health == {"disable": True}
    elif health is not None:
        assert health["test"][0] in {"CMD", "CMD-SHELL"}
    else:
        assert name.startswith("worker-"), "only workers have the image's own check"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_and_mounts_exists(name: str) -> None:
    one = SERVICES[name]
    for other, how in one.get("depends_on", {}).items():
        assert set(one["profiles"]) <= set(SERVICES[other]["profiles"]), other
        job = how["condition"] == "service_completed_successfully"
        assert job is (other in JOBS), other
    for volume in one.get("volumes", []):
        source = volume.split(":")[0]
        known = source in LOADED["volumes"] or (COMPOSE.parent / source).resolve().exists()
        assert known, volume
        assert source in LOADED["volumes"] or volume.endswith(":ro")
    assert set(one["networks"]) <= set(LOADED["networks"])
    assert set(secret_targets(name).values()) <= set(LOADED["secrets"])


def test_nothing_is_declared_that_nobody_uses() -> None:
    mounted = {each.split(":")[0] for one in SERVICES.values() for each in one.get("volumes", [])}
    told = {source for name in SERVICES for source in secret_targets(name).values()}

    assert set(LOADED["volumes"]) <= mounted
    assert set(LOADED["secrets"]) == told


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_and_settings_that_there_are(name: str) -> None:
    settings = {one.variable: one for one in every_setting()}
    ours = {each for each in environment(name) if each.startswith("STREAMPROC_")}
    named = ours - {"STREAMPROC_SECRETS_DIR"}
    secret = {each for each in secret_targets(name) if each.startswith("STREAMPROC_")}

    assert SERVICES[name]["command"][0] in COMMANDS
    assert named | secret <= set(settings)
    assert all(settings[each].is_secret for each in secret)
    assert not [each for each in named if settings[each].is_secret]
    # the folder is only there where a secret is, and one that is named and not there is refused
    assert environment(name).get("STREAMPROC_SECRETS_DIR") == ("/run/secrets" if secret else None)


def test_workers_are_alike_but_for_their_names() -> None:
    first, second = (dict(SERVICES[name]) for name in ("worker-1", "worker-2"))
    for one in (first, second):
        one["environment"] = {
            k: v for k, v in one["environment"].items() if not k.endswith("INSTANCE_ID")
        }
        del one["hostname"]

    assert first == second


def test_prometheus_knows_the_names_of_services_and_their_ports() -> None:
    text = "\n".join(lines_of(path) for path in sorted(PROMETHEUS.glob("targets/*.yml")))
    text += lines_of(PROMETHEUS / "prometheus.yml")
    found = dict(re.findall(r"\b([a-z]+(?:-\d)?):(\d{4})\b", text))
    settings = {str(one.variable): one.default for one in every_setting()}

    assert set(found) - {"localhost"} <= set(SERVICES)
    assert found["worker-1"] == found["worker-2"] == str(settings["STREAMPROC_METRICS__PORT"])
    for name in ("board", "robots"):
        assert found[name] == environment(name)[f"STREAMPROC_{name.upper()}__PORT"]


def test_secrets_are_made_once_with_users_that_can_log_in(tmp_path: Path) -> None:
    script = COMPOSE.parent / "make-secrets"
    for _ in range(2):
        subprocess.run(["sh", script, tmp_path, USERS], check=True, capture_output=True)
    files = {Path(one["file"]).name for one in LOADED["secrets"].values()}
    made = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    users = made["users.acl"].splitlines()

    assert files == set(made)
    assert len({made[name] for name in made if made[name]}) == len(
        [1 for text in made.values() if text]
    )
    assert all(len(made[name]) == 43 for name in ("redis_writer", "board_read", "robots_token"))
    assert {line.split()[1]: line.split()[2] for line in users} == {
        "default": "off",
        "sp-writer": "on",
        "sp-reader": "on",
        "sp-deploy": "on",
    }
    assert "deploy/compose/secrets/" in lines_of(ROOT / ".gitignore")


def test_no_secret_file_is_tracked() -> None:
    assert not [path for path in tracked_files() if "secrets" in path.relative_to(ROOT).parts[:-1]]
