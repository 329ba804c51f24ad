"""A table as an XLSX workbook, written as its rows come: none of it has to be taken back.

xlsxwriter looks at each cell for what it holds, which takes ten times as long as reading the row;
here its column says so. The parts are those of ECMA-376 that a table needs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from msgspec import Struct

SHEET_ROWS = 1_048_575
"""Those that a sheet takes beside its headings."""
_SHEET_BYTES = 3 << 29
"""A part of 2 GiB would need an extension that not every reader knows."""
_TEXT_LETTERS = 32_767
_LEVEL = 3
_WIDTH = 16
_DAY_ZERO = date(1899, 12, 30).toordinal()
"""From where a workbook counts its days."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PLAIN_CELL = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"'
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    f"<cellStyleXfs>{_PLAIN_CELL}/></cellStyleXfs><cellXfs>{_PLAIN_CELL} "
    'xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_HEADING, _DAY = 1, 2
"""Places among the cellXfs."""
_NO_XML = "[\x00-\x08\x0b-\x1f\ufffe\uffff]"
_TAKEN_FOR_ESCAPED = "_(?=x[0-9A-Fa-f]{4}_)"
_NOT_PLAIN = re.compile(rf"[&<>]|{_NO_XML}|{_TAKEN_FOR_ESCAPED}|^\s|\s$")
_ESCAPED = re.compile(f"{_NO_XML}|{_TAKEN_FOR_ESCAPED}")

Rows = Iterable[Sequence[tuple[Any, ...]]]
"""Batches of rows."""


class Heading(Struct, frozen=True):
    """``holds`` is text, bigint, boolean or date."""

    name: str
    holds: str


def write_workbook(
    name: str,
    headings: Sequence[Heading],
    rows: Rows,
    out: BinaryIO,
    *,
    sheet_rows: int = SHEET_ROWS,
    sheet_bytes: int = _SHEET_BYTES,
) -> None:
    """Write all *rows* to sheets named after *name*, each with the headings and *sheet_rows*.

    A sheet ends earlier with the batch in which it comes to *sheet_bytes* of XML.
    """
    cells = [_cells_of(n, heading.holds) for n, heading in enumerate(headings)]
    batches = _batches(rows, sheet_rows)
    batch = next(batches, None)
    names: list[str] = []
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as book:
        while batch or not names:
            names.append(f"{name} {len(names) + 1}" if names else name)
            number, size = 2, 0
            with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
                sheet.write(_opening(headings))
                while batch and number + len(batch) <= sheet_rows + 2 and size < sheet_bytes:
                    size += sheet.write(_rows(cells, batch, number))
                    number += len(batch)
                    batch = next(batches, None)
                sheet.write(b"</sheetData></worksheet>")
        for part, content in _about(names).items():
            book.writestr(part, content)


def _batches(rows: Rows, sheet_rows: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows in batches that end where a full sheet does."""
    left = sheet_rows
    for batch in rows:
        start = 0
        while start < len(batch):
            piece = batch[start : start + left]
            yield piece
            start += len(piece)
            left = left - len(piece) or sheet_rows


Cells = Callable[[int, Sequence[Any]], list[str]]
"""Those of a column, from a row's number on; nothing stands for what is null."""


def _rows(cells: Sequence[Cells], batch: Sequence[tuple[Any, ...]], first: int) -> bytes:
    columns = [
        of(first, values) for of, values in zip(cells, zip(*batch, strict=True), strict=True)
    ]
    starts = [f'<row r="{number}">' for number in range(first, first + len(batch))]
    ends = ["</row>"] * len(batch)
    return "".join(map("".join, zip(starts, *columns, ends, strict=True))).encode()


def _cells_of(column: int, holds: str) -> Cells:
    at = f'<c r="{_letters(column)}'

    def texts(first: int, values: Sequence[str | None]) -> list[str]:
        return [
            "" if value is None else f'{at}{n}" t="inlineStr">{_text(value)}</c>'
            for n, value in enumerate(values, first)
        ]

    def numbers(first: int, values: Sequence[int | None]) -> list[str]:
        return [
            "" if value is None else f'{at}{n}"><v>{value}</v></c>'
            for n, value in enumerate(values, first)
        ]

    def flags(first: int, values: Sequence[bool | None]) -> list[str]:
        return [
            "" if value is None else f'{at}{n}" t="b"><v>{value:d}</v></c>'
            for n, value in enumerate(values, first)
        ]

    def days(first: int, values: Sequence[date | None]) -> list[str]:
        return [
            ""
            if value is None
            else f'{at}{n}" s="{_DAY}"><v>{value.toordinal() - _DAY_ZERO}</v></c>'
            for n, value in enumerate(values, first)
        ]

    cells: Mapping[str, Cells] = {"text": texts, "bigint": numbers, "boolean": flags, "date": days}
    return cells[holds]


@lru_cache(maxsize=4_096)
def _text(value: str) -> str:
    """The same few codes stand in most rows."""
    text = value[:_TEXT_LETTERS]
    if not _NOT_PLAIN.search(text):
        return f"<is><t>{text}</t></is>"
    escaped = escape(_ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<is><t xml:space="preserve">{escaped}</t></is>'


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _opening(headings: Sequence[Heading]) -> bytes:
    names = "".join(
        f'<c r="{_letters(n)}1" s="{_HEADING}" t="inlineStr">{_text(heading.name)}</c>'
        for n, heading in enumerate(headings)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'</sheetView></sheetViews><cols><col min="1" max="{len(headings)}" width="{_WIDTH}" '
        f'customWidth="1"/></cols><sheetData><row r="1">{names}</row>'
    ).encode()


def _about(names: Sequence[str]) -> Mapping[str, str]:
    """The parts that say what the others are; readers look for them by name, not by place."""
    sheets = list(enumerate(names, 1))
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        f'ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
        for n, _ in sheets
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in sheets
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in sheets
    )
    return {
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>'
            "</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
            f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/>{types}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/></Types>'
        ),
    }
