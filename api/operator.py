"""Whoever reads on the command line: no token names them, the machine does."""

import getpass
import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from domain.access_record import AccessRecord, Action
from domain.case import Actor

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
