"""Reports as files: the same bytes each time, in each language, whatever the names in them are."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from infra.charts.specification import Bar, Part
from infra.reports.charts import MOST_BARS, drawings
from infra.reports.document import Column, Course, Form, ReportDocument, Section, Shares, Table
from infra.reports.docx import as_docx
from infra.reports.numbers import shown
from infra.reports.pdf import as_report_pages, as_report_pdf, content
from infra.reports.words import LANGUAGES, words
from infra.reports.xlsx import as_xlsx

AT = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
NAMES = ("Gəncə 'mərkəz' [1]*", "=1+1", "ერთეული", "Отдел #5", "<b>&")
TABLE = Table(
    id="by-unit",
    title="Units / all: *of* them?",
    columns=(
        Column("Unit", Form.TEXT),
        Column("Now", Form.COUNT),
        Column("NOW", Form.COUNT),
        Column("Change", Form.CHANGE),
        Column("Share", Form.SHARE),
    ),
    rows=tuple((name, 1200 * n, 700, 1200 * n - 700, n / 10) for n, name in enumerate(NAMES)),
    bars=(1, 2),
    shares=Shares(
        rows=(Bar(name="Open", part="a", count=3), Bar(name="Open", part="b", count=1)),
        parts=(Part(part="a", name="ვინ"), Part(part="b", name="<b>&")),
    ),
)
EMPTY = Table(id="empty", title="", columns=TABLE.columns, rows=(), bars=(1,))


def document(language: str) -> ReportDocument:
    return ReportDocument(
        language=language,
        title="Report & title",
        body="All",
        facts=(("Position", "17"),),
        closes="It closes.",
        differs=("It does not.",),
        notes=("A note.",),
        sections=(Section(title="A section: [first] *one* of a long name", tables=(TABLE, EMPTY)),),
        recorded_at=AT,
        words=words(language),
    )


@pytest.mark.parametrize("make", [as_xlsx, as_docx, as_report_pdf], ids=["xlsx", "docx", "pdf"])
def test_the_same_document_has_the_same_bytes(
    make: Callable[[ReportDocument], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make(document("ka"))
    later = time.time() + 100_000
    monkeypatch.setattr(time, "time", lambda: later)
    assert make(document("ka")) == first


def test_what_a_cell_begins_with_is_never_a_formula() -> None:
    book = openpyxl.load_workbook(BytesIO(as_xlsx(document("en"))))
    sheet = book.worksheets[1]
    [at] = [row for row in range(1, sheet.max_row) if sheet.cell(row, 1).value == "=1+1"]
    assert sheet.cell(at, 1).data_type == "s"
    assert sheet.cell(at, 2).value == 1200


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_set_in_each_language(language: str) -> None:
    assert len(as_report_pages(document(language))) == 1


def test_numbers_are_written_as_the_language_writes_them() -> None:
    written = {
        language: shown(1234.5, Form.DECIMAL, language, "-") for language in ("az", "en", "ru")
    }
    assert written == {"az": "1.234,5", "en": "1,234.5", "ru": "1\N{NO-BREAK SPACE}234,5"}
    assert shown(None, Form.COUNT, "en", "-") == "-"
    assert shown(-3, Form.CHANGE, "en", "-") == "\N{EN DASH}3"
    assert shown(0.125, Form.SHARE, "tr", "-") == "%12,5"


def test_a_chart_has_the_largest_and_no_address() -> None:
    rows = tuple((f"unit-{n}", n, 1) for n in range(40))
    table = Table(id="t", title="", columns=TABLE.columns[:3], rows=rows, bars=(1,))
    [drawing] = drawings(table, "en")
    labels = [value["name"] for value in drawing.spec["data"]["values"]]
    assert labels == [f"unit-{n}" for n in range(39, 39 - MOST_BARS, -1)]
    assert "url" not in str(drawing.spec)
    assert not [*drawings(EMPTY, "en")]


def test_a_tables_bars_and_shares_stand_in_print() -> None:
    file = docx.Document(BytesIO(as_docx(document("en"))))
    assert len(file.inline_shapes) == 2
    assert len(content(document("en"))["sections"][0]["tables"][0]["charts"]) == 2


COURSE = Table(
    id="course",
    title="Appeals",
    columns=(Column("Day", Form.TEXT), Column("Now", Form.COUNT), Column("Before", Form.COUNT)),
    rows=(("27 Feb", 3, 1), ("28 Feb", None, 2), ("29 Feb", None, 4)),
    course=Course(on=(date(2025, 2, 27), date(2025, 2, 28), None), columns=((1, 2),)),
)


def test_a_course_is_drawn_on_the_days_of_this_year() -> None:
    [drawing] = drawings(COURSE, "en")
    drawn = [(each["on"], each["part"], each["count"]) for each in drawing.spec["data"]["values"]]
    assert drawn == [
        ("2025-02-27", "Now", 3),
        ("2025-02-27", "Before", 1),
        ("2025-02-28", "Before", 2),
    ]
    assert drawing.name == "Appeals: Now"


def test_a_workbook_draws_a_course_from_its_own_cells() -> None:
    told = replace(document("en"), sections=(Section(title="Course", tables=(COURSE,)),))
    sheet = openpyxl.load_workbook(BytesIO(as_xlsx(told))).worksheets[1]
    [chart] = getattr(sheet, "_charts")  # noqa: B009
    rows = [each.val.numRef.f for each in chart.series]
    assert [row.partition("!")[2] for row in rows] == ["$B$5:$B$7", "$C$5:$C$7"]
    assert chart.tagname == "lineChart"


def test_every_language_has_the_same_words() -> None:
    first = _names(to_builtins(words(LANGUAGES[0])))
    for language in LANGUAGES[1:]:
        assert _names(to_builtins(words(language))) == first


def _names(told: Mapping[str, Any], above: str = "") -> set[str]:
    found = {f"{above}{name}" for name in told}
    for name, value in told.items():
        if isinstance(value, Mapping):
            found |= _names(value, f"{above}{name}.")
    return found
