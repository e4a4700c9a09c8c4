"""Asks a board whatever its OpenAPI document allows, and what it does not, and looks at the answers.

    python -m tests.board.fuzz --examples 60

The last line is JSON; the exit code is 1 if an answer was an error of ours or not as the document says. The
stream of events has no end and is left out; it has tests of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port

TOKEN = "fuzz-fuzz-fuzz-fuzz"  # noqa: S105 - of a board that lives for a minute
READY_DEADLINE_S = 60.0
STREAM = "/api/v1/stream"


class Found(msgspec.Struct, frozen=True):
    """What came of it. Shapes: ``told`` is what schemathesis prints."""

    cases: int
    operations: int
    failures: int
    told: str


def fuzzed(*, examples: int, phases: str, seed: int | None = None) -> Found:
    """Ask a board over made-up rooms; so many examples of each operation in each phase that draws them."""
    with tempfile.TemporaryDirectory() as folder, _board() as url:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json"),
            *("-H", f"Authorization: Bearer {TOKEN}", "--exclude-path", STREAM, "--no-color"),
            *("--continue-on-failure", "--generation-database", "none", "--phases", phases),
            *(
                "--max-examples",
                str(examples),
                "--report",
                "json",
                "--report-json-path",
                str(report),
            ),
            *(("--seed", str(seed)) if seed is not None else ()),
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if not report.exists():
            raise RuntimeError(done.stdout + done.stderr)
        told = msgspec.json.decode(report.read_bytes())
    return Found(
        told["test_cases"]["generated"],
        told["operations"]["tested"],
        len(told["failures"]) + told["test_cases"]["errored"] + (done.returncode != 0),
        done.stdout,
    )


@contextlib.contextmanager
def _board() -> Iterator[str]:
    """A board over rooms that move, in a process of its own, with a token."""
    port = free_port()
    options = ("--port", str(port), "--token", TOKEN, "--rate", "1000000", "--hosts", "12")
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "tests.board.filled", *options]), stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://{LOOPBACK}:{port}"
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    """Return when there are rooms, and an alert of one of them."""
    deadline_s = time.monotonic() + READY_DEADLINE_S
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/api/v1/alerts").json().get("items"):
                    return
            time.sleep(0.1)
    msg = f"the board at {url} was not ready in {READY_DEADLINE_S:.0f} s"
    raise TimeoutError(msg)


def main() -> None:
    """Ask, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--phases", default="coverage,fuzzing,stateful")
    given = parser.parse_args()
    found = fuzzed(examples=given.examples, phases=given.phases, seed=given.seed)
    sys.stdout.write(found.told)
    summary = {"cases": found.cases, "operations": found.operations, "failures": found.failures}
    sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
    sys.exit(found.failures > 0)


if __name__ == "__main__":
    main()
