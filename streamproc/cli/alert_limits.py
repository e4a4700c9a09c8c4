"""What judges rooms, as the settings say."""

from __future__ import annotations

from pathlib import Path

from streamproc.alerts.judge import Judge
from streamproc.alerts.limits import Limits, read_limits
from streamproc.alerts.registry import RULES
from streamproc.lexicons.files import read_text
from streamproc.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """The thresholds of the file that the settings name, or those of the catalogue.

    Errors: ``BadSetting``, by line and threshold.
    """
    named = settings.alerts.limits
    return Limits() if named is None else read_limits(read_text(Path(named)), where=named)


def judge_of(limits: Limits) -> Judge:
    """What judges rooms by the rules of the catalogue and these thresholds."""
    return Judge(RULES, limits.of_host)
