"""Languages: how events are told, from templates, words and date forms kept as TOML.

A template names fields of what it tells: ``{due}``. ``{unit:unit}`` says what the field holds where
its type doesn't; FORMS has them all. ``{length unit}`` is a number with the unit that the second
field names, in the form that the number asks for. ``[[, {resolution}]]`` is left out unless all its
fields are there; ``[[confidential? Confidential.]]`` is left out unless that field is true.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, toml

from domain.case import RegistrationNumber
from domain.personal_fields import WITHHELD
from infra.code_names import CodeNames
from infra.sealing import SEALED

LANGUAGES = ("az", "en", "tr", "ka", "ru")
BRIEF = 200
"""How many characters of a long text a sentence shows."""

_FOLDER = Path(__file__).with_name("sentences")
_WORKINGS = Path(__file__).with_name("workings")
_PART = re.compile(r"\[\[(?:(?P<condition>\w+)\?)?(?P<optional>.*?)\]\]|(?P<plain>.+?)(?=\[\[|$)")
_SLOT = re.compile(r"\{(\w+)(?::(\w+)| (\w+))?\}")
_TENS, _HUNDREDS, _FEW, _TEENS = 10, 100, range(2, 5), range(11, 15)


class Slot(Struct, frozen=True):
    """A place for a field's value; ``unit`` is the field that says what it is counted in."""

    field: str
    form: str
    unit: str = ""


class Part(Struct, frozen=True):
    """A piece of a template that is shown or left out as a whole."""

    pieces: tuple[str | Slot, ...]
    optional: bool
    condition: str | None

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Slot))


class Template(Struct, frozen=True):
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """The template written as *text*. Raises ValueError for an unknown form."""
        return cls(
            tuple(
                Part(
                    pieces=_pieces(found["plain"] or found["optional"]),
                    optional=found["plain"] is None,
                    condition=found["condition"],
                )
                for found in _PART.finditer(text)
            )
        )

    @property
    def outline(self) -> str:
        """The template for people to read: its optional parts in single brackets."""
        return "".join(
            f"[{text}]" if part.optional else text
            for part in self.parts
            for text in ["".join(map(_named, part.pieces))]
        )


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    date: str
    months: tuple[str, ...]
    sealed: str
    withheld: str
    unnamed: str
    erased: str
    sentences: dict[str, str]
    values: dict[str, str]
    words: dict[str, str]


class _Units(Struct, frozen=True):
    """Of a working's file what a history counts by, too."""

    units: dict[str, tuple[str, ...]]


class Language(Struct, frozen=True):
    """``sentences`` by the stored name of the event, ``values`` by the type of the value.

    ``units`` have as many forms as their language counts by: one that never changes, two for one
    and for others, three for 1, 2 and 5.
    """

    date: str
    months: tuple[str, ...]
    sealed: str
    unnamed: str
    sentences: dict[str, Template]
    values: dict[str, Template]
    words: dict[str, str]
    withheld: str = WITHHELD
    erased: str = ""
    units: Mapping[str, Sequence[str]] = {}

    def counted(self, count: int, unit: str) -> str:
        """A number with its unit in the form that the number asks for."""
        return f"{count} {_form_for(count, self.units[unit])}"


@cache
def language(code: str) -> Language:
    """One of LANGUAGES, read once."""
    file = toml.decode((_FOLDER / f"{code}.toml").read_bytes(), type=_File)
    counted = toml.decode((_WORKINGS / f"{code}.toml").read_bytes(), type=_Units)
    return Language(
        date=file.date,
        months=file.months,
        sealed=file.sealed,
        withheld=file.withheld,
        unnamed=file.unnamed,
        erased=file.erased,
        sentences={name: Template.of(text) for name, text in file.sentences.items()},
        values={name: Template.of(text) for name, text in file.values.items()},
        words=file.words,
        units=counted.units,
    )


class Names(Struct, frozen=True):
    """The department's names by id, and its clock on the wall."""

    officials: Mapping[str, str]
    units: Mapping[str, str]
    time_zone: ZoneInfo
    codes: CodeNames = CodeNames()

    def official(self, official: str) -> str:
        return self.officials.get(official, official)

    def unit(self, unit: str) -> str:
        return self.units.get(unit, unit)

    def code(self, by: str, code: str, language: str) -> str:
        """Of a topic or region."""
        return self.codes.name(by, code, language)


