"""Logins that read the schema `analytics`: what they may do, and what keeps them out of the way.

A login's own settings are defaults, which whoever logs in may change. What they may not exceed is
held by PostgreSQL (privileges, the number of connections) and by `end_what_takes_too_long`.
"""

import re
import secrets
from contextlib import suppress
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.errors import DuplicateObject, InsufficientPrivilege
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from infra.analyst_limits import ALL_CONNECTIONS, EXPORT, GROUP, LIMITS, Limits
from infra.eventstore import ROLE
from infra.pseudonyms import Pseudonyms

_LOGIN = re.compile(r"[a-z][a-z0-9_]{2,40}")
_BLOCK_BYTES = 64
_PASSWORD_BYTES = 24
# Everybody may make large objects and temporary tables in a database, until that is revoked.
_TAKEN_FROM_ALL = (
    "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC",
)
_OTHERS_TEMPORARY = f"GRANT TEMPORARY ON DATABASE {{0}} TO {ROLE}"
_TOO_LONG = """
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
    LEFT JOIN karguzar.analysts AS known ON known.login = a.usename
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND (known.login IS NOT NULL OR a.application_name = %(export)s)
    AND (
        a.xact_start < clock_timestamp() - make_interval(
            secs => CASE WHEN known.login IS NULL THEN %(export_seconds)s ELSE %(seconds)s END
        )
        OR known.login IS NOT NULL AND EXISTS (
            SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory'
        )
    )
"""
_AT_WORK = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    AND (application_name = %(export)s OR usename IN (SELECT login FROM karguzar.analysts))
"""


class Analyst(Struct, frozen=True, kw_only=True):
    """``official`` is whose requests over HTTP have the same pseudonyms, if anybody's."""

    login: str
    purpose: str
    official: str | None
    connections: int


class LoginNotFitting(Exception):
    """A login has 3 to 41 small letters, digits and underscores, and begins with a letter."""


class LoginTaken(Exception):
    """There is a role of this name in the database server already: choose another."""


class OfficialTaken(Exception):
    """This official has a login already: remove that one first, or leave the official out."""


class NoSuchAnalyst(Exception):
    """There is no analyst's login of this name: karguzar analyst list shows them."""


class NoConnectionsLeft(Exception):
    """All analysts together get 20 connections: remove a login, or give this one fewer."""


class MayNotMakeRoles(Exception):
    """This login may not make roles: run the command with one that may (CREATEROLE)."""


def enter_purpose(conn: Connection[Any], purpose: str, pseudonyms: Pseudonyms) -> None:
    """Let the views make the pseudonyms of *purpose*, whose key these have."""
    conn.execute(
        "INSERT INTO karguzar.analyst_purposes (purpose, inner_pad, outer_pad) "
        "VALUES (%(purpose)s, %(inner)s, %(outer)s) ON CONFLICT DO NOTHING",
        {"purpose": purpose, **pads(pseudonyms)},
    )


def pads(pseudonyms: Pseudonyms) -> dict[str, bytes]:
    """The key as HMAC takes it: filled to a block, exclusive or with the two constants."""
    key = pseudonyms.key.ljust(_BLOCK_BYTES, b"\0")
    return {
        "inner": bytes(byte ^ 0x36 for byte in key),
        "outer": bytes(byte ^ 0x5C for byte in key),
    }


def add_analyst(
    conn: Connection[Any],
    login: str,
    purpose: str,
    pseudonyms: Pseudonyms,
    *,
    official: str | None = None,
    limits: Limits = LIMITS,
) -> str:
    """Make the login and give its password, which is kept nowhere.

    The connection is that of somebody who may make roles. Raises LoginNotFitting,
    LoginTaken, OfficialTaken, NoConnectionsLeft and MayNotMakeRoles.
    """
    if not _LOGIN.fullmatch(login):
        raise LoginNotFitting(LoginNotFitting.__doc__)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    with conn.transaction():
        conn.execute("LOCK TABLE karguzar.analysts IN SHARE ROW EXCLUSIVE MODE")
        known = analysts(conn)
        if official is not None and any(each.official == official for each in known):
            raise OfficialTaken(OfficialTaken.__doc__)
        if sum(each.connections for each in known) + limits.connections > ALL_CONNECTIONS:
            raise NoConnectionsLeft(NoConnectionsLeft.__doc__)
        _make_role(conn, login, password, limits)
        enter_purpose(conn, purpose, pseudonyms)
        conn.execute(
            "INSERT INTO karguzar.analysts (login, purpose, official) VALUES (%s, %s, %s)",
            (login, purpose, official),
        )
        _close_side_doors(conn)
    return password


