"""Tables as files that offices open: every cell, in both formats."""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyarrow import parquet

from streamproc.errors import BadSetting
from streamproc.replay.tables import (
    FIRST_SHOWN_MS,
    LAST_SHOWN_MS,
    Row,
    Table,
    decimal_text,
    moment,
    table_of,
)
from streamproc.replay.writing import Format, write_table

ZONE = ZoneInfo("Asia/Shanghai")
AT_MS = 1_795_262_400_250
FIGURES = ["pay_gmv_minor", "aov_order_minor", "orders_main", "ctr"]


def table(name: str = "张桂兰") -> Table:
    known: dict[str, Any] = {"pay_gmv_minor": {"CNY": 199_905, "JPY": 120}}
    known |= {"aov_order_minor": {"CNY": 5}}
    known |= {"orders_main": 3, "ctr": 0.5}
    rows = [
        Row({"name": name}, {"rank": 1}, {"begin": AT_MS}, known),
        Row({"name": "b"}, {"rank": None}, {"begin": None}, dict.fromkeys(FIGURES)),
    ]
    return table_of(rows[0], rows, FIGURES, ZONE)


def write(folder: Path, written: Table, form: Format = Format.CSV, *, bom: bool = False) -> Path:
    file = folder / f"out.{form}"
    write_table(written, file, form, bom=bom, timezone="Asia/Shanghai")
    assert [each.name for each in folder.iterdir()] == [file.name]
    return file


def cells(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def test_money_stands_in_minor_units_and_as_people_write_it(tmp_path: Path) -> None:
    known, unknown = cells(write(tmp_path, table()))

    assert known == {
        "name": "张桂兰",
        "begin": "2026-11-21 20:00:00",
        "begin_ms": str(AT_MS),
        "rank": "1",
        "pay_gmv_minor_CNY": "199905",
        "pay_gmv_CNY": "1999.05",
        "pay_gmv_minor_JPY": "120",
        "pay_gmv_JPY": "120",
        "orders_main": "3",
        "aov_order_minor_CNY": "5",
        "aov_order_CNY": "0.05",
        "aov_order_minor_JPY": "",  # a mean of nothing is unknown
        "aov_order_JPY": "",
        "ctr": "0.5",
    }
    assert set(unknown.values()) == {"b", ""}


def test_a_sum_that_knows_nothing_of_a_currency_is_zero_of_it(tmp_path: Path) -> None:
    row = Row({}, {}, {}, {"pay_gmv_minor": {}})

    found = cells(write(tmp_path, table_of(row, [row], ["pay_gmv_minor"], UTC)))

    assert found == [{"pay_gmv_minor_CNY": "0", "pay_gmv_CNY": "0.00"}]


def test_a_table_without_rows_still_says_its_columns(tmp_path: Path) -> None:
    shape = Row({"name": ""}, {}, {"minute": None}, {})
    nothing = table_of(shape, [], ["likes"], ZONE)

    header = write(tmp_path, nothing).read_text(encoding="utf-8")
    (tmp_path / "out.csv").unlink()
    columns = parquet.read_table(write(tmp_path, nothing, Format.PARQUET)).schema.names

    assert header.strip().split(",") == columns == ["name", "minute", "minute_ms", "likes"]


def test_a_spreadsheet_gets_its_mark_and_no_formula(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://x")'

    plain = write(tmp_path, table(formula)).read_bytes()
    marked = write(tmp_path, table(formula), bom=True).read_bytes()

    assert plain.startswith(b"name,")
    assert b'\r\n"=HYPERLINK' in plain
    assert marked.startswith(b"\xef\xbb\xbfname,")
    assert b"\"'=HYPERLINK" in marked


def test_parquet_holds_numbers_and_times_with_their_zone(tmp_path: Path) -> None:
    read = parquet.read_table(write(tmp_path, table(), Format.PARQUET))
    known, unknown = read.to_pylist()

    assert str(read.schema.field("begin").type) == "timestamp[ms, tz=Asia/Shanghai]"
    assert known["begin"] == datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC)
    assert (known["pay_gmv_minor_CNY"], known["pay_gmv_CNY"]) == (199_905, "1999.05")
    assert (known["orders_main"], known["ctr"], known["rank"]) == (3, 0.5, 1)
    assert {name for name, value in unknown.items() if value is not None} == {"name"}


def test_parquet_holds_sums_past_64_bits_and_other_columns_as_ever(tmp_path: Path) -> None:
    figures = {"pay_gmv_minor": {"CNY": 1 << 63, "JPY": (1 << 63) - 1}}
    rows = [Row({}, {}, {}, figures), Row({}, {}, {}, {"pay_gmv_minor": None})]

    written = table_of(rows[0], rows, ["pay_gmv_minor"], ZONE)
    read = parquet.read_table(write(tmp_path, written, Format.PARQUET))

    assert read.column("pay_gmv_minor_CNY").to_pylist() == [1 << 63, None]
    assert read.column("pay_gmv_minor_JPY").to_pylist() == [(1 << 63) - 1, None]
    assert str(read.schema.field("pay_gmv_minor_CNY").type) == "decimal128(38, 0)"
    assert str(read.schema.field("pay_gmv_minor_JPY").type) == "int64"


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(BadSetting) as refused:
        write(tmp_path, table(), Format.PARQUET)

    assert "streamproc[export]" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="the file cannot be written"):
        write_table(table(), tmp_path / "no" / "x.csv", Format.CSV, bom=False, timezone="UTC")


@pytest.mark.parametrize("folder", [".", "/", ""])
def test_a_folder_is_no_file_to_write(folder: str) -> None:
    with pytest.raises(BadSetting, match="the file cannot be written: it is a folder"):
        write_table(table(), Path(folder), Format.CSV, bom=False, timezone="UTC")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (5, "CNY", "0.05"),
        (-1_999, "CNY", "-19.99"),
        (500_000_000, "CNY", "5000000.00"),
        (1_999, "JPY", "1999"),
        (1_999, "KWD", "1.999"),
        (-7, "JPY", "-7"),
    ],
)
def test_money_as_text_has_the_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert decimal_text(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (-123_456_705, "CNY", "-1,234,567.05"),
        (1_234_567, "JPY", "1,234,567"),
        (99_999, "CNY", "999.99"),
    ],
)
def test_money_for_people_may_have_commas_between_thousands(
    minor: int, currency: str, text: str
) -> None:
    assert decimal_text(minor, currency, grouped=True) == text


@pytest.mark.parametrize("at_ms", [FIRST_SHOWN_MS, LAST_SHOWN_MS])
def test_the_first_and_the_last_time_shown_are_the_ends_of_what_can_be(at_ms: int) -> None:
    beyond_ms = at_ms + (1 if at_ms > 0 else -1)

    assert moment(at_ms, UTC).year in (1, 9999)
    with pytest.raises((ValueError, OverflowError)):
        moment(beyond_ms, UTC)
