"""Rows written as JSON, CSV, XLSX or Parquet: as they come, with a few thousand in memory.

pyarrow takes long to load, and is loaded where it is asked for.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, BinaryIO

from msgspec import Struct, json

from infra.workbook import Heading, write_workbook

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
    headings = [Heading(column.name, column.holds) for column in sheet.columns]
    write_workbook(sheet.name, headings, rows, out)


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
