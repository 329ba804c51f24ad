"""A report as a Word document, with the pictures of its charts."""

from datetime import UTC
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from infra.charts.drawn import as_png
from infra.reports.charts import drawings
from infra.reports.document import Form, ReportDocument, Table
from infra.reports.numbers import shown

_INK = RGBColor(0x1F, 0x3A, 0x5F)
_RED = RGBColor(0xB3, 0x26, 0x1E)
_FONT = "Noto Sans"
_STYLE = "Light List Accent 1"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_ONE_LANGUAGE = {"az": "az-Latn-AZ", "tr": "tr-TR", "ka": "ka-GE", "en": "en-GB", "ru": "ru-RU"}
_WIDE = 6
"""Tables of more columns are set in smaller type."""


def as_docx(document: ReportDocument) -> bytes:
    """The same document gives the same bytes: the only date in them is the position's."""
    file = Document()
    _set_up(file, document)
    heading = file.add_heading(document.title, level=0)
    heading.runs[0].font.color.rgb = _INK
    file.add_paragraph(document.body).runs[0].bold = True
    facts = file.add_table(rows=0, cols=2)
    for label, value in document.facts:
        cells = facts.add_row().cells
        cells[0].text, cells[1].text = label, value
    for text in document.differs:
        run = file.add_paragraph().add_run(text)
        run.bold, run.font.color.rgb = True, _RED
    if document.closes:
        file.add_paragraph(document.closes)
    for section in document.sections:
        file.add_heading(section.title, level=1)
        for table in section.tables:
            if table.title:
                file.add_heading(table.title, level=2)
            _table(file, table, document)
            for drawing in drawings(table, document.language):
                file.add_picture(BytesIO(as_png(drawing.spec)), width=Cm(15.5))
                _describe(file, drawing.name)
    for text in document.notes:
        file.add_paragraph(text).runs[0].font.size = Pt(8.5)
    made = BytesIO()
    file.save(made)
    return _without_clock(made.getvalue())


def _set_up(file: Any, document: ReportDocument) -> None:
    at = document.recorded_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties = file.core_properties
    properties.title, properties.subject = document.title, document.body
    properties.author = properties.last_modified_by = ""
    properties.comments = ""
    properties.created = properties.modified = at
    properties.language = _ONE_LANGUAGE[document.language]
    page = file.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.top_margin = page.bottom_margin = Cm(2)
    page.footer.paragraphs[0].text = document.title
    normal = file.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(10)
    for name in ("Heading 1", "Heading 2", "Title"):
        style = file.styles[name]
        style.font.name, style.font.color.rgb = _FONT, _INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _ONE_LANGUAGE[document.language])
    normal.element.get_or_add_rPr().append(language)


def _table(file: Any, table: Table, document: ReportDocument) -> None:
    nothing = document.words.nothing
    rows = table.rows or ((nothing,) + (None,) * (len(table.columns) - 1),)
    made = file.add_table(rows=1 + len(rows), cols=len(table.columns), style=_STYLE)
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    size = Pt(7.5 if len(table.columns) > _WIDE else 9)
    texts = [[column.heading for column in table.columns]]
    for row in rows:
        cells = zip(row, table.columns, strict=True)
        texts.append(
            [shown(cell, column.form, document.language, nothing) for cell, column in cells]
        )
    for line, row in zip(texts, made.rows, strict=True):
        for text, cell, column in zip(line, row.cells, table.columns, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.add_run(text).font.size = size
            if column.form is not Form.TEXT:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    header = made.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no other way
    header.append(OxmlElement("w:tblHeader"))
    file.add_paragraph()


def _describe(file: Any, text: str) -> None:
    """Give the picture that was added last its text for those who don't see it."""
    file.inline_shapes[len(file.inline_shapes) - 1]._inline.docPr.set("descr", text)  # noqa: SLF001


def _without_clock(made: bytes) -> bytes:
    """The same file without the time at which each part of it was written."""
    fresh = BytesIO()
    with ZipFile(BytesIO(made)) as old, ZipFile(fresh, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            info = ZipInfo(part.filename, date_time=_EARLIEST)
            info.compress_type = ZIP_DEFLATED
            info.create_system = 3
            new.writestr(info, old.read(part))
    return fresh.getvalue()
