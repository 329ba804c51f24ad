"""What a report says in each language: one file a language, with the same names."""

from functools import cache
from pathlib import Path

from msgspec import Struct, toml

LANGUAGES = ("az", "tr", "ka", "en", "ru")
FOLDER = Path(__file__).parent


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """``metrics`` by the last part of a figure's id; ``values`` by the value that is counted."""

    months: tuple[str, ...]
    whole: str
    nothing: str
    kept_back: str
    yes: str
    no: str
    not_given: str
    page: str
    titles: dict[str, str]
    facts: dict[str, str]
    notes: dict[str, str]
    columns: dict[str, str]
    by: dict[str, str]
    sections: dict[str, str]
    kinds: dict[str, str]
    metrics: dict[str, str]
    values: dict[str, str]
    restated: dict[str, str]


@cache
def words(language: str) -> Words:
    """One of LANGUAGES, read once."""
    return toml.decode((FOLDER / f"{language}.toml").read_bytes(), type=Words)
