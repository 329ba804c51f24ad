"""Workbooks: whatever a table holds, a reader of spreadsheets finds."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from infra.workbook import Heading, write_workbook

HEADINGS = [
    Heading("word", "text"),
    Heading("many", "bigint"),
    Heading("open", "boolean"),
    Heading("due_on", "date"),
]
ROW = ("appeal", 3, True, date(2026, 2, 28))


class Pipe(io.RawIOBase):
    """What is written to it is gone."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, written: Any) -> int:
        self.written += bytes(written)
        return len(written)


def book(
    *batches: Sequence[tuple[Any, ...]],
    headings: Sequence[Heading] = HEADINGS,
    **limits: int,
) -> Workbook:
    pipe = Pipe()
    write_workbook("cases", headings, batches, pipe, **limits)  # type: ignore[arg-type]
    return load_workbook(io.BytesIO(pipe.written))


def values(book: Workbook, sheet: str = "cases") -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_each_value_comes_out_as_what_it_is() -> None:
    heads, *rows = values(book([ROW, ("inquiry", -(1 << 40), False, date(1999, 12, 31))]))
    assert heads == ("word", "many", "open", "due_on")
    assert rows == [
        ("appeal", 3, True, datetime(2026, 2, 28)),  # noqa: DTZ001 - a workbook has no zones
        ("inquiry", -(1 << 40), False, datetime(1999, 12, 31)),  # noqa: DTZ001
    ]


def test_what_is_null_leaves_its_cell_empty_and_the_others_in_place() -> None:
    assert values(book([(None, None, True, None), (None, 2, None, None)]))[1:] == [
        (None, None, True, None),
        (None, 2, None, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<b>&amp;</b>",
        " in front and behind ",
        "two\nlines\tand more",
        "=1+1",
        "Ə ş ქართული 🏛",
        "]]>",
        '"quoted"',
        "",
    ],
)
def test_texts_come_out_as_they_went_in(text: str) -> None:
    (_, (found,)) = values(book([(text,)], headings=HEADINGS[:1]))
    assert (found or "") == text


@pytest.mark.parametrize("text", ["bell \x07", "_x0041_", "line\rover", "\x00", "\uffff"])
def test_what_xml_cannot_hold_is_escaped_as_spreadsheets_do(text: str) -> None:
    (_, (found,)) = values(book([(text,)], headings=HEADINGS[:1]))
    expected = "".join(f"_x{ord(c):04X}_" if c in "\x00\x07\r\uffff" else c for c in text)
    assert found == expected.replace("_x0041_", "_x005F_x0041_")


def test_a_cell_takes_no_longer_text_than_spreadsheets_do() -> None:
    assert len(values(book([("ə" * 40_000,)], headings=HEADINGS[:1]))[1][0]) == 32_767


def test_further_rows_stand_on_further_sheets_each_with_the_headings() -> None:
    rows = [("appeal", n, None, None) for n in range(1, 8)]
    made = book(rows[:2], rows[2:6], rows[6:], sheet_rows=3)
    assert made.sheetnames == ["cases", "cases 2", "cases 3"]
    found = [values(made, name) for name in made.sheetnames]
    assert [[row[1] for row in sheet] for sheet in found] == [
        ["many", 1, 2, 3],
        ["many", 4, 5, 6],
        ["many", 7],
    ]


@pytest.mark.parametrize("batches", [[], [[]]], ids=["no-batch", "an-empty-batch"])
def test_a_table_without_rows_has_its_headings(batches: list[list[tuple[Any, ...]]]) -> None:
    assert values(book(*batches)) == [("word", "many", "open", "due_on")]


def test_headings_stay_in_sight_and_columns_have_the_letters_of_spreadsheets() -> None:
    headings = [Heading(f"n{n}", "bigint") for n in range(60)]
    sheet = book([tuple(range(60))], headings=headings)["cases"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert (sheet["Z2"].value, sheet["AA2"].value, sheet["BH2"].value) == (25, 26, 59)


def test_rows_that_take_too_much_space_go_on_in_another_sheet() -> None:
    limited = book([ROW], [ROW, ROW], [ROW], sheet_bytes=300)
    assert {sheet: len(values(limited, sheet)) - 1 for sheet in limited.sheetnames} == {
        "cases": 3,
        "cases 2": 1,
    }
