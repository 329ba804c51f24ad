"""Reads an older register's export: CSV, plain or gzipped, its rows gathered by case."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from application.legacy_mapping import LegacyMapping, require_columns

_GZIP = b"\x1f\x8b"


class Row(Struct, frozen=True):
    """``values`` by column; None is an empty one. ``line`` is where the row begins."""

    line: int
    values: dict[str, str | None]


class RefusedRow(Struct, frozen=True, kw_only=True):
    """Why a row can't be imported; never what it says, which may be personal."""

    line: int
    reason: str
    column: str | None = None


class LegacyCase(Struct, frozen=True):
    """All rows of one case, as they come in the file."""

    number: str
    rows: list[Row]


class FileUnreadable(Exception):
    """The export can't be read: its file, the line and why."""


def read_cases(
    path: Path, mapping: LegacyMapping, mapping_path: Path
) -> tuple[list[LegacyCase], list[RefusedRow]]:
    """The cases of the file, in the order they first come, and the rows that belong to none.

    Memory holds the whole file: rows of one case need not stand together. Raises FileUnreadable,
    and MappingWrong for a column that the file doesn't have.
    """
    cases: dict[str, LegacyCase] = {}
    refused: list[RefusedRow] = []
    for row in _rows(path, mapping, mapping_path):
        if isinstance(row, RefusedRow):
            refused.append(row)
        elif number := row.values[mapping.source.case]:
            cases.setdefault(number, LegacyCase(number, [])).rows.append(row)
        else:
            refused.append(
                RefusedRow(line=row.line, column=mapping.source.case, reason="names no case")
            )
    return list(cases.values()), refused


def _rows(path: Path, mapping: LegacyMapping, mapping_path: Path) -> Iterator[Row | RefusedRow]:
    line = 1
    try:
        with _opened(path) as text:
            reader = csv.reader(text, delimiter=mapping.source.delimiter, strict=True)
            header = next(reader, [])
            if len(set(header)) < len(header):
                raise FileUnreadable(f"{path}:1: two columns have the same name")
            require_columns(mapping, mapping_path, header)
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    yield Row(line, dict(zip(header, _emptied(cells, mapping), strict=True)))
                elif cells:
                    reason = f"has {len(cells)} cells where the header has {len(header)}"
                    yield RefusedRow(line=line, reason=reason)
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{path}:{line}: is not UTF-8") from error
    except csv.Error as error:
        raise FileUnreadable(f"{path}:{line}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise FileUnreadable(f"{path}:{line}: can't be read: {type(error).__name__}") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as file:
        zipped = file.read(2) == _GZIP
    if zipped:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as text:
            yield text
    else:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text


def _emptied(cells: list[str], mapping: LegacyMapping) -> Iterator[str | None]:
    for cell in cells:
        value = cell.strip()
        yield None if not value or value in mapping.source.empty else value
