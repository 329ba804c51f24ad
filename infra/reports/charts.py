"""What of a table is drawn in print, by the specifications that pages are drawn by."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from infra.charts.specification import Bar, Part, Point, Spec, bars, over_time, split
from infra.charts.theme import PRINT
from infra.reports.document import Course, Table

MOST_BARS = 15
"""What a chart shows of a longer table, the largest first."""


class Drawing(Struct, frozen=True):
    """A chart, and what it is called for those who don't see it."""

    spec: Spec
    name: str


def drawings(table: Table, language: str) -> Iterator[Drawing]:
    """The bars of the table's columns, its course and its shares; nothing where all are 0."""
    rows = [row for row in table.rows if any(_number(row[column]) for column in table.bars)]
    if rows:
        rows = sorted(rows, key=lambda row: -_number(row[table.bars[0]]))[:MOST_BARS]
        drawn = bars(
            [
                Bar(name=str(row[0]), part=str(column), count=_number(row[column]))
                for row in rows
                for column in table.bars
            ],
            [Part(part=str(column), name=table.columns[column].heading) for column in table.bars],
            language,
            PRINT,
        )
        yield Drawing(drawn, table.title)
    if table.course is not None:
        for now, before in table.course.columns:
            if not any(_number(row[now]) or _number(row[before]) for row in table.rows):
                continue
            name = table.columns[now].heading
            drawn = over_time(
                _points(table, table.course, now),
                _points(table, table.course, before),
                (name, table.columns[before].heading),
                language,
                PRINT,
            )
            yield Drawing(drawn, f"{table.title}: {name}")
    if table.shares is not None:
        drawn = split(table.shares.rows, table.shares.parts, language, PRINT)
        yield Drawing(drawn, table.title)


def _points(table: Table, course: Course, column: int) -> list[Point]:
    """Those of the year before too have the days of this year."""
    return [
        Point(on=on, count=cell)
        for on, row in zip(course.on, table.rows, strict=True)
        if on is not None and isinstance(cell := row[column], int | float)
    ]


def _number(cell: Any) -> float:
    return cell if isinstance(cell, int | float) else 0
