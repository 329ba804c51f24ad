"""The change of the master key: every person's key is wrapped anew, and stays what it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from infra import locks
from infra.keys import KeyRing
from infra.master_key import announce, begin, put_in_force, verify_master_key

_BATCH = 1_000


class RotationUnderWay(Exception):
    """Another process is changing the master key of this database: wait for its end."""


class KeysLeft(Exception):
    """Some persons' keys are still wrapped with the old master key: rotate once more.

    Until nothing is left, both keys are needed.
    """


def rotate(
    conn: Connection[Any],
    new: bytes,
    old: bytes,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Wrap all persons' keys with *new* that are still under *old*; how many there were.

    *conn* commits each statement, and belongs to the owner of the tables. After a kill it goes on
    where it was, and twice is as once; the check of the master key follows last. Raises
    WrongMasterKey, RegisterRuns, RotationUnderWay, KeysLeft.
    """
    if not locks.take(conn, locks.ROTATION):
        raise RotationUnderWay(RotationUnderWay.__doc__)
    try:
        begin(conn, old)
        announce(conn, new, old)
        verify_master_key(conn, new, old)
        wrapped = _wrap_all(conn, KeyRing(new, old), progress)
        if not put_in_force(conn, new):
            raise KeysLeft(" ".join((KeysLeft.__doc__ or "").split()))
        return wrapped
    finally:
        locks.give_back(conn, locks.ROTATION)


def _wrap_all(conn: Connection[Any], ring: KeyRing, progress: Callable[[int, int], None]) -> int:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    (total,) = cursor.execute("SELECT count(*) FROM karguzar.person_keys").fetchone() or (0,)
    after: UUID | None = None
    seen = wrapped = 0
    progress(0, total)
    while rows := _some(cursor, after):
        anew = [
            (owner, old, ring.wrap_anew(owner, old))
            for owner, old in rows
            if not ring.is_under_master(old)
        ]
        if anew:
            owners, before, keys = (list(column) for column in zip(*anew, strict=True))
            cursor.execute(
                "UPDATE karguzar.person_keys AS k SET wrapped = n.wrapped "
                "FROM unnest(%b::uuid[], %b::bytea[], %b::bytea[]) AS n (owner, before, wrapped) "
                "WHERE k.owner = n.owner AND k.wrapped = n.before",
                (owners, before, keys),
            )
        after, seen, wrapped = rows[-1][0], seen + len(rows), wrapped + len(anew)
        progress(min(seen, total), total)
    progress(total, total)
    return wrapped


def _some(cursor: Any, after: UUID | None) -> list[tuple[UUID, bytes]]:
    rows: list[tuple[UUID, bytes]] = cursor.execute(
        "SELECT owner, wrapped FROM karguzar.person_keys "
        "WHERE %b::uuid IS NULL OR owner > %b ORDER BY owner LIMIT %b",
        (after, after, _BATCH),
    ).fetchall()
    return rows
