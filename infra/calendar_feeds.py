"""Calendar feeds: whose they are, and what stands in them."""

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.postgres import PostgresDatastore
from icalendar import Calendar, Event
from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from infra.letter import words
from infra.organisation import Language

_CLOCKS = uuid5(NAMESPACE_URL, "urn:karguzar:clock")
_TOKEN_BYTES = 32


class Feed(Struct, frozen=True, kw_only=True):
    """Whose feed it is. ``unit`` is theirs today, or was when the feed was made."""

    official: str
    unit: str
    language: Language
    made_at: datetime


class Clock(Protocol):
    """What a calendar is told of a clock: nothing personal, for calendars are kept elsewhere."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def clock(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def due_on(self) -> date: ...


class CalendarFeeds:
    """At most one feed an official; only its token's SHA-256 is kept. `make` and `end` block."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        self._datastore = datastore

    def make(self, official: str, unit: str) -> str:
        """A fresh token; the feed that the official had before has ended."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "INSERT INTO karguzar.calendar_feeds (official, unit, token_sha256) "
                "VALUES (%s, %s, %s) ON CONFLICT (official) DO UPDATE SET unit = excluded.unit, "
                "token_sha256 = excluded.token_sha256, made_at = now()",
                (official, unit, _digest(token)),
            )
        return token

    def end(self, official: str) -> None:
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute("DELETE FROM karguzar.calendar_feeds WHERE official = %s", (official,))

    async def found(self, conn: AsyncConnection[Any], token: str) -> Feed | None:
        """The feed with this token, for a year; none of who has left the department.

        It is looked for by its hash, so that the time it takes tells nothing of other tokens.
        """
        cursor = conn.cursor(row_factory=tuple_row)
        await cursor.execute(
            "SELECT f.official, coalesce(o.unit, f.unit), coalesce(o.language, 'az'), f.made_at "
            "FROM karguzar.calendar_feeds f LEFT JOIN karguzar.officials o USING (official) "
            "WHERE f.token_sha256 = %s AND f.made_at > now() - interval '1 year' "
            "AND (o.official IS NOT NULL OR NOT EXISTS (SELECT FROM karguzar.officials))",
            (_digest(token),),
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        official, unit, language, made_at = row
        return Feed(official=official, unit=unit, language=language, made_at=made_at)

    def calendar(self, feed: Feed, clocks: Iterable[tuple[str, Clock]]) -> bytes:
        """The feed as iCalendar (RFC 5545): a day for each clock, after its case's number.

        The same clocks give the same bytes.
        """
        said = words(feed.language)
        calendar = Calendar()
        calendar.add("prodid", "-//Karguzar//Karguzar//EN")
        calendar.add("version", "2.0")
        for number, clock in clocks:
            event = Event()
            event.add("uid", f"{uuid5(_CLOCKS, f'{clock.case_id}/{clock.clock}')}@karguzar")
            event.add("dtstamp", feed.made_at.astimezone(UTC))
            event.add("dtstart", clock.due_on)
            event.add("dtend", clock.due_on + timedelta(days=1))
            event.add("summary", f"{number}: {said.clock_of(clock.clock)}")
            event.add("description", said.kinds[clock.kind])
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
        return bytes(calendar.to_ical())


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
