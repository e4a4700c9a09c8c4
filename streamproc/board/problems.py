"""What went wrong, as RFC 9457 tells it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from msgspec import Struct, json

PROBLEM_JSON: Final = "application/problem+json"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not answered. Source: RFC 9457; ``detail`` says what to do about it."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    instance: str = ""


class Refused(Exception):
    """A request that is not answered, and why."""

    def __init__(self, status: int, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


def problem(status: int, detail: str, instance: str = "") -> bytes:
    """The body of a problem; its title is the phrase of its status."""
    return json.encode(
        Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=instance)
    )
