"""Whoever reads on the command line: no token names them, the machine does."""

import getpass
import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import psycopg

from domain.access_record import AccessRecord, Action
from domain.case import Actor
from infra.access_records import write_access
from infra.eventstore import ROLE

SHOWS_NO_CASE: Mapping[str, str] = {
    "run": "serves; what is read then is on record by its route",
    "serve": "serves; what is read then is on record by its route",
    "migrate": "the schema",
    "demo": "enters invented cases and counts them",
    "token": "a token",
    "import": "what the file has, not what the register has",
    "organisation": "units and officials",
    "repeats match-people": "what the file has, not what the register has",
    "deadline of": "a term without a case",
    "deadline rules": "rules",
    "deadline what-if": "counts",
    "analyst add": "a login and its password",
    "analyst list": "logins",
    "analyst remove": "a login",
    "notices": "counts, and to whom a notice could not be sent",
    "rebuild": "counts",
    "doctor": "counts",
    "retention rules": "rules",
    "master-key rotate": "counts",
    "verify": "hashes, places in the log and counts",
    "checkpoint-key": "a public key",
}
"""Commands that may answer without a record, and why."""

CLIENT, UNIT = "command-line", "server"
_NO_CODE = re.compile(r"[^a-z0-9._-]+")


def operator() -> Actor:
    """The user of this machine that the command runs as, for what is put on record."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    official = _NO_CODE.sub("-", name.lower()).strip("-._")
    return Actor(official=official or "unnamed", unit=UNIT, client=CLIENT)


def read_by_operator(
    action: Action,
    operation: str,
    *,
    cases: Collection[UUID] = (),
    person: UUID | None = None,
    thread: UUID | None = None,
    query: Mapping[str, Any] | None = None,
    position: int | None = None,
) -> AccessRecord:
    """The record of a read on the command line; *operation* is the command."""
    return AccessRecord(
        by=operator(),
        roles=frozenset(),
        action=action,
        operation=operation,
        cases=tuple(cases),
        person=person,
        thread=thread,
        query=query,
        position=position,
    )


def put_on_record(conninfo: str, record: AccessRecord) -> None:
    """Return when the record is committed; what it is of may be shown then."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        write_access(conn, record)
