"""Calendars as they were: each version that a due date was computed with is kept whole."""

from datetime import date, time
from typing import Any

from msgspec import Struct, json
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from domain.calendar import CalendarMissing, DayMark, WorkingCalendar


class _Content(Struct, kw_only=True, forbid_unknown_fields=True):
    edition: str
    first: date
    last: date
    rest_weekdays: tuple[int, ...]
    opens_at: time
    closes_at: time
    marks: tuple[DayMark, ...]


_decode = json.Decoder(_Content).decode


def keep(cursor: Cursor[Any], calendar: WorkingCalendar) -> None:
    """Keep the calendar in the caller's transaction, unless its version is there already."""
    content = _Content(
        edition=calendar.edition,
        first=calendar.first,
        last=calendar.last,
        rest_weekdays=tuple(sorted(calendar.rest_weekdays)),
        opens_at=calendar.opens_at,
        closes_at=calendar.closes_at,
        marks=tuple(calendar.marks[day] for day in sorted(calendar.marks)),
    )
    cursor.execute(
        "INSERT INTO karguzar.calendar_versions (version, jurisdiction, organisation, content) "
        "VALUES (%s, %s, %s, %s::text::jsonb) ON CONFLICT (version) DO NOTHING",
        (
            calendar.version,
            calendar.jurisdiction,
            calendar.organisation,
            json.encode(content).decode(),
        ),
    )


def load(conn: Connection[Any], version: str) -> WorkingCalendar:
    """The calendar of that version. Raises CalendarMissing where none was ever used here."""
    row = (
        conn.cursor(row_factory=tuple_row)
        .execute(
            "SELECT jurisdiction, organisation, content::text FROM karguzar.calendar_versions "
            "WHERE version = %s",
            (version,),
        )
        .fetchone()
    )
    if row is None:
        raise CalendarMissing(f"No calendar {version} was used in this register")
    jurisdiction, organisation, text = row
    content = _decode(text)
    return WorkingCalendar(
        jurisdiction=jurisdiction,
        organisation=organisation,
        version=version,
        edition=content.edition,
        first=content.first,
        last=content.last,
        marks={mark.on: mark for mark in content.marks},
        rest_weekdays=frozenset(content.rest_weekdays),
        opens_at=content.opens_at,
        closes_at=content.closes_at,
    )
