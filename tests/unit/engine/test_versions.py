"""The libraries must hold what the engine relies on."""

from __future__ import annotations

import pytest

from streamproc.engine import versions
from streamproc.errors import IncompatibleLibrary


def test_the_installed_libraries_hold_everything() -> None:
    versions.check_versions()


def test_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "0.13.9")

    with pytest.raises(IncompatibleLibrary, match=r"aiokafka is 0\.13\.9"):
        versions.check_versions()


def test_a_codec_that_nothing_reads_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiokafka.codec.has_lz4", lambda: False)

    with pytest.raises(IncompatibleLibrary, match="nothing reads LZ4"):
        versions.check_versions()


def test_a_missing_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        """Has nothing."""

    monkeypatch.setattr(versions, "NEEDED", ((Bare, ("send_batch",)),))
    monkeypatch.setattr(versions, "NEEDED_FIELDS", ((Bare, ("_records",)),))

    assert versions.missing_parts() == ["Bare has no send_batch", "Bare uses no field _records"]
