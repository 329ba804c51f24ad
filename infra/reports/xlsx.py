"""A report as a workbook: a sheet a section, its tables live, with charts of their cells."""

from datetime import UTC
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from infra.reports.document import Cell, Form, ReportDocument, Section, Table

_FORMATS = {
    Form.TEXT: "@",
    Form.COUNT: "#,##0",
    Form.DECIMAL: "#,##0.0",
    Form.CHANGE: "+#,##0.#;-#,##0.#;0",
    Form.SHARE: "0.0%",
}
_INK = "#1F3A5F"
_LAST_YEAR = "#B9C6D6"
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\")
_MOST_BARS = 15
_ROW_PIXELS = 20
_CHART_ROWS = 16


def as_xlsx(document: ReportDocument) -> bytes:
    """The same document gives the same bytes: the only date in them is the position's."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties(
        {
            "title": document.title,
            "subject": document.body,
            "created": document.recorded_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        }
    )
    formats = {form: book.add_format({"num_format": each}) for form, each in _FORMATS.items()}
    styles = {
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": _INK}),
        "heading": book.add_format({"bold": True, "font_size": 12, "font_color": _INK}),
        "label": book.add_format({"font_color": "#5B6673"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        "warning": book.add_format({"bold": True, "font_color": "#B3261E", "text_wrap": True}),
    }
    _first_sheet(
        book.add_worksheet(_sheet_name("1", document.words.facts["period"])), document, styles
    )
    for number, section in enumerate(document.sections, start=2):
        sheet = book.add_worksheet(_sheet_name(str(number), section.title))
        _section(book, sheet, section, document, styles, formats)
    book.close()
    return file.getvalue()


def _sheet_name(number: str, title: str) -> str:
    return f"{number} {title.translate(_NOT_IN_SHEET_NAMES)}"[:_LONGEST_SHEET_NAME].rstrip()


def _first_sheet(sheet: Worksheet, document: ReportDocument, styles: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    _printed(sheet, document)
    sheet.write_string(0, 0, document.title, styles["title"])
    sheet.write_string(1, 0, document.body, styles["heading"])
    row = 3
    for label, value in document.facts:
        sheet.write_string(row, 0, label, styles["label"])
        sheet.write_string(row, 1, value)
        row += 1
    row += 1
    for text in document.differs:
        sheet.write_string(row, 1, text, styles["warning"])
        row += 1
    for text in ((document.closes,) if document.closes else ()) + document.notes:
        sheet.write_string(row, 1, text, styles["wrapped"])
        row += 1


def _section(
    book: Workbook,
    sheet: Worksheet,
    section: Section,
    document: ReportDocument,
    styles: dict[str, Any],
    formats: dict[Form, Any],
) -> None:
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 12, 16)
    _printed(sheet, document)
    sheet.write_string(0, 0, section.title, styles["title"])
    top = 2
    for table in section.tables:
        sheet.write_string(top, 0, table.title, styles["heading"])
        bottom = _table(sheet, top + 1, table, document, formats)
        charted = _charts(book, sheet, top + 1, table)
        top = max(bottom, top + 1 + charted) + 2


def _printed(sheet: Worksheet, document: ReportDocument) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L" + document.title.replace("&", "&&") + "&R&P / &N")


def _table(
    sheet: Worksheet, top: int, table: Table, document: ReportDocument, formats: dict[Form, Any]
) -> int:
    """Write the table from row *top* on; the row behind it."""
    rows = table.rows or ((document.words.nothing,) + (None,) * (len(table.columns) - 1),)
    bottom = top + len(rows)
    headings = _told_apart([column.heading for column in table.columns])
    sheet.add_table(
        top,
        0,
        bottom,
        len(table.columns) - 1,
        {
            "name": "t_" + table.id.replace("-", "_"),
            "style": "Table Style Light 9",
            "columns": [
                {"header": heading, "format": formats[column.form]}
                for heading, column in zip(headings, table.columns, strict=True)
            ],
        },
    )
    for number, row in enumerate(rows, start=top + 1):
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            whole = column.form is Form.DECIMAL and isinstance(cell, int)
            _cell(sheet, number, place, cell, formats[Form.COUNT if whole else column.form])
    return bottom


def _cell(sheet: Worksheet, row: int, column: int, cell: Cell, form: Any) -> None:
    if cell is None:
        sheet.write_blank(row, column, None, form)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    else:
        sheet.write_number(row, column, cell, form)


def _told_apart(headings: list[str]) -> list[str]:
    """A workbook's table has each heading once, whatever its case."""
    seen: dict[str, int] = {}
    found = []
    for heading in headings:
        times = seen[heading.lower()] = seen.get(heading.lower(), 0) + 1
        found.append(heading if times == 1 else f"{heading} ({times})")
    return found


def _charts(book: Workbook, sheet: Worksheet, top: int, table: Table) -> int:
    """Draw the table beside it, from its own cells; how many rows the drawings take."""
    if not table.rows:
        return 0
    charts = []
    if table.bars:
        charts.append(_bars(book, sheet, top, table))
    if table.course is not None:
        charts += [_lines(book, sheet, top, table, pair) for pair in table.course.columns]
    for place, chart in enumerate(charts):
        chart.set_size({"width": 620, "height": _CHART_ROWS * _ROW_PIXELS})
        sheet.insert_chart(
            top + place * (_CHART_ROWS + 1),
            len(table.columns) + 1,
            chart,
            {"description": table.title, "object_position": 1},
        )
    return len(charts) * (_CHART_ROWS + 1)


def _bars(book: Workbook, sheet: Worksheet, top: int, table: Table) -> Any:
    chart = book.add_chart({"type": "bar"})
    rows = min(len(table.rows), _MOST_BARS)
    for place, column in enumerate(table.bars):
        fill = {"color": _LAST_YEAR if place else _INK}
        chart.add_series(_series(sheet, top, rows, column) | {"fill": fill, "gap": 60})
    chart.set_title({"name": table.title, "name_font": {"size": 11}})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "bottom"} if len(table.bars) > 1 else {"none": True})
    return chart


def _lines(book: Workbook, sheet: Worksheet, top: int, table: Table, pair: tuple[int, int]) -> Any:
    """A period, and the same a year earlier as a broken line."""
    chart = book.add_chart({"type": "line"})
    for column, line in zip(
        pair, ({"color": _INK}, {"color": _LAST_YEAR, "dash_type": "dash"}), strict=True
    ):
        chart.add_series(_series(sheet, top, len(table.rows), column) | {"line": line})
    heading = table.columns[pair[0]].heading
    chart.set_title({"name": f"{table.title}: {heading}", "name_font": {"size": 11}})
    chart.set_y_axis({"min": 0})
    chart.set_legend({"position": "bottom"})
    return chart


def _series(sheet: Worksheet, top: int, rows: int, column: int) -> dict[str, Any]:
    name, last = sheet.get_name(), top + rows
    return {
        "name": [name, top, column],
        "categories": [name, top + 1, 0, last, 0],
        "values": [name, top + 1, column, last, column],
    }
