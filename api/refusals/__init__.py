"""Refusals in the reader's language, from one file a language; English is what the code says.

A file has the general sentence of each type of problem, and a detail where the error carries
values: its parameters, named as in the templates of events. What a value says in words, such as
why something is forbidden, stands among the ``words``, by the English.
"""

from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, toml

from projections.telling import Language, Names, Reader, Template

LANGUAGES = ("en", "az", "tr", "ka", "ru")
"""The first is the code's own, which has no file."""

_FOLDER = Path(__file__).parent
_NOBODY = Names(officials={}, units={}, time_zone=ZoneInfo("UTC"))


class Fields(Struct, frozen=True):
    """What a request of the wrong form has to correct."""

    fields: tuple[str, ...]


class Told(Struct, frozen=True):
    """A problem's sentences; ``languages`` are theirs, as Content-Language has them."""

    title: str
    detail: str
    languages: str


class Refusals(Struct, frozen=True):
    """A file as it is read: sentences and details by the last part of the problem's type."""

    titles: dict[str, str]
    details: dict[str, Template]
    reader: Reader


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    date: str
    titles: dict[str, str]
    details: dict[str, str]
    words: dict[str, str]


@cache
def refusals(code: str) -> Refusals:
    """One of LANGUAGES, but not the code's own, read once."""
    file = toml.decode((_FOLDER / f"{code}.toml").read_bytes(), type=_File)
    language = Language(
        date=file.date,
        months=("",) * 12,
        sealed="",
        unnamed="",
        sentences={},
        values={},
        words=file.words,
    )
    return Refusals(
        titles=file.titles,
        details={slug: Template.of(text) for slug, text in file.details.items()},
        reader=Reader(language=language, names=_NOBODY, numbers={}),
    )


def title_in(language: str, type_: str, english: str) -> str:
    """The general sentence of a type of problem; English where the file has none."""
    if language == LANGUAGES[0]:
        return english
    return refusals(language).titles.get(_slug(type_), english)


def told(type_: str, english: Told, values: Any, language: str) -> Told:
    """A problem of this type; *values* has what its detail names, if it names anything.

    A detail that says more than the title and has no values is kept in English.
    """
    title = title_in(language, type_, english.title)
    if title == english.title:
        return english
    known = refusals(language)
    template = known.details.get(_slug(type_))
    if template:
        return Told(title, known.reader.told(template, values), language)
    if english.detail == english.title:
        return Told(title, title, language)
    return Told(title, english.detail, f"{language}, {english.languages}")


def _slug(type_: str) -> str:
    return type_.rpartition("/")[2]
