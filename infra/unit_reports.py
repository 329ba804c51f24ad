"""Which reports of units wait to be compared with the log."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

_ASKED = (
    "SELECT e.originator_id AS case_id, e.notification_id AS position "
    "FROM karguzar.register_events e WHERE e.topic LIKE 'unit-report-%%' "
    "AND e.notification_id > %(after)s AND e.topic IN "
    "('unit-report-submitted', 'unit-report-corrected', 'unit-report-verification-asked') "
    "AND NOT EXISTS (SELECT FROM karguzar.register_events later "
    "WHERE later.originator_id = e.originator_id "
    "AND later.originator_version > e.originator_version) "
    "ORDER BY e.notification_id"
)


class Waiting(Struct, frozen=True):
    """A report whose last event, at ``position``, asks for it to be compared."""

    case_id: UUID
    position: int


def waiting_reports(conn: Connection[Any], after: int) -> list[Waiting]:
    """Those that wait since a position behind *after*, the longest waiting first."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_ASKED, {"after": after}).fetchall()
