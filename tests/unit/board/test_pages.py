from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.board.pages import PAGE, TYPES, Pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page" / "parts").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "page" / "index.html").write_text("<!doctype html>")
    (tmp_path / "page" / "parts" / "a.js").write_text("export {}")
    (tmp_path / "page" / ".hidden.js").write_text("hidden")
    (tmp_path / "page" / "notes.md").write_text("notes")
    (tmp_path / "page" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path / "page"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/parts/a.js", "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_of_the_page_comes_with_its_type(folder: Path, path: str, content_type: str) -> None:
    found = Pages(folder).file(path)

    assert found is not None
    assert found.content_type == content_type


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/parts/../../secret.txt", "//etc/passwd.txt", "/link.txt"),
        *("/.hidden.js", "/notes.md", "/none.js", "/parts", "/a\0.js", "/" + "x" * 5000 + ".js"),
    ],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    assert Pages(folder).file(path) is None


def test_a_file_that_changes_gets_another_tag(folder: Path) -> None:
    pages = Pages(folder)
    before = pages.file("/")
    (folder / "index.html").write_text("<!doctype html><title>x</title>")

    after = pages.file("/")

    assert before is not None
    assert after is not None
    assert before.etag != after.etag


def test_every_file_of_the_page_that_comes_along_is_served() -> None:
    pages = Pages()
    files = [path for path in PAGE.rglob("*") if path.is_file()]

    missing = [
        path
        for path in files
        if path.suffix in TYPES and pages.file(f"/{path.relative_to(PAGE).as_posix()}") is None
    ]

    assert missing == []
    assert {path.suffix for path in files} <= {*TYPES, ".md", ".py", ".pyc"}
