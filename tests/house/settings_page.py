"""The page of settings, written from the settings: ``python -m tests.house.settings_page``."""

from __future__ import annotations

import sys
from itertools import groupby

from streamproc.settings import SECRETS_DIR, Settings, every_setting, shown

HEAD = f"""\
# Settings

Written by `make docs` from `streamproc/settings.py`; do not edit by hand.

Every setting is an environment variable `STREAMPROC_<GROUP>__<NAME>`, or a file of that name in the
folder that `{SECRETS_DIR}` names. An option of the command line wins over a variable, a variable
over a file. A variable that begins with `STREAMPROC_` and is no setting is an error, so that a typing
slip cannot pass for a setting. All mistakes are told at once, with exit code 10.
`streamproc config show` prints what is in force. Units are the last word of a name.
"""
TABLE = "\n| variable | takes | default | |\n|---|---|---|---|\n"


def page() -> str:
    """The page, as Markdown."""
    parts = [HEAD]
    for name, group in groupby(every_setting(), key=lambda one: one.group):
        charter = type(getattr(Settings(), name)).__doc__
        rows = (
            f"| `{one.variable}` | {one.takes} | {_default(one.default)} | {one.description} |\n"
            for one in group
        )
        parts.append(f"\n## {name}\n\n{charter}\n{TABLE}{''.join(rows)}")
    return "".join(parts)


def _default(value: object) -> str:
    return "not set" if value is None else f"`{shown(value)}`"


if __name__ == "__main__":
    sys.stdout.write(page())
