"""The empty form: what a unit may report, each figure in a row, with one cell to fill in."""

from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from domain.claimed_figures import FORM
from domain.report_definition import DEFINITION_VERSION, METRICS
from domain.report_period import ReportPeriod
from infra.reports.words import Words, words
from infra.unit_report_form import (
    BREAKDOWN,
    CALLED,
    DEFINITION,
    FIGURE,
    FIRST_ROW,
    PERIOD,
    REASON,
    UNIT,
    VALUE,
    FormWords,
    form_words,
)

_WIDTHS = (34, 28, 58, 14)
_GREY, _BLUE = "#E8E8E8", "#1F4E79"


def empty_form(unit: str, period: ReportPeriod, language: str) -> bytes:
    """The workbook for *unit* and *period*; all but the cells to fill in is locked.

    The lock has no password: it keeps from slips, and what comes back is checked anyway.
    """
    said, file = form_words(language), BytesIO()
    workbook = Workbook(file, {"in_memory": True})
    workbook.set_properties(
        {"title": said.title, "created": datetime.combine(period.first, datetime.min.time())}
    )
    sheet = workbook.add_worksheet(said.sheet)
    _head(workbook, sheet, said, unit, period)
    _rows(workbook, sheet, said, words(language))
    sheet.protect()
    workbook.close()
    return file.getvalue()


def _head(
    workbook: Workbook, sheet: Worksheet, said: FormWords, unit: str, period: ReportPeriod
) -> None:
    open_cell = workbook.add_format({"locked": False, "border": 1, "num_format": "@"})
    bold = workbook.add_format({"bold": True})
    sheet.write_string("A1", said.title, workbook.add_format({"bold": True, "font_size": 14}))
    for cell, name, value in (
        (UNIT, said.unit, unit),
        (PERIOD, said.period, str(period)),
        (DEFINITION, said.definition, str(DEFINITION_VERSION)),
    ):
        sheet.write_string(cell.replace("B", "A"), name, bold)
        sheet.write_string(cell, value)
    sheet.write_string(REASON.replace("B", "A"), said.reason, bold)
    sheet.write_blank(REASON, None, open_cell)
    sheet.write_string("A6", said.help)


def _rows(workbook: Workbook, sheet: Worksheet, said: FormWords, called: Words) -> None:
    name = workbook.add_format({"bg_color": _GREY, "font_color": "#404040", "border": 1})
    text = workbook.add_format({"border": 1, "text_wrap": True})
    number = workbook.add_format({"locked": False, "border": 1, "num_format": "0"})
    head = workbook.add_format({"bold": True, "bg_color": _BLUE, "font_color": "#FFFFFF"})
    for column, title in enumerate((said.figure, said.breakdown, said.called, said.value)):
        sheet.write_string(FIRST_ROW - 2, column, title, head)
        sheet.set_column(column, column, _WIDTHS[column])
    for row, (figure, breakdown) in enumerate(FORM, FIRST_ROW - 1):
        sheet.write_string(row, FIGURE, figure, name)
        _written(sheet, row, BREAKDOWN, breakdown or "", name)
        sheet.write_string(row, CALLED, _called(figure, breakdown, said, called), text)
        sheet.write_blank(row, VALUE, None, number)
    sheet.data_validation(
        FIRST_ROW - 1,
        VALUE,
        FIRST_ROW - 2 + len(FORM),
        VALUE,
        {
            "validate": "integer",
            "criteria": ">=",
            "value": 0,
            "error_title": said.wrong_title,
            "error_message": said.wrong,
        },
    )
    sheet.freeze_panes(FIRST_ROW - 1, CALLED + 1)
    sheet.repeat_rows(FIRST_ROW - 2)


def _written(sheet: Worksheet, row: int, column: int, text: str, form: Format) -> None:
    if text:
        sheet.write_string(row, column, text, form)
    else:
        sheet.write_blank(row, column, None, form)


def _called(figure: str, breakdown: str | None, said: FormWords, called: Words) -> str:
    metric = METRICS[figure]
    name = f"{called.kinds[metric.kind]}: {called.metrics[figure.partition('.')[2]]}"
    if breakdown is None:
        return f"{name}, {said.whole}"
    value = breakdown.partition("=")[2]
    return f"{name}: {called.values[value]}"
