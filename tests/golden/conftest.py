from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --update-golden`` writes what is expected anew; review the diff."""
    parser.addoption("--update-golden", action="store_true", help="write the expected tallies anew")