def remove_analyst(conn: Connection[Any], login: str) -> None:
    """Take the login away, and end what it is doing. Raises NoSuchAnalyst and MayNotMakeRoles."""
    with conn.transaction():
        gone = conn.execute("DELETE FROM karguzar.analysts WHERE login = %s", (login,))
        if not gone.rowcount:
            raise NoSuchAnalyst(NoSuchAnalyst.__doc__)
        try:
            conn.execute(SQL("ALTER ROLE {} NOLOGIN").format(Identifier(login)))
            conn.execute(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = %s",
                (login,),
            )
            conn.execute(SQL("DROP ROLE {}").format(Identifier(login)))
        except InsufficientPrivilege:
            raise MayNotMakeRoles(MayNotMakeRoles.__doc__) from None


def analysts(conn: Connection[Any]) -> list[Analyst]:
    """All logins, by name."""
    cursor = conn.cursor(row_factory=class_row(Analyst))
    return cursor.execute(
        "SELECT a.login::text, a.purpose, a.official, r.rolconnlimit AS connections "
        "FROM karguzar.analysts AS a JOIN pg_roles AS r ON r.rolname = a.login ORDER BY a.login"
    ).fetchall()


def end_what_takes_too_long(conn: Connection[Any], limits: Limits = LIMITS) -> int:
    """End analysts' sessions whose transaction is older than it may be; how many.

    And those that hold an advisory lock: the register's own processes wait for such locks. The
    connection acts as whoever logged in, who is a member of the application's role.
    """
    values = {
        "export": EXPORT,
        "seconds": limits.transaction_seconds,
        "export_seconds": limits.export_seconds,
    }
    return len(conn.cursor(row_factory=tuple_row).execute(_TOO_LONG, values).fetchall())


def make_way(conn: Connection[Any]) -> None:
    """End what analysts are reading: the views under it are about to be replaced.

    Whoever reads lists would wait behind that change, and it behind the analysts. The connection
    acts as the application afterwards.
    """
    conn.execute("RESET ROLE")
    conn.execute(_AT_WORK, {"export": EXPORT})
    conn.execute(SQL("SET ROLE {}").format(Identifier(ROLE)))


def _make_role(conn: Connection[Any], login: str, password: str, limits: Limits) -> None:
    encrypted = conn.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    milliseconds = int(limits.statement_seconds * 1000)
    settings: dict[str, str] = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{milliseconds}ms",
        "idle_in_transaction_session_timeout": f"{milliseconds}ms",
        "lock_timeout": "2s",
        "work_mem": limits.memory,
        "max_parallel_workers_per_gather": "0",
        "search_path": "analytics",
    }
    role = Identifier(login)
    made = SQL(
        "CREATE ROLE {} LOGIN INHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {} PASSWORD {}"
    ).format(role, Literal(limits.connections), Literal(encrypted.decode()))
    try:
        conn.execute(made)
    except DuplicateObject:
        raise LoginTaken(LoginTaken.__doc__) from None
    except InsufficientPrivilege:
        raise MayNotMakeRoles(MayNotMakeRoles.__doc__) from None
    for name, value in settings.items():
        conn.execute(_set(role, name, value))
    conn.execute(SQL("GRANT {} TO {}").format(Identifier(GROUP), role))
    # As a member the application sees what the login is doing and may end it.
    conn.execute(SQL("GRANT {} TO {}").format(role, Identifier(ROLE)))
    with suppress(InsufficientPrivilege), conn.transaction():
        conn.execute(_set(role, "temp_file_limit", limits.files))


def _set(role: Identifier, name: str, value: str) -> Composed:
    return SQL("ALTER ROLE {} SET {} TO {}").format(role, Identifier(name), Literal(value))


def _close_side_doors(conn: Connection[Any]) -> None:
    """As far as this login may: what isn't allowed to it is left as it is."""
    cursor = conn.cursor(row_factory=tuple_row)
    (name,) = cursor.execute("SELECT current_database()").fetchone()  # type: ignore[misc]
    database = Identifier(name)
    with suppress(InsufficientPrivilege), conn.transaction():
        conn.execute(SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
        conn.execute(SQL(_OTHERS_TEMPORARY).format(database))
    for statement in _TAKEN_FROM_ALL:
        with suppress(InsufficientPrivilege), conn.transaction():
            conn.execute(SQL(statement))
