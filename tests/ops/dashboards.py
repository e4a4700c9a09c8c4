"""All dashboards."""

from __future__ import annotations

from typing import Final

from tests.ops.board_pipeline import PIPELINE
from tests.ops.board_rooms import FLOOR, HOST
from tests.ops.board_slo import SLO
from tests.ops.panels import Board

BOARDS: Final[tuple[Board, ...]] = (FLOOR, HOST, PIPELINE, SLO)
