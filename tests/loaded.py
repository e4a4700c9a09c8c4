"""Everything that a process of ours loads, loaded: ``tests.forked`` forks from it; nobody imports it."""

from __future__ import annotations

import gc
from importlib import import_module
from pathlib import Path

import tests.engine_worker  # noqa: F401 - loaded is enough
from streamproc.cli.main import COMMANDS
from streamproc.comments.automaton import CompiledFinder, Finder
from streamproc.comments.classifier import Classifier
from streamproc.lexicons import files

_build = files.build_classifier
_built = [_build(None)]


def _build_once(
    catalog: Path | None, own: Path | None = None, finder: type[Finder] = CompiledFinder
) -> Classifier:
    """What ``build_classifier`` returns; the first time and with no file of anybody's it is there already.

    Whoever has it may change it, so nobody gets it twice.
    """
    if _built and catalog is None and own is None and finder is CompiledFinder:
        return _built.pop()
    return _build(catalog, own, finder)


files.build_classifier = _build_once  # before the commands take it from there
for command in COMMANDS.values():
    import_module(f"streamproc.cli.{command.module}")
gc.freeze()  # what a collector walks, a fork would have to copy
