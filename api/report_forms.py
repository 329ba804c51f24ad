"""The forms in which a report is answered, chosen by Accept."""

from collections.abc import Mapping
from enum import StrEnum

from infra.reports.document import ReportDocument


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
FORMS: Mapping[str, ReportForm] = {of: form for form, of in MEDIA_TYPES.items()}


def written(form: ReportForm, document: ReportDocument) -> bytes:
    """The report in a form other than JSON. The same document gives the same bytes.

    It blocks for seconds. What it is written with is imported when it is asked for.
    """
    if form is ReportForm.XLSX:
        from infra.reports.xlsx import as_xlsx  # noqa: PLC0415

        return as_xlsx(document)
    if form is ReportForm.DOCX:
        from infra.reports.docx import as_docx  # noqa: PLC0415

        return as_docx(document)
    from infra.reports.pdf import as_report_pdf  # noqa: PLC0415

    return as_report_pdf(document)
