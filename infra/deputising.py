"""Deputies as the database keeps them: what was entered and what was taken away, never changed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.postgres import PostgresDatastore
from msgspec.structs import asdict
from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row

from domain.deputising import Deputising

_SELECT = (
    "SELECT d.id, d.deputy, d.principal, d.starts_at, d.ends_at, d.reason, d.entered_by, "
    "d.entered_at, e.ended_by, e.ended_at, e.reason AS end_reason "
    "FROM karguzar.deputies d LEFT JOIN karguzar.deputies_ended e USING (id) "
)


class Deputies:
    """`enter` and `end` block."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        self._datastore = datastore

    def enter(self, one: Deputising) -> None:
        """Nothing happens where its id is there already: then it was sent twice.

        Nor where the one deputises for the other in a part of that time: ending one has to end it.
        """
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                (f"deputising {one.deputy} {one.principal}",),
            )
            cursor.execute(
                "INSERT INTO karguzar.deputies (id, deputy, principal, starts_at, ends_at, "
                "reason, entered_by, entered_at) SELECT %(id)s, %(deputy)s, %(principal)s, "
                "%(starts_at)s, %(ends_at)s, %(reason)s, %(entered_by)s, %(entered_at)s "
                "WHERE NOT EXISTS (SELECT FROM karguzar.deputies d "
                "WHERE d.deputy = %(deputy)s AND d.principal = %(principal)s "
                "AND greatest(d.starts_at, d.entered_at) < %(ends_at)s "
                "AND d.ends_at > greatest(%(starts_at)s, %(entered_at)s) "
                "AND NOT EXISTS (SELECT FROM karguzar.deputies_ended e WHERE e.id = d.id)) "
                "ON CONFLICT (id) DO NOTHING",
                asdict(one),
            )

    def end(self, identity: UUID, by: str, at: datetime, reason: str) -> bool:
        """Whether it was this that ended it."""
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "INSERT INTO karguzar.deputies_ended (id, ended_by, ended_at, reason) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
                (identity, by, at, reason),
            )
            return cursor.rowcount == 1

    async def holds(
        self, conn: AsyncConnection[Any], deputy: str, principal: str, at: datetime
    ) -> bool:
        """Whether the one may act for the other at this instant."""
        async with conn.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(
                "SELECT EXISTS (SELECT FROM karguzar.deputies d WHERE d.deputy = %(deputy)s "
                "AND d.principal = %(principal)s AND greatest(d.starts_at, d.entered_at) <= %(at)s "
                "AND d.ends_at > %(at)s "
                "AND NOT EXISTS (SELECT FROM karguzar.deputies_ended e WHERE e.id = d.id))",
                {"deputy": deputy, "principal": principal, "at": at},
            )
            row = await cursor.fetchone()
        return bool(row and row[0])

    async def one(self, conn: AsyncConnection[Any], identity: UUID) -> Deputising | None:
        async with conn.cursor(row_factory=class_row(Deputising)) as cursor:
            await cursor.execute(_SELECT + "WHERE d.id = %s", (identity,))
            return await cursor.fetchone()

    async def listed(
        self,
        conn: AsyncConnection[Any],
        own: str,
        others: Collection[str] | None,
        *,
        official: str | None,
        at: datetime | None,
        before: Deputising | None,
        limit: int,
    ) -> list[Deputising]:
        """The newest first: *own* and those for one of *others*, or all where that is None.

        *official* is either side of it; *at* is an instant at which it held. *before* is the last
        of the page before.
        """
        values = {
            "own": own,
            "others": sorted(others) if others is not None else None,
            "official": official,
            "at": at,
            "entered": before.entered_at if before else None,
            "id": before.id if before else None,
            "limit": limit,
        }
        async with conn.cursor(row_factory=class_row(Deputising)) as cursor:
            await cursor.execute(
                _SELECT + "WHERE (%(others)s::text[] IS NULL OR d.principal = ANY(%(others)s) "
                "OR %(own)s IN (d.deputy, d.principal, d.entered_by)) "
                "AND (%(official)s::text IS NULL OR %(official)s IN (d.deputy, d.principal)) "
                "AND (%(at)s::timestamptz IS NULL OR greatest(d.starts_at, d.entered_at) <= %(at)s "
                "AND d.ends_at > %(at)s AND (e.ended_at IS NULL OR e.ended_at > %(at)s)) "
                "AND (%(id)s::uuid IS NULL OR (d.entered_at, d.id) < (%(entered)s, %(id)s)) "
                "ORDER BY d.entered_at DESC, d.id DESC LIMIT %(limit)s",
                values,
            )
            return await cursor.fetchall()
