"""Desks and databases for tests, also for those that start processes of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from application.access import Organisation
from application.desk import Desk
from domain.due import Terms
from domain.envelope import Recorded
from infra.keys import KeyRing
from projections.runner import LogReader
from tests.domain.spec import NOON, PLAIN_TERMS

MASTER_KEY = bytes(range(32))
TEMPLATE = "karguzar_template"
ORGANISATION = Organisation.of(
    {
        "agency": None,
        "records": "agency",
        "social": "agency",
        "pensions": "social",
        "press": "agency",
        "reception": "agency",
        "region-ganja": "agency",
    },
    {
        "aliyev": "records",
        "controller": "agency",
        "director": "agency",
        "huseynova": "records",
        "ismayilova": "press",
        "mammadov": "pensions",
        "quliyev": "reception",
        "rzayeva": "social",
    },
)


def new_desk(conninfo: str, terms: Terms = PLAIN_TERMS) -> Desk:
    """A desk whose clock stands at noon; set ``desk.clock`` to move it."""
    return Desk(
        conninfo,
        keys=KeyRing(MASTER_KEY),
        terms=terms,
        organisation=lambda: ORGANISATION,
        clock=lambda: NOON,
    )


def recorded_by(desk: Desk) -> list[Recorded]:
    """The whole log, personal parts opened."""
    return LogReader(desk.log, desk.event_mapper, desk.keys).tail(0, 100_000)


@contextmanager
def migrated_database(postgres: str) -> Iterator[str]:
    """A copy of the template, dropped at the end; its conninfo."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as conn:
        conn.execute(
            # Its files are copied as they are, which costs a third of writing them to the log.
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                Identifier(name), Identifier(TEMPLATE)
            )
        )
    try:
        yield make_conninfo(postgres, dbname=name)
    finally:
        with psycopg.connect(postgres, autocommit=True) as conn:
            conn.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
