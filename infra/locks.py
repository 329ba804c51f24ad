"""Locks that a process holds while it is what it is; others see by them that it is there."""

from collections.abc import Collection
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

RUNNER = 0x72756E6E6572
LATER_RUNNER = 0x6C61746572
"""One runner for each group of read models in a database: who holds it follows the log."""
RUNNERS = (RUNNER, LATER_RUNNER)
ROTATION = 0x726F74617465
"""One change of the master key in a database."""


def take(conn: Connection[Any], lock: int) -> bool:
    """Whether the lock is this session's now; it stays so until given back."""
    cursor = conn.cursor(row_factory=tuple_row)
    row = cursor.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return bool(row and row[0])


def take_all(conn: Connection[Any], wanted: Collection[int]) -> bool:
    """Whether all the locks are this session's now; where one isn't to be had, none is kept."""
    taken: list[int] = []
    for lock in wanted:
        if not take(conn, lock):
            for each in taken:
                give_back(conn, each)
            return False
        taken.append(lock)
    return True


def give_back(conn: Connection[Any], lock: int) -> None:
    """Nothing is left to do where the connection is gone."""
    if not conn.broken:
        conn.execute("SELECT pg_advisory_unlock(%s)", (lock,))


class Claims:
    """What a session has claimed by name, so that no other session has it at the same time.

    All of it is free again when the connection ends.
    """

    _CLASS = 0x636C6169

    def __init__(self, conn: Connection[Any]) -> None:
        self._conn = conn
        self._held: set[str] = set()

    def among(self, wanted: Collection[str]) -> set[str]:
        """Those of *wanted* that are this session's; what is wanted no longer is given back."""
        names = set(wanted)
        if gone := self._held - names:
            self._each("pg_advisory_unlock", gone)
            self._held -= gone
        if missing := names - self._held:
            self._held |= self._each("pg_try_advisory_lock", missing)
        return set(self._held)

    def _each(self, function: LiteralString, names: set[str]) -> set[str]:
        cursor = self._conn.cursor(row_factory=tuple_row)
        rows = cursor.execute(
            SQL("SELECT name FROM unnest(%s::text[]) AS name WHERE {}(%s, hashtext(name))").format(
                SQL(function)
            ),
            (sorted(names), self._CLASS),
        )
        return {name for (name,) in rows}
