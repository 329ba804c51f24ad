"""The filled form: its figures, or which cell is wrong and why.

The workbook comes from anywhere. It is unpacked within bounds before anything looks into it, no
formula is believed, and what can't be read is refused as a whole.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from msgspec import Struct, ValidationError, convert
from xlsxwriter.utility import xl_col_to_name

from domain.case import Code, NotFitting, ShortText, UnitId
from domain.claimed_figures import Breakdown, Count, Figure
from domain.unit_report import PeriodName
from infra.unit_report_form import BREAKDOWN, FIGURE, FIRST_ROW, PERIOD, REASON, UNIT, VALUE

_MOST_ROWS = 1_200
_MOST_MEMBERS = 64
_MOST_BYTES = 4_000_000
"""Unpacked, of all members together: a hundred times what a filled form has."""
_PIECE = 65_536
_WAYS = frozenset({ZIP_STORED, ZIP_DEFLATED})
_DECLARATIONS = tuple(
    text.encode(code)
    for text in ("<!DOCTYPE", "<!ENTITY")
    for code in ("utf-8", "utf-16-le", "utf-16-be")
)
_FORMULA = "f"


class FormNotReadable(NotFitting):
    """This is no workbook made from the form: take the form anew and fill it in."""


class FormTooLarge(NotFitting):
    """The workbook unpacks to more than a form can hold: take the form anew and fill it in."""


class FormEmpty(NotFitting):
    """No figure is filled in: write the numbers into the form's last column."""


class FormOfAnotherReport(NotFitting):
    """The form is of another unit or period than the report: take the form of this report."""


class CellHoldsFormula(NotFitting):
    """A cell of the form holds a formula: write the number itself."""

    def __init__(self, cell: str) -> None:
        super().__init__(f"Cell {cell} holds a formula: write the number itself.")
        self.cell = cell


class CellNotACount(NotFitting):
    """A cell of the form holds no whole number of 0 or more: correct it or leave it empty."""

    def __init__(self, cell: str) -> None:
        super().__init__(f"Cell {cell} holds no whole number of 0 or more: correct it.")
        self.cell = cell


class CellNotOfTheForm(NotFitting):
    """A locked cell of the form was changed: take the form anew and copy the numbers over."""

    def __init__(self, cell: str) -> None:
        super().__init__(f"Cell {cell} isn't as the form has it: take the form anew.")
        self.cell = cell


class ReasonMissing(NotFitting):
    """A correction needs a reason of up to 500 letters: write it into its cell of the form."""

    def __init__(self, cell: str) -> None:
        super().__init__(f"A correction needs a reason: write it into cell {cell} of the form.")
        self.cell = cell


class FilledForm(Struct, frozen=True, kw_only=True):
    unit: str
    period: str
    reason: str | None
    figures: tuple[Figure, ...]

    def require_reason(self) -> str:
        """The reason of a correction. Raises ReasonMissing."""
        try:
            return convert(self.reason, ShortText)
        except ValidationError:
            raise ReasonMissing(REASON) from None


def filled_form(content: bytes) -> FilledForm:
    """What the workbook says. Raises the refusals above."""
    cells = dict(_cells(_bounded(content)))
    form = FilledForm(
        unit=_text(cells, UNIT, UnitId),
        period=_text(cells, PERIOD, PeriodName),
        reason=_free_text(cells, REASON),
        figures=tuple(_figures(cells)),
    )
    if not form.figures:
        raise FormEmpty
    return form


class _Cell(Struct, frozen=True):
    value: Any
    formula: bool


_EMPTY = _Cell(None, formula=False)
_Cells = dict[str, _Cell]


def _bounded(content: bytes) -> BytesIO:
    """The workbook packed anew from what it unpacks to, so that no header has to be believed."""
    packed = BytesIO()
    try:
        with ZipFile(BytesIO(content)) as given, ZipFile(packed, "w", ZIP_STORED) as own:
            for name, text in _members(given):
                own.writestr(name, text)
    except NotFitting:
        raise
    except Exception:  # noqa: BLE001 - whatever a broken archive makes the library raise
        raise FormNotReadable from None
    packed.seek(0)
    return packed


def _members(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    members, left = archive.infolist(), _MOST_BYTES
    if len(members) > _MOST_MEMBERS:
        raise FormTooLarge
    for member in members:
        if member.compress_type not in _WAYS:
            raise FormNotReadable
        text = _unpacked(archive, member, left)
        left -= len(text)
        if any(each in text for each in _DECLARATIONS):
            raise FormNotReadable
        yield member.filename, text


def _unpacked(archive: ZipFile, member: ZipInfo, most: int) -> bytes:
    """Piece by piece: a member that unpacks to more than *most* is never held as a whole."""
    text = b""
    with archive.open(member) as unpacking:
        while piece := unpacking.read(_PIECE):
            text += piece
            if len(text) > most:
                raise FormTooLarge
    return text


def _cells(workbook: BytesIO) -> Iterator[tuple[str, _Cell]]:
    """Those of the first sheet that aren't empty."""
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second that few need

    try:
        book = load_workbook(workbook, read_only=True, keep_links=False)
        rows = book.worksheets[0].iter_rows(max_row=_MOST_ROWS, max_col=VALUE + 1)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                if cell.value is not None:
                    name = f"{xl_col_to_name(column - 1)}{number}"
                    yield name, _Cell(cell.value, formula=cell.data_type == _FORMULA)
    except Exception:  # noqa: BLE001 - whatever a broken workbook makes the library raise
        raise FormNotReadable from None


def _figures(cells: _Cells) -> Iterator[Figure]:
    for row in range(FIRST_ROW, _MOST_ROWS + 1):
        place = f"{xl_col_to_name(VALUE)}{row}"
        if place not in cells:
            continue
        name = f"{xl_col_to_name(FIGURE)}{row}"
        by = f"{xl_col_to_name(BREAKDOWN)}{row}"
        yield Figure(
            figure=_text(cells, name, Code),
            value=_count(cells, place),
            breakdown=_text(cells, by, Breakdown) if by in cells else None,
        )


def _count(cells: _Cells, place: str) -> int:
    value = _value(cells, place)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool):
        raise CellNotACount(place)
    try:
        return convert(value, Count)
    except ValidationError:
        raise CellNotACount(place) from None


def _text(cells: _Cells, place: str, wanted: Any) -> str:
    value = _value(cells, place)
    try:
        text: str = convert(str(value) if type(value) is int else value, wanted)
    except ValidationError:
        raise CellNotOfTheForm(place) from None
    return text


def _free_text(cells: _Cells, place: str) -> str | None:
    value = _value(cells, place)
    return str(value).strip() or None if value is not None else None


def _value(cells: _Cells, place: str) -> Any:
    cell = cells.get(place, _EMPTY)
    if cell.formula:
        raise CellHoldsFormula(place)
    return cell.value
