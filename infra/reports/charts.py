"""What of a table is drawn in print, by the specifications that pages are drawn by."""

from collections.abc import Iterator
from typing import Any

from infra.charts.specification import Bar, Part, Spec, bars, split
from infra.charts.theme import PRINT
from infra.reports.document import Table

MOST_BARS = 15
"""What a chart shows of a longer table, the largest first."""


def specifications(table: Table, language: str) -> Iterator[Spec]:
    """The bars of the table's columns, and its shares; nothing where all are 0."""
    rows = [row for row in table.rows if any(_number(row[column]) for column in table.bars)]
    if rows:
        rows = sorted(rows, key=lambda row: -_number(row[table.bars[0]]))[:MOST_BARS]
        yield bars(
            [
                Bar(name=str(row[0]), part=str(column), count=_number(row[column]))
                for row in rows
                for column in table.bars
            ],
            [Part(part=str(column), name=table.columns[column].heading) for column in table.bars],
            language,
            PRINT,
        )
    if table.shares is not None:
        yield split(table.shares.rows, table.shares.parts, language, PRINT)


def _number(cell: Any) -> float:
    return cell if isinstance(cell, int | float) else 0
