"""The forms in which a report is answered, chosen by Accept."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from infra.reports.document import ReportDocument
from infra.reports.docx import as_docx
from infra.reports.pdf import as_report_pdf
from infra.reports.xlsx import as_xlsx


class ReportForm(StrEnum):
    """The value is the ending of a file of this form."""

    JSON = "json"
    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"


MEDIA_TYPES: Mapping[ReportForm, str] = {
    ReportForm.JSON: "application/json",
    ReportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportForm.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ReportForm.PDF: "application/pdf",
}
RENDERED: Mapping[ReportForm, Callable[[ReportDocument], bytes]] = {
    ReportForm.XLSX: as_xlsx,
    ReportForm.DOCX: as_docx,
    ReportForm.PDF: as_report_pdf,
}
"""Each blocks for seconds; the same document gives the same bytes."""


FORMS: Mapping[str, ReportForm] = {of: form for form, of in MEDIA_TYPES.items()}
