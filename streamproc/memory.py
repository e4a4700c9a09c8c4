"""How a process that holds the state of many rooms deals with its memory."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Mapping
from typing import Final

_THRESHOLDS: Final = (50_000, 20, 20)

_MIB: Final = 2**20
_M_TRIM_THRESHOLD: Final = -1
_M_TOP_PAD: Final = -2
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = (
    (_M_TRIM_THRESHOLD, 64 * _MIB),
    (_M_TOP_PAD, 8 * _MIB),
    (_M_MMAP_THRESHOLD, 32 * _MIB),
)
"""Parameters of glibc's ``mallopt``, by their numbers in its ``malloc.h``; the last takes no more.

Source: mallopt(3).
"""
_TUNES: Final = "glibc.malloc"
"""What stands in ``GLIBC_TUNABLES`` if they tune memory."""


def hold_many(environment: Mapping[str, str]) -> None:
    """Deal with memory as a process does that folds for hours: what every command begins with.

    Shapes: what the ``environment`` says of glibc's memory counts, and then nothing else is said of it.
    """
    _look_seldom()
    if not any(name.startswith("MALLOC_") for name in environment) and (
        _TUNES not in environment.get("GLIBC_TUNABLES", "")
    ):
        _keep_freed()


def _look_seldom() -> None:
    """Let the collector look for cycles seldom.

    What folds make has no cycles, and by its own thresholds the collector takes an eighth of a replay and
    nearly half of a recovery to find none.
    """
    gc.set_threshold(*_THRESHOLDS)


def _keep_freed() -> None:
    """Have the C library keep up to 64 MiB of what is freed, for what is asked for next.

    By its own thresholds it gives large pieces (what was fetched, joined or packed) back to the kernel and
    asks for them again: every other page fault of a busy worker, and a twentieth of its time.
    Shapes: another C library than glibc is left as it is.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # TypeError: Windows has no library without a name
        return
    for parameter, value_bytes in _KEPT:
        mallopt(parameter, value_bytes)
