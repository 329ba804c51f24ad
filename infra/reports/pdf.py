"""A report as PDF/A, set by typst with the charts drawn in it."""

from typing import Any

from infra.charts.drawn import as_svg
from infra.reports.charts import drawings
from infra.reports.document import Form, ReportDocument, Table
from infra.reports.numbers import shown
from infra.typesetting import as_pages, as_pdf

_TEMPLATE = "report"


def as_report_pdf(document: ReportDocument) -> bytes:
    """The same document gives the same bytes. Raises NotSet."""
    return as_pdf(_TEMPLATE, content(document), document.recorded_at)


def as_report_pages(document: ReportDocument) -> list[bytes]:
    """The same as one PNG a page."""
    return as_pages(_TEMPLATE, content(document), document.recorded_at)


def content(document: ReportDocument) -> dict[str, Any]:
    """What the template is filled with: every number written out."""
    return {
        "language": document.language,
        "title": document.title,
        "body": document.body,
        "facts": document.facts,
        "closes": document.closes,
        "differs": document.differs,
        "notes": document.notes,
        "page": document.words.page,
        "sections": [
            {
                "title": section.title,
                "tables": [_table(table, document) for table in section.tables],
            }
            for section in document.sections
        ],
    }


def _table(table: Table, document: ReportDocument) -> dict[str, Any]:
    nothing = document.words.nothing
    return {
        "title": table.title,
        "headings": [column.heading for column in table.columns],
        "texts": [column.form is Form.TEXT for column in table.columns],
        "rows": [
            [
                shown(cell, column.form, document.language, nothing)
                for cell, column in zip(row, table.columns, strict=True)
            ]
            for row in table.rows
        ],
        "charts": [
            {"name": drawing.name, "svg": as_svg(drawing.spec)}
            for drawing in drawings(table, document.language)
        ],
    }
