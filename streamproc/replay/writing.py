"""Tables as files: CSV for offices, Parquet for those who compute on."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from streamproc.errors import BadSetting
from streamproc.replay.tables import Kind, Table

_BOM: Final = "\ufeff"
_OBEYED: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""
_INT64_END: Final = 1 << 63
_DECIMAL_DIGITS: Final = 38
"""The most that 128 bits hold."""


class Format(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


def require_writable(file: Path, form: Format) -> None:
    """Return if a table can be written into a file, as far as can be told beforehand.

    Errors: as ``write_table``.
    """
    if form is Format.PARQUET:
        _pyarrow()
    if not file.name or file.is_dir():
        raise _unwritable("it is a folder", file)
    scratch = _scratch_of(file)
    try:
        scratch.touch()
        scratch.unlink()
    except OSError as error:
        raise _unwritable(str(error.strerror), file) from error


def write_table(table: Table, file: Path, form: Format, *, bom: bool, timezone: str) -> None:
    """Write a table into a file, whole or not at all.

    Shapes: ``bom`` is for spreadsheets that take UTF-8 without it for something else; only there a
        text that would be a formula gets an apostrophe in front.
    Errors: ``BadSetting`` if the file cannot be written or Parquet cannot be.
    """
    if form is Format.PARQUET:
        write = _parquet_writer(table, timezone)
    else:

        def write(path: Path) -> None:
            _write_csv(table, path, bom=bom)

    if not file.name:
        raise _unwritable("it is a folder", file)
    scratch = _scratch_of(file)
    try:
        write(scratch)
        scratch.replace(file)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise _unwritable(str(error.strerror), file) from error


def _scratch_of(file: Path) -> Path:
    """Where a file is written until it is whole."""
    return file.with_name(f".{file.name}.part")


def _unwritable(why: str, file: Path) -> BadSetting:
    return BadSetting(
        f"the file cannot be written: {why}",
        where=str(file),
        hint="name a file in a folder that exists and is yours to write",
    )


def _write_csv(table: Table, path: Path, *, bom: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_BOM if bom else "")
        writer = csv.writer(file)
        writer.writerow(column.name for column in table.columns)
        kinds = [column.kind for column in table.columns]
        for row in table.rows:
            writer.writerow(
                _csv_cell(value, kind, harmless=bom) for value, kind in zip(row, kinds, strict=True)
            )


def _csv_cell(value: Any, kind: Kind, *, harmless: bool) -> str:  # noqa: ANN401 - of any column
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = str(value)
    if harmless and kind is Kind.TEXT and text.startswith(_OBEYED) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _is_wide(count: int | None) -> bool:
    """Whether a count does not fit into 64 bits."""
    return count is not None and not -_INT64_END <= count < _INT64_END


def _parquet_writer(table: Table, timezone: str) -> Callable[[Path], None]:
    pa, parquet = _pyarrow()
    types = {
        Kind.TEXT: pa.string(),
        Kind.COUNT: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.MOMENT: pa.timestamp("ms", tz=timezone),
    }
    cells = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    arrays = []
    for column, column_cells in zip(table.columns, cells, strict=True):
        is_wide = column.kind is Kind.COUNT and any(map(_is_wide, column_cells))
        of_type = pa.decimal128(_DECIMAL_DIGITS) if is_wide else types[column.kind]
        arrays.append(pa.array(list(column_cells), of_type))
    written = pa.Table.from_arrays(arrays, names=[column.name for column in table.columns])

    def write(path: Path) -> None:
        parquet.write_table(written, path)

    return write


def _pyarrow() -> tuple[Any, Any]:
    """The library that writes Parquet, and its part that does; it has no types."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise BadSetting(
            "Parquet needs pyarrow, which is not installed",
            where="--format parquet",
            hint="install the extra: pip install 'streamproc[export]', or take --format csv",
        ) from error
    return pa, parquet
