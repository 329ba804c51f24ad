"""The form of units' reports: what goes out comes back, and what is broken is refused in bounds."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from domain.case import NotFitting
from domain.claimed_figures import FORM, Figure
from domain.report_period import PeriodKind, ReportPeriod
from infra.reports.words import LANGUAGES
from infra.unit_report_form import FIRST_ROW, form_words
from infra.unit_report_form.reading import (
    CellNotACount,
    FormNotReadable,
    FormTooLarge,
    ReasonMissing,
    filled_form,
)
from infra.unit_report_form.writing import empty_form

MARCH = ReportPeriod.of(PeriodKind.MONTHLY, "2026-03")
SHEET = "xl/worksheets/sheet1.xml"


def filled(fill: Callable[[Any], None], language: str = "az") -> bytes:
    workbook = load_workbook(BytesIO(empty_form("pensions", MARCH, language)))
    fill(workbook.active)
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def whole(sheet: Any) -> None:
    """Each cell to fill in has its own number."""
    for number in range(len(FORM)):
        sheet.cell(FIRST_ROW + number, 4).value = number


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(packed, "w", ZIP_DEFLATED) as own:
        for name in given.namelist():
            own.writestr(name, change(name, given.read(name)))
    return packed.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_comes_back_whatever_the_forms_language(language: str) -> None:
    form = filled_form(filled(whole, language))
    assert (form.unit, form.period, form.reason) == ("pensions", "2026-03", None)
    assert form.figures == tuple(
        Figure(figure=name, breakdown=by, value=number) for number, (name, by) in enumerate(FORM)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_a_name_and_only_numbers_and_reason_may_be_written(language: str) -> None:
    sheet: Any = load_workbook(BytesIO(empty_form("pensions", MARCH, language))).active
    assert sheet.title == form_words(language).sheet
    assert sheet.protection.sheet
    named = [sheet.cell(FIRST_ROW + row, 3).value for row in range(len(FORM))]
    assert len(set(named)) == len(FORM)
    open_cells = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked
    }
    assert open_cells == {"B5", *(f"D{FIRST_ROW + row}" for row in range(len(FORM)))}


def test_the_same_form_has_the_same_bytes() -> None:
    assert empty_form("pensions", MARCH, "ka") == empty_form("pensions", MARCH, "ka")


def test_a_correction_has_its_reason_in_the_form() -> None:
    def reasoned(sheet: Any) -> None:
        whole(sheet)
        sheet["B5"] = " Poçt jurnalı "

    assert filled_form(filled(reasoned)).require_reason() == "Poçt jurnalı"
    with pytest.raises(ReasonMissing):
        filled_form(filled(whole)).require_reason()


def test_a_number_that_the_spreadsheet_wrote_with_a_point_is_a_count_and_a_day_is_none() -> None:
    def pointed(text: bytes) -> bytes:
        return re.sub(rb'(<c r="D8"[^>]*>)<v>7</v>', rb"\1<v>7.0</v>", text)

    content = filled(lambda sheet: sheet.__setitem__("D8", 7))
    changed = repacked(content, lambda name, text: pointed(text) if name == SHEET else text)
    assert changed != content
    assert filled_form(changed).figures[0].value == 7

    def dated(sheet: Any) -> None:
        sheet["D8"] = 7
        sheet["D8"].number_format = "yyyy-mm-dd"

    with pytest.raises(CellNotACount, match="D8"):
        filled_form(filled(dated))


def declared(name: str, text: bytes) -> bytes:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    return text.replace(b"<worksheet", entities + b"<worksheet", 1) if name == SHEET else text


def without_sheet(name: str, text: bytes) -> bytes:
    return b"<worksheet" if name == SHEET else text


@pytest.mark.parametrize("change", [declared, without_sheet], ids=["entities", "broken"])
def test_a_workbook_with_declarations_or_broken_parts_is_refused(
    change: Callable[[str, bytes], bytes],
) -> None:
    changed = repacked(filled(whole), change)
    with pytest.raises(FormNotReadable):
        filled_form(changed)


def archive(members: int, size: int, way: int = ZIP_DEFLATED) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", way) as own:
        for number in range(members):
            own.writestr(f"part{number}.xml", bytes(size))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (archive(1, 50_000_000), FormTooLarge),
        (archive(10, 1_000_000), FormTooLarge),
        (archive(200, 1), FormTooLarge),
        (archive(1, 1_000, ZIP_BZIP2), FormNotReadable),
        (archive(1, 1_000), FormNotReadable),
        (b"", FormNotReadable),
        (b"PK\x03\x04", FormNotReadable),
    ],
    ids=["one-large", "many-large", "many", "another-way", "no-workbook", "empty", "cut"],
)
def test_an_archive_is_unpacked_within_bounds(content: bytes, refusal: type[NotFitting]) -> None:
    with pytest.raises(refusal):
        filled_form(content)


def test_a_header_that_understates_its_member_is_not_believed() -> None:
    honest = archive(1, 30_000_000)
    size = (30_000_000).to_bytes(4, "little")
    assert honest.count(size) == 2
    with pytest.raises(FormNotReadable):
        filled_form(honest.replace(size, (100).to_bytes(4, "little")))
