"""The page's own files, as they lie in ``page/``: read once, and again when they change."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

PAGE: Final = Path(__file__).parent / "page"
INDEX: Final = "index.html"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""What is served at all: a file of another kind is not there."""

_Stamp = tuple[int, int]


class PageFile(NamedTuple):
    """A file to serve."""

    content_type: str
    body: bytes
    etag: str


class Pages:
    """Files below a folder, by the path they are asked for at."""

    def __init__(self, folder: Path = PAGE) -> None:
        self._folder = folder.resolve()
        self._held: dict[str, tuple[_Stamp, PageFile]] = {}

    def file(self, path: str) -> PageFile | None:
        """The file at a path (``/`` is the index); None: there is none."""
        name = path.lstrip("/") or INDEX
        at = self._folder / name
        content_type = TYPES.get(at.suffix)
        if content_type is None or "\0" in name or any(part.startswith(".") for part in at.parts):
            return None
        try:
            if not at.resolve().is_relative_to(self._folder):
                return None
            stat = at.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            held = self._held.get(name)
            if held is not None and held[0] == stamp:
                return held[1]
            body = at.read_bytes()
        except (OSError, ValueError):
            return None
        found = PageFile(content_type, body, f'W/"{xxh3_64_hexdigest(body)}"')
        self._held[name] = (stamp, found)
        return found
