"""What every answer carries so that a browser lets nothing in, and where a request may come from."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from streamproc.board.asgi import Headers

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final[Headers] = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer."""

DOCUMENT_HEADERS: Final[Headers] = [
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
"""On what a browser shows as a page, besides."""
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_local_name(host: str) -> bool:
    """Whether a Host header names this machine: another one is a page that had its name point here."""
    try:
        return urlsplit(f"//{host}").hostname in _LOCAL
    except ValueError:
        return False


def is_foreign(origin: str | None, fetch_site: str | None, host: str) -> bool:
    """Whether a browser says that a page of another origin sends this."""
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return True
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != host
    except ValueError:
        return True
