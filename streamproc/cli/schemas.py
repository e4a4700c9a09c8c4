"""``python -m streamproc.cli.schemas [check]``: the generated schemas below ``topics/schemas``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from streamproc.errors import BadSetting, StreamprocError, TopicDrift
from streamproc.events.schema import schema_files

_CHECKOUT: Final = Path(__file__).parents[2]
_FOLDER: Final = "topics/schemas"


def write_schemas(root: Path) -> list[Path]:
    """Make the schemas below ``root`` what the events say.

    Shapes: the files that were written or removed; none if all were fresh.
    """
    wanted = schema_files()
    changed = check(root)
    for path in changed:
        text = wanted.get(path.relative_to(root).as_posix())
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return changed


def check(root: Path) -> list[Path]:
    """The schema files below ``root`` that are missing, stale, or no longer generated."""
    wanted = {root / name: text for name, text in schema_files().items()}
    stale = [
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    return sorted([*stale, *(set((root / _FOLDER).glob("*.json")) - set(wanted))])


def main(arguments: list[str]) -> int:
    """Write the schemas, or with ``check`` only say which are stale; the exit code."""
    try:
        for line in _run(arguments):
            sys.stdout.write(f"{line}\n")
    except StreamprocError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _run(arguments: list[str]) -> list[str]:
    if not (_CHECKOUT / "topics").is_dir():
        raise BadSetting(
            "there is no topics folder to write schemas to",
            where=str(_CHECKOUT),
            hint="run this in a checkout; an installed package carries its schemas",
        )
    match arguments:
        case []:
            return [f"wrote {path}" for path in write_schemas(_CHECKOUT)]
        case ["check"]:
            stale = check(_CHECKOUT)
            if stale:
                raise TopicDrift(
                    "schemas differ from the events",
                    where=", ".join(path.name for path in stale),
                    hint="python -m streamproc.cli.schemas writes them",
                )
            return []
        case _:
            raise BadSetting(
                f"no such argument: {' '.join(arguments)}",
                hint="give nothing to write the schemas, or check",
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
