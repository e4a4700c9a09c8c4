"""The modules of the page that need no browser, by the tests beside them in ``js/``.

They run in the Node that Playwright brings, so nobody has to install another.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import playwright

NODE = Path(playwright.__file__).parent / "driver" / "node"
TESTS = sorted(str(path) for path in (Path(__file__).parent / "js").glob("*.test.js"))


def test_the_pure_modules_keep_what_they_promise() -> None:
    done = subprocess.run(
        [str(NODE), "--test", *TESTS], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout
