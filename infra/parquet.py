"""Parquet files whose columns say what they are; written a batch at a time.

pyarrow takes long to load, so this module is imported only where a file is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
from msgspec import Struct
from pyarrow.parquet import ParquetWriter

from infra.whole_files import whole_file

DESCRIPTION = b"description"


class Holds(StrEnum):
    """What a column holds. An instant is aware UTC, in microseconds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"
    INSTANT = "instant"


class Field(Struct, frozen=True, kw_only=True):
    name: str
    holds: Holds
    description: str


_TYPES: Mapping[Holds, pa.DataType] = {
    Holds.TEXT: pa.string(),
    Holds.NUMBER: pa.int64(),
    Holds.FLAG: pa.bool_(),
    Holds.DAY: pa.date32(),
    Holds.INSTANT: pa.timestamp("us", tz="UTC"),
}


class Rows:
    """An open file; each `write` adds a row group."""

    def __init__(self, writer: ParquetWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema
        self.count = 0

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Raises pyarrow.ArrowInvalid where a value isn't what its column holds."""
        if not rows:
            return
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(values, field.type)
            for field, values in zip(self._schema, columns, strict=True)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self.count += len(rows)


def schema_of(description: str, fields: Sequence[Field]) -> pa.Schema:
    """The descriptions stand in the metadata of the schema and of each of its fields."""
    columns = [
        pa.field(
            field.name,
            _TYPES[field.holds],
            metadata={DESCRIPTION: field.description.encode()},
        )
        for field in fields
    ]
    return pa.schema(columns, metadata={DESCRIPTION: description.encode()})


@contextmanager
def parquet_file(path: Path, description: str, fields: Sequence[Field]) -> Iterator[Rows]:
    """Write *path*, whole or not at all. The same rows make the same bytes. Raises OSError."""
    schema = schema_of(description, fields)
    with (
        whole_file(path) as out,
        ParquetWriter(out, schema, compression="zstd", version="2.6") as writer,
    ):
        yield Rows(writer, schema)
