"""The files of the page, without a browser: its pure modules, and what it loads.

The tests of modules stand in ``js/`` and run in the Node that Playwright brings.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import playwright

from tests.browser.stage import PAGE

NODE = Path(playwright.__file__).parent / "driver" / "node"
TESTS = sorted(str(path) for path in (Path(__file__).parent / "js").glob("*.test.js"))


def test_the_pure_modules_keep_what_they_promise() -> None:
    done = subprocess.run(
        [str(NODE), "--test", *TESTS], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout


def test_the_page_loads_every_module_and_sheet_at_once() -> None:
    document = (PAGE / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:href|src)="([^"#]+\.(?:js|css|svg))"', document))

    there = {str(path.relative_to(PAGE)) for path in PAGE.rglob("*.*")} - {"index.html"}
    assert named == there


def test_the_page_holds_no_markup_made_from_text_and_no_code_in_text() -> None:
    ways = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
        r"|createContextualFragment|setHTML|srcdoc=|https?://(?!www\.w3\.org|html\.spec)"
    )
    texts = {path: path.read_text(encoding="utf-8") for path in PAGE.rglob("*.*")}

    assert {path.name: found for path, text in texts.items() if (found := ways.findall(text))} == {}


def test_modules_stay_small() -> None:
    lines = {
        path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in PAGE.rglob("*.js")
    }

    assert {name: number for name, number in lines.items() if number > 260} == {}
