"""Cells as text, as the reader's language writes numbers (CLDR)."""

from babel import Locale
from babel.numbers import format_decimal, format_percent

from infra.reports.document import Cell, Form

_PATTERNS = {
    Form.COUNT: "#,##0",
    Form.DECIMAL: "#,##0.0",
    Form.CHANGE: "+#,##0.#;\N{EN DASH}#,##0.#",
}
_WHOLE, _WITH_DECIMAL = "#,##0", "#,##0.0"


def shown(cell: Cell, form: Form, language: str, nothing: str) -> str:
    """The cell as it is read; *nothing* where there is none."""
    if cell is None:
        return nothing
    if isinstance(cell, str) or form is Form.TEXT:
        return str(cell)
    if form is Form.SHARE:
        percent = Locale.parse(language).percent_formats[None].pattern
        pattern = percent.replace(_WHOLE, _WITH_DECIMAL)
        return str(format_percent(cell, pattern, locale=language))
    if form is Form.CHANGE and not cell:
        return "0"
    if form is Form.DECIMAL and isinstance(cell, int):
        form = Form.COUNT
    return str(format_decimal(cell, _PATTERNS[form], locale=language))
