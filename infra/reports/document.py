"""A report as it is set: texts in the reader's language, numbers as numbers."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from infra.charts.specification import Bar, Part
from infra.reports.words import Words

Cell = str | int | float | None
"""A number stands as itself; a text in its place says why there is none."""


class Form(StrEnum):
    """How the cells of a column are written: SHARE is of 1 and told in percent."""

    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    CHANGE = "change"
    SHARE = "share"


class Column(Struct, frozen=True):
    heading: str
    form: Form


class Shares(Struct, frozen=True, kw_only=True):
    """Bars of one length, each split into the shares of its parts."""

    rows: tuple[Bar, ...]
    parts: tuple[Part, ...]


class Course(Struct, frozen=True, kw_only=True):
    """Columns drawn over time, each beside that of the year before: ``columns`` are such pairs.

    ``on`` are the days on which the rows begin, None for a row that this year doesn't have.
    """

    on: tuple[date | None, ...]
    columns: tuple[tuple[int, int], ...]


class Table(Struct, frozen=True, kw_only=True):
    """``id`` is plain ASCII. ``bars`` are the columns that are drawn, none where nothing is.

    ``course`` is drawn over time; ``shares`` are drawn in print, as a page draws them.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: tuple[int, ...] = ()
    course: Course | None = None
    shares: Shares | None = None


class Section(Struct, frozen=True, kw_only=True):
    title: str
    tables: tuple[Table, ...]


class ReportDocument(Struct, frozen=True, kw_only=True):
    """``facts`` say what it is of; ``notes`` how it is counted. ``differs``: what doesn't close.

    ``recorded_at`` stands in the files as their date: that of the position, not of the making.
    """

    language: str
    title: str
    body: str
    facts: tuple[tuple[str, str], ...]
    closes: str
    differs: tuple[str, ...]
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    recorded_at: datetime
    words: Words
