"""The form that a unit fills in to report its figures: an XLSX workbook with one sheet."""

from functools import cache
from pathlib import Path

from msgspec import Struct, toml

UNIT, PERIOD, DEFINITION, REASON = "B2", "B3", "B4", "B5"
"""The cells that say whose report of what it is; the reason is for a correction."""
FIRST_ROW = 8
"""Of the figures: their name, breakdown, what they are called, and the number."""
FIGURE, BREAKDOWN, CALLED, VALUE = range(4)
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FormWords(Struct, frozen=True, forbid_unknown_fields=True):
    """``whole`` is said of a figure that isn't broken down."""

    sheet: str
    title: str
    unit: str
    period: str
    definition: str
    reason: str
    help: str
    figure: str
    breakdown: str
    called: str
    value: str
    whole: str
    wrong_title: str
    wrong: str


@cache
def form_words(language: str) -> FormWords:
    """In one of the languages of reports, read once."""
    file = Path(__file__).with_name(f"{language}.toml")
    return toml.decode(file.read_bytes(), type=FormWords)
