"""The jars of a real Apache Kafka, fetched once by Maven and kept, and how a JVM runs them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

KAFKA_VERSION = "4.1.0"
LIBS_VARIABLE = "STREAMPROC_TEST_KAFKA_LIBS"

_HERE = Path(__file__).parent
_CACHE = _HERE.parent / ".cache" / "kafka" / KAFKA_VERSION
CLASSES = _CACHE / "classes.jsa"
"""What a JVM loads for a node, once ``servers.share_classes`` kept it; what does not fit is ignored."""
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a node that serves a test: it takes half as long to start, and compiles less well."""
LASTING: tuple[str, ...] = ()
"""For a node under load that is measured."""
_FETCH_DEADLINE_S = 600.0


class ServerMissing(Exception):
    """A server cannot be started on this machine: Java, Maven or the jars are not to be had."""


def kafka_libs() -> Path:
    """The folder of Kafka's jars, filled by Maven at the first call.

    Errors: ``ServerMissing`` if they are neither there nor to be had.
    """
    named = os.environ.get(LIBS_VARIABLE)  # noqa: TID251 - tests have no settings
    if named:
        if not any(Path(named).glob("kafka_2.13-*.jar")):
            msg = f"{LIBS_VARIABLE}={named} holds no jars of Kafka"
            raise ServerMissing(msg)
        return Path(named)
    libs = _CACHE / "libs"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test runs may begin at once
        if not libs.exists():
            _fetch_libs(libs)
    return libs


def java_options() -> tuple[str, ...]:
    """How a JVM runs a node of a test."""
    if CLASSES.exists():
        return (*SHORT_LIVED, f"-XX:SharedArchiveFile={CLASSES}")
    return SHORT_LIVED


def _fetch_libs(libs: Path) -> None:
    maven = program("mvn")
    scratch = Path(tempfile.mkdtemp(prefix="libs-", dir=libs.parent))
    try:
        done = subprocess.run(
            [
                *(maven, "-B", "-q", "-f", str(_HERE / "kafka" / "pom.xml")),
                *(f"-Dkafka.version={KAFKA_VERSION}", "-DincludeScope=runtime"),
                *("dependency:copy-dependencies", f"-DoutputDirectory={scratch}"),
            ],
            capture_output=True,
            text=True,
            timeout=_FETCH_DEADLINE_S,
            check=False,
        )
        if done.returncode != 0:
            msg = f"Maven could not fetch Kafka {KAFKA_VERSION}:\n{done.stdout}{done.stderr}"
            raise ServerMissing(msg)
        scratch.rename(libs)  # whole or not at all
    except subprocess.TimeoutExpired as slow:
        msg = f"Maven fetched Kafka {KAFKA_VERSION} for {_FETCH_DEADLINE_S:.0f} s without an end"
        raise ServerMissing(msg) from slow
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def program(name: str) -> str:
    """The path of a program.

    Errors: ``ServerMissing`` if it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        msg = f"no {name} on the PATH; a real Kafka needs Java 17 and, once, Maven"
        raise ServerMissing(msg)
    return path
