"""The words of the pages, and how a language writes numbers, dates and lists, and sorts.

A file a page and language: `words/az/case.toml` has the keys that begin with ``case.``. What goes
by a number is a table of the plural forms that CLDR knows in the language, chosen by ``n``:

    [cases]
    one = "{n} case"
    other = "{n} cases"
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from msgspec import toml

from projections import written_days
from projections.case_document import headings
from projections.written_days import LOCALES

LANGUAGES = ("az", "tr", "ka", "en", "ru")
OWN_NAMES = {
    "az": "Azərbaycanca",
    "tr": "Türkçe",
    "ka": "ქართული",
    "en": "English",
    "ru": "Русский",
}
NOTHING = "\u2013"
"""Stands where there is no value."""
FOLDER = Path(__file__).with_name("words")

ALPHABETS = {
    "az": "abcçdeəfgğhxıijkqlmnoöprsştuüvwyz",
    "tr": "abcçdefgğhıijklmnoöpqrsştuüvwxyz",
    "en": "abcdefghijklmnopqrstuvwxyz",
    "ka": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}
_DOTTED = frozenset({"az", "tr"})
"""Where I is the capital of ı, and İ that of i."""
_HOUR = 60
_DAY = 24 * _HOUR

Item = TypeVar("Item")
Entry = str | Mapping[str, str]


class Words:
    """One language as its reader wants it, told in the department's time."""

    def __init__(self, language: str, time_zone: ZoneInfo) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self._time_zone = time_zone
        self._catalog = catalog(language)
        self._headings = headings(language)

    def __call__(self, key: str, **values: Any) -> str:
        """The words of *key*, ``page.name``, with *values* as the language writes them.

        Raises KeyError for a key that no file has.
        """
        entry = self._catalog[key]
        if not isinstance(entry, str):
            entry = entry[self.locale.plural_form(values["n"])]
        return entry.format_map({name: self.value(value) for name, value in values.items()})

    def has(self, key: str) -> bool:
        return key in self._catalog

    def value(self, value: Any) -> str:
        """A number, day, instant or text as it is written in a sentence."""
        match value:
            case bool():
                return self("shell.yes" if value else "shell.no")
            case int() | float():
                return self.number(value)
            case datetime():
                return self.instant(value)
            case date():
                return self.day(value)
            case _:
                return str(value)

    def number(self, value: float, digits: int = 1) -> str:
        """With the language's signs, and at most so many digits behind the point."""
        return str(format_decimal(round(value, digits), locale=self.locale))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share of 1 as a percentage; a dash for none."""
        if share is None:
            return NOTHING
        pattern = self.locale.percent_formats[None].pattern
        if digits:
            pattern = pattern.replace("0", f"0.{'#' * digits}", 1)
        return str(format_percent(share, format=pattern, locale=self.locale))

    def day(self, day: date) -> str:
        return written_days.day(day, self.language)

    def short_day(self, day: date) -> str:
        """For tables and axes, with the year."""
        return written_days.short_day(day, self.language)

    def month(self, first: date) -> str:
        return str(format_skeleton("yMMMM", first, locale=self.locale))

    def weekday(self, day: date) -> str:
        return str(format_date(day, "EEEE", locale=self.locale))

    def instant(self, at: datetime) -> str:
        """Day and minute in the department's time."""
        return written_days.instant(at, self.language, self._time_zone)

    def clock(self, at: datetime) -> str:
        """The time of day alone, in the department's time."""
        return str(format_time(at.astimezone(self._time_zone), "HH:mm", locale=self.locale))

    def duration(self, minutes: float) -> str:
        """As days and hours, hours and minutes, or minutes alone."""
        whole = round(minutes)
        if whole >= _DAY:
            parts = [("day", whole // _DAY), ("hour", whole % _DAY // _HOUR)]
        else:
            parts = [("hour", whole // _HOUR), ("minute", whole % _HOUR)]
        told = [
            str(format_unit(count, f"duration-{unit}", length="short", locale=self.locale))
            for unit, count in parts
            if count or (unit == "minute" and not whole)
        ]
        return " ".join(told)

    def joined(self, items: Sequence[str]) -> str:
        return str(format_list(list(items), locale=self.locale))

    def kind(self, kind: str) -> str:
        """A kind of case, as case files name it."""
        return self._headings.kinds.get(kind, kind)

    def stage(self, state: str) -> str:
        return self._headings.states.get(state, state)

    def clock_name(self, clock: str) -> str:
        """What a due date is of."""
        return self._headings.clocks.get(clock.partition(":")[0], clock)

    def sorted(self, items: Iterable[Item], key: Callable[[Item], str] = str) -> list[Item]:
        """In the order of the language's alphabet."""
        return sorted(items, key=lambda item: self.place(key(item)))

    def place(self, text: str) -> tuple[Any, ...]:
        """Sorts as the alphabet does: other signs, digits, own letters, letters of others.

        Capitals and accents decide only between what is else the same.
        """
        ranks = _ranks(self.language)
        return tuple(_rank(letter, ranks) for letter in _lower(text, self.language)), text


@cache
def words_of(language: str, time_zone: str) -> Words:
    """One of LANGUAGES, read once."""
    return Words(language, ZoneInfo(time_zone))


@cache
def catalog(language: str) -> dict[str, Entry]:
    """Every key of a language. Raises ValueError for one that isn't a text or its plural forms."""
    found: dict[str, Entry] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        found |= dict(_flat(toml.decode(file.read_bytes()), file.stem))
    return found


_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})


def _flat(table: Mapping[str, Any], within: str) -> Iterable[tuple[str, Entry]]:
    """A table of plural forms is an entry; any other is a step of the key."""
    for name, entry in table.items():
        key = f"{within}.{name}"
        if isinstance(entry, Mapping) and not entry.keys() <= _FORMS:
            yield from _flat(entry, key)
        elif isinstance(entry, str | Mapping):
            yield key, entry
        else:
            raise ValueError(f"{key} is neither a text nor the forms of one")


@cache
def _ranks(language: str) -> dict[str, int]:
    return {letter: rank for rank, letter in enumerate(ALPHABETS[language])}


def _rank(letter: str, ranks: Mapping[str, int]) -> tuple[int, int]:
    if letter in ranks:
        return 2, ranks[letter]
    if letter.isdecimal():
        return 1, int(letter)
    base = normalize("NFD", letter)[0]
    if base in ranks:
        return 2, ranks[base]
    return (3 if letter.isalpha() else 0), ord(letter)


def _lower(text: str, language: str) -> str:
    if language in _DOTTED:
        text = text.replace("I", "ı").replace("İ", "i")
    return "".join(each for each in normalize("NFC", text).lower() if not combining(each))
