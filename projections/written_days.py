"""Days as a language writes them, by CLDR."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton

LOCALES = {"az": "az_AZ", "tr": "tr_TR", "ka": "ka_GE", "en": "en_GB", "ru": "ru_RU"}
"""The place whose habits a language follows here."""


def day(on: date, language: str) -> str:
    """With the month's name: 6 aprel 2026."""
    return str(format_date(on, "long", locale=LOCALES[language]))


def day_of_year(on: date, language: str) -> str:
    """Short, where the year is known: 6 apr."""
    return str(format_skeleton("MMMd", on, locale=LOCALES[language]))


def short_day(on: date, language: str) -> str:
    """For tables and axes, with the year."""
    return str(format_date(on, "medium", locale=LOCALES[language]))


def numbered_month(on: date, language: str) -> str:
    """As narrow as can be, with the year: 04.2026."""
    return str(format_skeleton("yM", on, locale=LOCALES[language]))


def instant(at: datetime, language: str, time_zone: ZoneInfo) -> str:
    """Day and minute in *time_zone*."""
    local = at.astimezone(time_zone)
    minute = format_datetime(local, "HH:mm", locale=LOCALES[language])
    return f"{day(local.date(), language)}, {minute}"
