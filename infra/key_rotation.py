"""The change of the master key: every person's key is wrapped anew, and stays what it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from infra.keys import KeyRing
from infra.master_key import announce, knows_next, put_in_force, verify_master_key

_BATCH = 1_000
_LOCK = 0x726F74617465  # "rotate": one change of the master key in a database
_RUNNER_LOCK = 0x72756E6E6572


class RotationUnderWay(Exception):
    """Another process is changing the master key of this database: wait for its end."""


class RegisterRuns(Exception):
    """The register runs and doesn't know the new key.

    Stop it first; or start it again with the new key as its master key and the old one as
    KARGUZAR_MASTER_KEY_PREVIOUS_FILE, and rotate with these settings while it runs.
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
    WrongMasterKey, RegisterRuns, RotationUnderWay.
    """
    if not _lock(conn, _LOCK):
        raise RotationUnderWay(RotationUnderWay.__doc__)
    try:
        if not knows_next(conn, new):
            _announce(conn, new, old)
        verify_master_key(conn, new, old)
        wrapped = _wrap_all(conn, KeyRing(new, old), progress)
        put_in_force(conn, new)
        return wrapped
    finally:
        if not conn.broken:
            conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _announce(conn: Connection[Any], new: bytes, old: bytes) -> None:
    """From here on no process starts that has the old key alone; none may be there either."""
    if not _lock(conn, _RUNNER_LOCK):
        raise RegisterRuns(" ".join((RegisterRuns.__doc__ or "").split()))
    try:
        announce(conn, new, old)
    finally:
        conn.execute("SELECT pg_advisory_unlock(%s)", (_RUNNER_LOCK,))


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


def _lock(conn: Connection[Any], lock: int) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return bool(row and row[0])
