from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.embedded.broker import EmbeddedBroker, embedded_binary
from streamproc.errors import EmbeddedUnavailable


def test_without_the_wheel_the_error_says_how_to_name_a_broker() -> None:
    with pytest.raises(EmbeddedUnavailable, match="STREAMPROC_KAFKA__BOOTSTRAP_SERVERS"):
        embedded_binary("no_such_wheel")


def test_a_wheel_without_a_program_counts_as_missing() -> None:
    with pytest.raises(EmbeddedUnavailable):
        embedded_binary("streamproc")


async def test_a_program_that_ends_at_once_is_reported_with_what_it_said(tmp_path: Path) -> None:
    script = tmp_path / "tansu"
    script.write_text("#!/bin/sh\necho the disk is full of eels\nexit 3\n")
    script.chmod(0o755)
    broker = EmbeddedBroker(binary=script)

    with pytest.raises(EmbeddedUnavailable, match="full of eels"):
        await broker.start()

    assert broker.pid is None
