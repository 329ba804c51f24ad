"""What a destruction needs of the database: who is in which case, and the deleting itself."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.errors import LockNotAvailable, ObjectInUse
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composable, Identifier

from infra.blinding import LINKAGE
from infra.rows import StreamRow

_SEALED = "json_object_keys(convert_from(e.state, 'UTF8')::json -> 'sealed')"
WITH_KEYS = Identifier("karguzar", "person_keys")
STATISTICS = Identifier("pg_catalog", "pg_statistic")


class Destroyed(Struct, frozen=True):
    """What was deleted; ``kept`` are keys under which something had been sealed meanwhile."""

    keys: int
    kept: int
    documents: int


class SealedSince(Exception):
    """Something was sealed for the person since the register was looked at: look again."""


class NotRewritten(Exception):
    """A table could not be rewritten: the database login has to own it, and nobody may hold it.

    What was deleted from it may still be found in its files.
    """


def log_position(conn: Connection[Any]) -> int:
    """Where the log is now."""
    (position,) = _tuples(conn).execute("SELECT position FROM karguzar.log_head").fetchone() or (0,)
    return int(position)


def lock_log(conn: Connection[Any]) -> None:
    """Let nothing be recorded or destroyed until the transaction ends."""
    conn.execute("SELECT FROM karguzar.log_head FOR UPDATE")


def open_destructions(conn: Connection[Any]) -> list[StreamRow]:
    """All events of those destructions that haven't ended, case by case."""
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
        "SELECT originator_id, originator_version, topic, state, notification_id "
        "FROM karguzar.register_events WHERE originator_id IN ("
        "SELECT originator_id FROM karguzar.register_events "
        "WHERE topic LIKE 'destruction-%' AND topic = 'destruction-proposed' "
        "EXCEPT SELECT originator_id FROM karguzar.register_events "
        "WHERE topic LIKE 'destruction-%' AND topic IN "
        "('destruction-completed', 'destruction-refused', 'destruction-withdrawn')) "
        "ORDER BY originator_id, originator_version"
    )
    return [StreamRow(*row) for row in rows]


def has_key(conn: Connection[Any], owner: UUID) -> bool:
    """Whether anything of theirs can still be sealed or opened under the owner's key."""
    asked = "SELECT FROM karguzar.person_keys WHERE owner = %s"
    if owner == LINKAGE:
        return False
    return conn.execute(asked, (owner,)).fetchone() is not None


def owners_in(conn: Connection[Any], cases: Sequence[UUID]) -> set[UUID]:
    """Under whose keys anything in these cases is sealed, events and documents."""
    rows = _tuples(conn).execute(
        f"SELECT DISTINCT owner::uuid FROM karguzar.register_events e, {_SEALED} AS owner "  # noqa: S608
        "WHERE e.originator_id = ANY(%(cases)s) "
        "UNION SELECT owner FROM karguzar.documents WHERE case_id = ANY(%(cases)s)",
        {"cases": list(cases)},
    )
    return {owner for (owner,) in rows}


def cases_under(conn: Connection[Any], owners: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The cases in which anything is sealed under each owner's key. Reads the whole log.

    Not the destructions themselves: the reason for an erasure goes with what it erases.
    """
    found: dict[UUID, set[UUID]] = {owner: set() for owner in owners}
    if not found:
        return found
    rows = _tuples(conn).execute(
        "SELECT DISTINCT owner::uuid, e.originator_id "  # noqa: S608
        f"FROM karguzar.register_events e, {_SEALED} AS owner "
        "WHERE owner = ANY(%(texts)s) AND e.topic NOT LIKE 'destruction-%%' "
        "UNION SELECT owner, case_id FROM karguzar.documents d WHERE owner = ANY(%(owners)s) "
        "AND NOT EXISTS (SELECT FROM karguzar.register_events e "
        "WHERE e.originator_id = d.case_id AND e.topic LIKE 'destruction-%%')",
        {"texts": [str(owner) for owner in owners], "owners": list(owners)},
    )
    for owner, case in rows:
        found[owner].add(case)
    return found


def destroyed_among(conn: Connection[Any], cases: Iterable[UUID]) -> set[UUID]:
    """Those of the cases whose content was destroyed before."""
    rows = _tuples(conn).execute(
        "SELECT originator_id FROM karguzar.register_events "
        "WHERE topic = 'content-destroyed' AND originator_id = ANY(%s)",
        (list(cases),),
    )
    return {case for (case,) in rows}


def destroy_keys(conn: Connection[Any], destruction: UUID) -> Destroyed:
    """Delete the keys and documents that a recorded destruction names; once, however often asked.

    Holds the log's lock until the transaction ends. Raises SealedSince, of an erasure.
    """
    asked = "SELECT keys, kept, documents FROM karguzar.destroy_keys(%s)"
    try:
        cursor = conn.cursor(row_factory=class_row(Destroyed)).execute(asked, (destruction,))
        row = cursor.fetchone()
    except ObjectInUse as error:
        raise SealedSince(SealedSince.__doc__) from error
    assert row is not None  # noqa: S101 - the function gives one row or fails
    return row


def rewrite(conn: Connection[Any], table: Composable) -> None:
    """Write the table anew without what was deleted, into new files. Raises NotRewritten.

    *conn* commits each statement. Nobody reads or writes the table meanwhile, and whoever comes
    while we wait for it waits behind us: not for long, a backup holds it for hours.
    """
    before = _file(conn, table)
    conn.execute("SET lock_timeout = '200ms'")
    try:
        conn.execute(SQL("VACUUM (FULL) {}").format(table))
    except LockNotAvailable as error:
        raise NotRewritten(NotRewritten.__doc__) from error
    if _file(conn, table) == before:
        raise NotRewritten(NotRewritten.__doc__)


def clear_documents(conn: Connection[Any]) -> None:
    """Free what deleted documents took. Their bytes are sealed under keys that are gone."""
    conn.execute("VACUUM karguzar.documents")


def _file(conn: Connection[Any], table: Composable) -> int:
    name = table.as_string(conn)
    row = _tuples(conn).execute("SELECT pg_relation_filenode(%s::regclass)", (name,)).fetchone()
    return int(row[0]) if row else 0


def _tuples(conn: Connection[Any]) -> Cursor[Any]:
    return conn.cursor(row_factory=tuple_row)
