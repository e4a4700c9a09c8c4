"""A real Prometheus and Alertmanager on what is served, with all durations divided: one stage for tests."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import free_port
from tests.house.tree import ROOT
from tests.ops.dashboards import BOARDS
from tests.ops.programs import program
from tests.ops.rules import EXTERNAL, PROMETHEUS, RULES, alert_rules, lines_of, records, seconds

FASTER = 20
"""A day of Prometheus is 72 minutes here."""
DEADLINE_S = 60.0
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
DURATION = r"\d+(?:ms|s|m|h|d)"
TIMES = {
    *("for", "keep_firing_for", "interval", "group_wait", "group_interval", "repeat_interval"),
    *("scrape_interval", "scrape_timeout", "evaluation_interval"),
}


METRIC = re.compile(
    r"\b(?:[a-z]\w*:[\w:]+|(?:streamproc|process|probe|alertmanager|prometheus)_\w+|up)\b"
)
QUOTED = re.compile(r'"[^"]*"')
RIGHTLY_EMPTY = {
    "kind:streamproc_rooms_paging:count",  # while no room pages
}


def faster(text: str) -> str:
    """A duration, divided."""
    return f"{round(seconds(text) * 1000 / FASTER)}ms"


def sped_up(value: Any, key: str = "") -> Any:  # noqa: ANN401 - any YAML
    """A configuration with every duration divided, those inside expressions too."""
    if isinstance(value, dict):
        return {name: sped_up(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [sped_up(each, key) for each in value]
    if key in TIMES:
        return faster(value)
    if key == "expr":
        ranges = re.sub(rf"\[({DURATION})\]", lambda it: f"[{faster(it[1])}]", value)
        return re.sub(rf"\boffset ({DURATION})", lambda it: f"offset {faster(it[1])}", ranges)
    return value


class Watch(NamedTuple):
    """Clients of a running Prometheus and Alertmanager."""

    prometheus: httpx.Client
    alertmanager: httpx.Client

    def asked(self, expr: str) -> list[dict[str, Any]]:
        """What an expression gives now: series with labels and value."""
        answer = self.prometheus.post("/api/v1/query", data={"query": expr}).json()
        assert answer["status"] == "success", (expr, answer)
        result = answer["data"]["result"]
        return (
            [{"metric": {}, "value": result}]
            if answer["data"]["resultType"] == "scalar"
            else result
        )

    def alerts(self) -> dict[str, set[str]]:
        """The names of alerts at Alertmanager, by state: active, suppressed."""
        found: dict[str, set[str]] = {"active": set(), "suppressed": set()}
        for alert in self.alertmanager.get("/api/v2/alerts").json():
            found.setdefault(alert["status"]["state"], set()).add(alert["labels"]["alertname"])
        return found


def until(holds: Callable[[], object], deadline_s: float, told: Callable[[], object]) -> None:
    """Wait until a condition holds. Errors: ``AssertionError`` with what is told after the deadline."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.2)


def run_by_hand(expr: str) -> str:
    """A dashboard's expression as Grafana would fill it in."""
    filled = expr.replace("$__rate_interval", "80s").replace('"$host"', '".*"')
    return str(sped_up(filled, "expr"))


def empty(watch: Watch) -> list[str]:
    """Expressions of dashboards and records, and metrics of alerts, that give nothing, or no number."""
    panels = [panel for board in BOARDS for _, row in board.rows for panel in row]
    asked = {run_by_hand(query) for panel in panels for query, _ in panel.queries}
    asked |= set(records())
    for rule in alert_rules().values():
        asked |= set(METRIC.findall(QUOTED.sub("", rule.expr)))
    return sorted(
        expr
        for expr in asked - RIGHTLY_EMPTY
        if not any(each["value"][1] != "NaN" for each in watch.asked(expr))
    )


def _prometheus_files(folder: Path, ports: Mapping[str, int]) -> Path:
    config = sped_up(yaml.safe_load(lines_of(PROMETHEUS / "prometheus.yml")))
    config["global"]["external_labels"] = EXTERNAL
    local = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    for job in config["scrape_configs"]:
        job.pop("file_sd_configs", None)
        match job["job_name"]:
            case "streamproc":
                targets = [local["worker-1"], local["worker-2"]]
            case "streamproc-probe":
                targets = ["http://board/livez", "http://robots/livez"]
                job["relabel_configs"][-1]["replacement"] = local["blackbox"]
            case name:
                targets = [local[name]]
        job["static_configs"] = [{"targets": targets}]
    config["alerting"]["alertmanagers"] = [
        {"static_configs": [{"targets": [local["alertmanager"]]}]}
    ]
    rules = folder / "rules"
    rules.mkdir()
    for path in RULES.glob("*.yml"):
        (rules / path.name).write_text(yaml.dump(sped_up(yaml.safe_load(lines_of(path)))))
    written = folder / "prometheus.yml"
    written.write_text(yaml.dump(config))
    return written


def _alertmanager_file(folder: Path, robots: str, token: str) -> Path:
    config = sped_up(yaml.safe_load(lines_of(ALERTMANAGER)))
    (folder / "token").write_text(token)
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", []):
            hook["url"] = f"{robots}/alerts"
            hook["http_config"]["authorization"]["credentials_file"] = str(folder / "token")
    written = folder / "alertmanager.yml"
    written.write_text(yaml.dump(config))
    return written


@contextmanager
def watching(folder: Path, served: Mapping[str, int], robots: str, token: str) -> Iterator[Watch]:
    """A running Prometheus and Alertmanager. ``served``: ports of worker-1, worker-2 and blackbox."""
    ports = {**served, "prometheus": free_port(), "alertmanager": free_port()}
    listen = {name: f"--web.listen-address=127.0.0.1:{ports[name]}" for name in ports}
    commands = {
        "alertmanager": [
            program("alertmanager"),
            f"--config.file={_alertmanager_file(folder, robots, token)}",
            f"--storage.path={folder / 'alertmanager'}",
            "--cluster.listen-address=",
            listen["alertmanager"],
        ],
        "prometheus": [
            program("prometheus"),
            f"--config.file={_prometheus_files(folder, ports)}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--rules.alert.resend-delay=3s",
            listen["prometheus"],
        ],
    }
    with ExitStack() as stack:
        clients = [
            stack.enter_context(_running(name, command, ports[name], folder))
            for name, command in sorted(commands.items())
        ]
        yield Watch(prometheus=clients[1], alertmanager=clients[0])


@contextmanager
def _running(name: str, command: list[str], port: int, folder: Path) -> Iterator[httpx.Client]:
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(leashed(command), stdout=out, stderr=subprocess.STDOUT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            _until_ready(client, process, log)
            yield client
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
