"""A real Apache Kafka for tests, benchmarks and by hand: one KRaft node from Maven jars.

By hand: ``python -m tests.servers kafka --port 9092 --dir /tmp/kafka`` until SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import pytest

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, broker_count, free_port, is_free
from tests.kafka_jars import (
    CLASSES,
    KAFKA_VERSION,
    LASTING,
    SHORT_LIVED,
    ServerMissing,
    java_options,
    kafka_libs,
    program,
)
from tests.server_process import ServerFailed as ServerFailed
from tests.server_process import ServerProcess

_HERE = Path(__file__).parent
_START_DEADLINE_S = 120.0  # after a crash it looks through all its logs
_POLL_S = 0.05
_ATTEMPTS = 4
_LOG_TAIL_LINES = 60
_LARGEST_BATCH_BYTES = 10 * 1024 * 1024  # a flush of 8 MiB and what Kafka adds around it
_PORT_WORDS = ("Address already in use", "BindException")

BROKER_DEFAULTS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.cleaner.backoff.ms": "500",  # a test that has something compacted waits for it
    "message.max.bytes": str(_LARGEST_BATCH_BYTES),
    "replica.fetch.max.bytes": str(_LARGEST_BATCH_BYTES),
    "replica.fetch.response.max.bytes": str(2 * _LARGEST_BATCH_BYTES),
}
"""What every node starts with; ``KafkaServer(properties=..)`` overrides."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker for a test, and which of the two kinds it is."""

    bootstrap: str
    kind: Literal["kafka", "embedded"]


