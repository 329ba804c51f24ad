"""Rows written as JSON, CSV, XLSX or Parquet: as they come, with a few thousand in memory.

What takes long to load, pyarrow and xlsxwriter, is loaded where it is asked for.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from msgspec import Struct, json

SHEET_ROWS = 1_048_575
"""Those that a sheet takes beside its headings; the rest stand on further sheets."""
_COPIED = 1 << 18
_WIDTH = 16
_DAY_ZERO = date(1899, 12, 30)
"""From where a workbook counts its days."""

Rows = Iterable[Sequence[tuple[Any, ...]]]
"""Batches of rows."""


class Format(StrEnum):
    """What rows may be written as. The value is the end of a file's name."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Column(Struct, frozen=True):
    """``holds`` is text, bigint, boolean or date; ``says`` is what it means."""

    name: str
    holds: str
    says: str


class Sheet(Struct, frozen=True, kw_only=True):
    """What is written; it is true for ``position``."""

    name: str
    says: str
    columns: tuple[Column, ...]
    position: int


def write(format: Format, sheet: Sheet, rows: Rows, out: BinaryIO) -> None:  # noqa: A002
    """Write all *rows* to *out*, which need not be seekable."""
    _WRITERS[format](sheet, rows, out)


def _json(sheet: Sheet, rows: Rows, out: BinaryIO) -> None:
    names = [column.name for column in sheet.columns]
    out.write(b'{"view":%s,"position":%d,"rows":[' % (json.encode(sheet.name), sheet.position))
    between = b""
    for batch in rows:
        encoded = json.encode([dict(zip(names, row, strict=True)) for row in batch])
        if len(encoded) > len("[]"):
            out.write(between + encoded[1:-1])
            between = b","
    out.write(b"]}")


def _csv(sheet: Sheet, rows: Rows, out: BinaryIO) -> None:
    """As RFC 4180 has it, in UTF-8; nothing stands for null."""
    flags = {n for n, column in enumerate(sheet.columns) if column.holds == "boolean"}
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(column.name for column in sheet.columns)
    for batch in rows:
        writer.writerows(
            [_flag(value) if n in flags else value for n, value in enumerate(row)] for row in batch
        )
    text.flush()
    text.detach()


def _flag(value: bool | None) -> str | None:  # noqa: FBT001
    return None if value is None else str(value).lower()


def _xlsx(sheet: Sheet, rows: Rows, out: BinaryIO) -> None:
    """Rows go to files beside, which are packed into the workbook at its end."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - slow to load

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with TemporaryDirectory(prefix="karguzar-xlsx-") as folder:
        path = Path(folder) / "rows.xlsx"
        with Workbook(str(path), options | {"tmpdir": folder}) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            bold = book.add_format({"bold": True})
            page, row_number, pages = None, SHEET_ROWS, 0
            for batch in rows:
                for row in batch:
                    if page is None or row_number == SHEET_ROWS:
                        pages, row_number = pages + 1, 0
                        page = _page(book, sheet, pages, bold)
                    row_number += 1
                    _xlsx_row(page, row_number, row, day)
            if page is None:
                _page(book, sheet, 1, bold)
        with path.open("rb") as file:
            shutil.copyfileobj(file, out, _COPIED)


def _page(book: Any, sheet: Sheet, number: int, bold: Any) -> Any:
    page = book.add_worksheet(sheet.name if number == 1 else f"{sheet.name} {number}")
    page.freeze_panes(1, 0)
    page.set_column(0, len(sheet.columns) - 1, _WIDTH)
    for n, column in enumerate(sheet.columns):
        page.write_string(0, n, column.name, bold)
    return page


def _xlsx_row(page: Any, number: int, row: tuple[Any, ...], day: Any) -> None:
    for n, value in enumerate(row):
        match value:
            case None:
                continue
            case str():
                page.write_string(number, n, value)
            case bool():
                page.write_boolean(number, n, value)
            case date():
                page.write_number(number, n, (value - _DAY_ZERO).days, day)
            case _:
                page.write_number(number, n, value)


def _parquet(sheet: Sheet, rows: Rows, out: BinaryIO) -> None:
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 - slow to load

    from infra import parquet  # noqa: PLC0415 - loads pyarrow

    holds = {
        "text": parquet.Holds.TEXT,
        "bigint": parquet.Holds.NUMBER,
        "boolean": parquet.Holds.FLAG,
        "date": parquet.Holds.DAY,
    }
    fields = [
        parquet.Field(name=column.name, holds=holds[column.holds], description=column.says)
        for column in sheet.columns
    ]
    schema = parquet.schema_of(sheet.says, fields).with_metadata(
        {parquet.DESCRIPTION: sheet.says.encode(), b"position": str(sheet.position).encode()}
    )
    with ParquetWriter(out, schema, compression="zstd", version="2.6") as writer:
        written = parquet.Rows(writer, schema)
        for batch in rows:
            written.write(batch)


_WRITERS: Mapping[Format, Callable[[Sheet, Rows, BinaryIO], None]] = {
    Format.JSON: _json,
    Format.CSV: _csv,
    Format.XLSX: _xlsx,
    Format.PARQUET: _parquet,
}
