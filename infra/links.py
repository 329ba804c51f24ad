"""Links as they are stored, for whoever decides under the log's lock.

The read models may be behind the log: what they haven't seen yet is read from the log itself, along
an index of the few events that make or end links.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import tuple_row

from infra.rows import COLUMNS, StreamRow


class LinkTable(Struct, frozen=True):
    """A read model of links: its name, its two ends, and the verdict that joins nothing."""

    name: str
    one: str
    other: str
    apart: str


REPEATS = LinkTable("repeat_links", "case_id", "earlier", "not-repeat")
IDENTITIES = LinkTable("identity_links", "person_id", "other_id", "different")

_TOPICS = (
    "topic IN ('appeal-merged', 'appeal-reopened', 'appeal-taken-up-again', "
    "'identity-decision-withdrawn', 'persons-joined', 'persons-told-apart', "
    "'repeat-confirmed', 'repeat-decision-withdrawn', 'repeat-rejected')"
)
"""As the partial index of the log has it."""


MOST_IN_REACH = 5_000
"""So many links are looked through under the log's lock, and no more."""


class ReachTooLarge(Exception):
    """More links are in reach than are looked through under the lock."""


class LinkRow(Struct, frozen=True):
    """``decided_in`` is the case on which the decision stands."""

    decided_in: UUID
    one: UUID
    other: UUID
    verdict: str


def links_behind(conn: Connection[Any], table: LinkTable) -> tuple[bool, list[StreamRow]]:
    """Whether there is a live table, and the events of links that it may not have seen."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    found = cursor.execute(
        "SELECT coalesce(t.notification_id, 0) FROM karguzar.read_model_builds b "
        "LEFT JOIN karguzar.register_tracking t ON t.application_name = b.name || '_' || b.build "
        "WHERE b.name = %b AND b.stage = 'live'",
        (table.name,),
    ).fetchone()
    rows = cursor.execute(
        f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608
        f"WHERE {_TOPICS} AND notification_id > %b ORDER BY notification_id",
        (found[0] if found else 0,),
    )
    return found is not None, [StreamRow(*row) for row in rows]


def links_in_reach(conn: Connection[Any], table: LinkTable, of: Iterable[UUID]) -> list[LinkRow]:
    """The standing links of all that joining links lead to from *of*.

    Raises ReachTooLarge, rather than hold up whoever waits for the log.
    """
    ends = list(of)
    one, other, links = table.one, table.other, f"read_models.{table.name}"
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
        "WITH RECURSIVE reached (id) AS (SELECT unnest(%b::uuid[]) UNION "  # noqa: S608
        f"SELECT next.id FROM reached, LATERAL ("
        f"SELECT l.{other} AS id FROM {links} l WHERE l.{one} = reached.id "
        f"AND l.until_position IS NULL AND l.verdict <> '{table.apart}' UNION ALL "
        f"SELECT l.{one} FROM {links} l WHERE l.{other} = reached.id "
        f"AND l.until_position IS NULL AND l.verdict <> '{table.apart}') AS next), "
        "member AS MATERIALIZED (SELECT id FROM reached LIMIT %b) "
        f"SELECT l.case_id, l.{one}, l.{other}, l.verdict FROM member "
        f"JOIN {links} l ON l.{one} = member.id WHERE l.until_position IS NULL UNION "
        f"SELECT l.case_id, l.{one}, l.{other}, l.verdict FROM member "
        f"JOIN {links} l ON l.{other} = member.id WHERE l.until_position IS NULL LIMIT %b",
        (ends, MOST_IN_REACH + len(ends) + 1, MOST_IN_REACH + 1),
    )
    found = [LinkRow(*row) for row in rows]
    if len(found) > MOST_IN_REACH:
        raise ReachTooLarge
    return found