class Reader(Struct, frozen=True):
    """For whom something is told. ``numbers`` are those of visits and cases by their ids.

    ``lacking``: what is told has lost a part, so that whoever has no name there was erased.
    """

    language: Language
    names: Names
    numbers: Mapping[UUID, str]
    lacking: bool = False

    def told(self, template: Template, thing: Any) -> str:
        return "".join([self._part(part, thing) for part in template.parts])

    def day(self, day: date) -> str:
        return self.language.date.format(
            day=day.day,
            month=day.month,
            year=day.year,
            month_name=self.language.months[day.month - 1],
        )

    def value(self, value: Any) -> str:
        """Any field's value, by its type."""
        match value:
            case Enum():
                return self.language.words[value.value]
            case str():
                if value == SEALED:
                    return self.language.sealed
                return self.language.withheld if value == WITHHELD else value
            case datetime():
                local = value.astimezone(self.names.time_zone)
                return f"{self.day(local)}, {local:%H:%M}"
            case date():
                return self.day(value)
            case time():
                return f"{value:%H:%M}"
            case tuple():
                return ", ".join([self.value(item) for item in value])
            case RegistrationNumber() | UUID() | int():
                return str(value)
            case _:
                told = self.told(self.language.values[type(value).__name__], value)
                return told.strip() or self._nobody

    @property
    def _nobody(self) -> str:
        return self.language.erased if self.lacking else self.language.unnamed

    def _part(self, part: Part, thing: Any) -> str:
        if part.condition and not getattr(thing, part.condition):
            return ""
        texts = []
        for piece in part.pieces:
            if isinstance(piece, str):
                texts.append(piece)
                continue
            value = getattr(thing, piece.field)
            if part.optional and (value is None or value == ()):
                return ""
            if piece.unit:
                texts.append(self.language.counted(value, getattr(thing, piece.unit)))
            else:
                texts.append(FORMS[piece.form](self, value))
        return "".join(texts)


def _word(reader: Reader, value: Any) -> str:
    """A code that may have a word; before an entry may stand whose it is, or its visit's id."""
    if not isinstance(value, str):
        return reader.value(value)
    words = reader.language.words
    whose, _, entry = value.rpartition(".")
    word = words.get(value) or words.get(entry) or value
    return f"{word} ({words[whose]})" if whose in words else word


def _brief(reader: Reader, value: str) -> str:
    if len(value) > BRIEF:
        value = value[:BRIEF].rpartition(" ")[0] or value[:BRIEF]
        return f"{value.rstrip(' ,.;:')}…"
    return reader.value(value)


def _clock(reader: Reader, value: str) -> str:
    """The name of a clock; what stands behind its colon is told of a co-executor only."""
    name, _, of = value.partition(":")
    word = reader.language.words.get(f"clock:{name}", value)
    return f"{word} ({reader.names.official(of)})" if name == "co-executor" else word


def _each(
    name_of: Callable[[Names, str], str],
) -> Callable[[Reader, str | tuple[str, ...]], str]:
    def form(reader: Reader, value: str | tuple[str, ...]) -> str:
        if isinstance(value, str):
            return name_of(reader.names, value)
        return ", ".join([name_of(reader.names, item) for item in value])

    return form


FORMS: dict[str, Callable[[Reader, Any], str]] = {
    "": Reader.value,
    "official": _each(Names.official),
    "unit": _each(Names.unit),
    "number": lambda reader, value: reader.numbers.get(value, str(value)[:8]),
    "numbers": lambda reader, value: ", ".join(FORMS["number"](reader, each) for each in value),
    "word": _word,
    "brief": _brief,
    "clock": _clock,
    "end": lambda reader, due: reader.value(due.at or due.on),
    "hour": lambda reader, at: f"{at.astimezone(reader.names.time_zone):%H:%M}",
    "first": lambda reader, value: reader.value(value[0]),
}
"""What may stand after the colon: how a value is shown whose type doesn't tell."""


def _pieces(text: str) -> tuple[str | Slot, ...]:
    pieces: list[str | Slot] = []
    end = 0
    for found in _SLOT.finditer(text):
        field, form, unit = found[1], found[2] or "", found[3] or ""
        if form not in FORMS:
            raise ValueError(f"{found[0]}: there is no form {form}")
        pieces += [text[end : found.start()], Slot(field, form, unit)]
        end = found.end()
    pieces.append(text[end:])
    return tuple(piece for piece in pieces if piece != "")


def _named(piece: str | Slot) -> str:
    return f"{{{piece.field}}}" if isinstance(piece, Slot) else piece


def _form_for(count: int, forms: Sequence[str]) -> str:
    if len(forms) == 1:
        return forms[0]
    if len(forms) == 2:  # noqa: PLR2004 - for one, and for others
        return forms[0] if count == 1 else forms[1]
    if count % _HUNDREDS in _TEENS:
        return forms[2]
    if count % _TENS == 1:
        return forms[0]
    return forms[1] if count % _TENS in _FEW else forms[2]
