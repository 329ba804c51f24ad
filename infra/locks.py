"""Locks that a process holds while it is what it is; others see by them that it is there."""

from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

RUNNER = 0x72756E6E6572
"""One runner in a database: who holds it follows the log."""
ROTATION = 0x726F74617465
"""One change of the master key in a database."""


def take(conn: Connection[Any], lock: int) -> bool:
    """Whether the lock is this session's now; it stays so until given back."""
    cursor = conn.cursor(row_factory=tuple_row)
    row = cursor.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return bool(row and row[0])


def give_back(conn: Connection[Any], lock: int) -> None:
    """Nothing is left to do where the connection is gone."""
    if not conn.broken:
        conn.execute("SELECT pg_advisory_unlock(%s)", (lock,))