class KafkaServer(ServerProcess):
    """One Kafka node on 127.0.0.1 as a process of our own.

    It keeps its port and data over ``stop`` or ``kill`` and ``start``; ``close``, or leaving the
    context, removes a data folder that it made itself. On Linux it dies with the process that started it.

    Shapes: with a ``controller``, which runs by then, it is one more broker of that one's cluster, and
        needs a ``node.id`` of its own. Without one it is a cluster by itself. ``java`` are options of its
        JVM, by default those that start it fast.
    Errors: ``start`` raises ``ServerMissing`` or ``ServerFailed``.
    """

    name = "Kafka"

    def __init__(
        self,
        *,
        port: int | None = None,
        directory: Path | None = None,
        properties: Mapping[str, str] | None = None,
        heap_mib: int = 512,
        java: tuple[str, ...] | None = None,
        controller: KafkaServer | None = None,
    ) -> None:
        self._port_given = port is not None
        self.port = port or 0
        self._controller_port = 0
        self._controller = controller
        self._cluster: str = _new_cluster() if controller is None else controller._cluster
        super().__init__(directory)
        self._properties = dict(properties or {})
        memory = (f"-Xmx{heap_mib}m", "-Xms64m")
        self._java_options = (*memory, *(java_options() if java is None else java))
        self._started_once = False

    @property
    def bootstrap(self) -> str:
        """The address for clients, once started."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def log_path(self) -> Path:
        """The file that holds what the node says."""
        return self.directory / "kafka.log"

    def log_tail(self) -> str:
        """The last lines that the node said."""
        if not self.log_path.exists():
            return "(no log)"
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def start(self) -> None:
        """Start the node and wait until it is the broker of its own cluster."""
        attempts = 1 if self._port_given or self._started_once else _ATTEMPTS
        for attempt in range(attempts):
            if not self._started_once:
                self._choose_ports()
            try:
                self._start_process()
            except ServerFailed as failed:
                self.kill()
                raced = any(word in str(failed) for word in _PORT_WORDS)
                if not raced or attempt == attempts - 1:
                    raise
                shutil.rmtree(self.directory / "data", ignore_errors=True)
            else:
                self._started_once = True
                return

    def _choose_ports(self) -> None:
        if not self._port_given:
            self.port = free_port()
        self._controller_port = free_port()
        while self._controller_port == self.port:
            self._controller_port = free_port()

    def _start_process(self) -> None:
        if not is_free(self.port):
            msg = f"{_PORT_WORDS[0]}: {self.bootstrap}"
            raise ServerFailed(msg)
        java, classpath = program("java"), f"{kafka_libs()}/*"
        self.directory.mkdir(parents=True, exist_ok=True)
        config = self._write_config()
        if not (self.directory / "data" / "meta.properties").exists():
            self._format(java, classpath, config)
        with self.log_path.open("ab") as log:
            command = [*self._java(java, classpath), "kafka.Kafka", str(config)]
            self._process = subprocess.Popen(
                # elsewhere the leash is a process of its own: kill and pause would hit it instead
                leashed(command) if sys.platform == "linux" else command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                start_new_session=True,  # Ctrl-C in a terminal is for the one who started us
            )
        self._await_answer()

    def _java(self, java: str, classpath: str) -> list[str]:
        quiet = f"-Dlog4j2.configurationFile={_HERE / 'kafka' / 'log4j2.yaml'}"
        return [java, *self._java_options, quiet, "-cp", classpath]

    def _write_config(self) -> Path:
        own = f"PLAINTEXT://{LOOPBACK}:{self.port}"
        controller = f"{LOOPBACK}:{(self._controller or self)._controller_port}"
        lines = {
            **BROKER_DEFAULTS,
            "listeners": f"{own},CONTROLLER://{controller}",
            "advertised.listeners": own,
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self.directory / "data"),
        }
        if self._controller is not None:
            lines |= {"process.roles": "broker", "listeners": own}
        lines |= self._properties
        config = self.directory / "server.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        return config

    def _format(self, java: str, classpath: str, config: Path) -> None:
        options = ["format", f"--cluster-id={self._cluster}", "-c", str(config)]
        done = subprocess.run(
            [*self._java(java, classpath), "kafka.tools.StorageTool", *options],
            capture_output=True,
            text=True,
            timeout=_START_DEADLINE_S,
            check=False,
        )
        if done.returncode != 0:
            msg = f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}"
            raise ServerFailed(msg)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while not broker_count(self.port):
            self.check_alive()
            if time.monotonic() > deadline:
                msg = f"Kafka did not answer in {_START_DEADLINE_S:.0f} s:\n{self.log_tail()}"
                raise ServerFailed(msg)
            time.sleep(_POLL_S)
        self.check_alive()  # if a stranger answered on the port, ours ended


def kafka_or_skip(
    *, properties: Mapping[str, str] | None = None, heap_mib: int = 512
) -> Iterator[KafkaServer]:
    """A started node, for the body of a pytest fixture: ``yield from kafka_or_skip()``.

    Errors: skips the test where Kafka cannot be had, and fails it there if ``CI`` is set.
    """
    server = KafkaServer(properties=properties, heap_mib=heap_mib)
    try:
        server.start()
        yield server
    except ServerMissing as missing:
        skip_or_fail(str(missing))
    finally:
        server.close()


def share_classes() -> None:
    """Keep what a JVM loads for a node: each that starts later has it at once.

    Errors: ``ServerMissing``, ``ServerFailed``.
    """
    kept = CLASSES.with_suffix(".new")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with KafkaServer(java=(*SHORT_LIVED, f"-XX:ArchiveClassesAtExit={kept}")) as node:
        node.stop()
    if kept.exists():  # not every JVM can
        kept.rename(CLASSES)


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test that lacks a server; on CI, where none may lack, fail it."""
    if os.environ.get("CI"):  # noqa: TID251 - tests have no settings
        pytest.fail(f"on CI this may not be missing: {reason}")
    pytest.skip(reason)


def main(arguments: list[str]) -> int:
    """Run a server by hand until SIGTERM or SIGINT; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("server", choices=["kafka"])
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--dir", type=Path, help="keep the data here (default: a temporary folder)")
    parser.add_argument("--heap-mib", type=int, default=512)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    chosen = parser.parse_args(arguments)
    properties = dict(str(pair).split("=", 1) for pair in chosen.set)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    with KafkaServer(
        port=chosen.port,
        directory=chosen.dir and chosen.dir.resolve(),
        properties=properties,
        heap_mib=chosen.heap_mib,
        java=LASTING,
    ) as server:
        sys.stdout.write(f"Kafka {KAFKA_VERSION} on {server.bootstrap}, in {server.directory}\n")
        sys.stdout.flush()
        while not ended.wait(0.5):
            server.check_alive()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


def _new_cluster() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
