"""What reasons for and against a likeness, and pieces of advice, are called in each language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from msgspec import toml

LANGUAGES = ("az", "en", "tr", "ka", "ru")
FOLDER = Path(__file__).parent / "words"


@cache
def words(language: str) -> Mapping[str, str]:
    """The words by their codes, of all files in one of LANGUAGES."""
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob(f"*.{language}.toml")):
        found |= toml.decode(file.read_bytes(), type=dict[str, str])
    return MappingProxyType(found)
