"""The schema `analytics`: stable views over the read models, for those who see nothing personal.

Its views are one list. A view is made again where its definition changed, or where a read model
under it got other columns; a definition that the live builds can't serve yet waits for a rebuild.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.errors import InvalidTableDefinition, UndefinedColumn, UndefinedTable
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from domain.case import NotFitting
from projections.analytics_views import VIEWS, Column, View, ViewName

__all__ = ["SCHEMA", "VIEWS", "Column", "Query", "RowFilter", "View", "ViewName"]

SCHEMA = "analytics"
READER = "karguzar_analyst"
POSITION = (
    "SELECT coalesce(min(position), 0) FROM analytics.positions WHERE read_model = ANY(%(models)s)"
)
"""Up to where the log is in the read models that a view stands on."""
_WAITS = (UndefinedColumn, UndefinedTable)


class FilterNotInView(NotFitting):
    """The view has no such column to filter by: see its columns at /api/v1/analytics."""


class RowFilter(Struct, frozen=True, kw_only=True):
    """Every field given narrows a view; ``since`` and ``until`` are both included."""

    kind: str | None = None
    unit: str | None = None
    topic: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int | None = None


class Query(Struct, frozen=True, kw_only=True):
    """What is asked of a view, as SQL with named values in it."""

    view: ViewName
    models: tuple[str, ...]
    text: str
    values: Mapping[str, Any]


def query_of(name: ViewName, wanted: RowFilter) -> Query:
    """All columns of the rows *wanted*, in no order. Raises FilterNotInView."""
    view = VIEWS[name]
    known = {column.name for column in view.columns}
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for column in ("kind", "unit", "topic"):
        if (value := getattr(wanted, column)) is not None:
            if column not in known:
                raise FilterNotInView(FilterNotInView.__doc__)
            conditions.append(f"{column} = %({column})s")
            values[column] = value
    for field, sign in (("since", ">="), ("until", "<=")):
        if (day := getattr(wanted, field)) is not None:
            if view.day is None:
                raise FilterNotInView(FilterNotInView.__doc__)
            conditions.append(f"{view.day} {sign} %({field})s::date")
            values[field] = day.isoformat()
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = f" LIMIT {int(wanted.limit)}" if wanted.limit is not None else ""
    columns = ", ".join(column.name for column in view.columns)
    text = f"SELECT {columns} FROM {SCHEMA}.{name}{where}{rows}"  # noqa: S608 - names of ours
    return Query(view=name, models=view.models, text=text, values=values)


def keep_analytics(conn: Connection[Any], time_zone: str) -> list[str]:
    """Make the views that aren't there in their present definition; those that have to wait.

    *time_zone* is where the department's days begin. The connection acts as the application.
    """
    with conn.transaction():
        conn.execute(
            "INSERT INTO karguzar.time_zone (name) VALUES (%(zone)s) "
            "ON CONFLICT (one) DO UPDATE SET name = excluded.name "
            "WHERE time_zone.name <> excluded.name",
            {"zone": time_zone},
        )
        return _make_missing(conn)


def follow_read_model(conn: Connection[Any]) -> None:
    """Make the views again that a change of a read model's view took away or can now serve.

    Where no view was ever made, as in a database without analysts' schema, nothing is done.
    """
    if _standing(conn):
        _make_missing(conn)


def drop_analytics(conn: Connection[Any]) -> None:
    """Take the views away, for a read model's view under them has to go; in one transaction."""
    for name in _standing(conn):
        conn.execute(SQL("DROP VIEW IF EXISTS {}").format(Identifier(SCHEMA, name)))
    conn.execute("UPDATE karguzar.analytics_views SET digest = ''")


def _standing(conn: Connection[Any]) -> dict[str, bytes]:
    cursor = conn.cursor(row_factory=tuple_row)
    rows = cursor.execute("SELECT name, digest FROM karguzar.analytics_views").fetchall()
    return {name: bytes(digest) for name, digest in rows}


def _make_missing(conn: Connection[Any]) -> list[str]:
    standing = _standing(conn)
    for name in standing.keys() - {*VIEWS}:
        conn.execute(SQL("DROP VIEW IF EXISTS {}").format(Identifier(SCHEMA, name)))
        conn.execute("DELETE FROM karguzar.analytics_views WHERE name = %s", (name,))
    waiting = []
    for view in VIEWS.values():
        made = made_by(view)
        digest = sha256(made.as_bytes()).digest()
        if standing.get(view.name) == digest:
            continue
        try:
            with conn.transaction():
                _make(conn, view, made)
        except _WAITS:
            waiting.append(str(view.name))
            continue
        conn.execute(
            "INSERT INTO karguzar.analytics_views VALUES (%(name)s, %(digest)s) "
            "ON CONFLICT (name) DO UPDATE SET digest = excluded.digest",
            {"name": str(view.name), "digest": digest},
        )
    return waiting


def _make(conn: Connection[Any], view: View, made: Composed) -> None:
    with suppress(InvalidTableDefinition), conn.transaction():
        conn.execute(made)
        return
    conn.execute(SQL("DROP VIEW {}").format(Identifier(SCHEMA, view.name)))
    conn.execute(made)


def made_by(view: View) -> Composed:
    """The statements that make a view, say what it has, and let analysts read it.

    It is a barrier: no condition of a reader's sees a row before the view's own conditions have.
    """
    name = Identifier(SCHEMA, view.name)
    columns = SQL(", ").join(
        SQL("CAST({} AS {}) AS {}").format(
            SQL(column.sql), SQL(column.holds), Identifier(column.name)
        )
        for column in view.columns
    )
    statements: Sequence[Composable] = [
        SQL("CREATE OR REPLACE VIEW {} WITH (security_barrier) AS SELECT {} {}").format(
            name, columns, SQL(view.source)
        ),
        SQL("COMMENT ON VIEW {} IS {}").format(name, Literal(view.says)),
        *(
            SQL("COMMENT ON COLUMN {}.{} IS {}").format(
                name, Identifier(column.name), Literal(column.says)
            )
            for column in view.columns
        ),
        SQL("GRANT SELECT ON {} TO {}").format(name, Identifier(READER)),
    ]
    return SQL("; ").join(statements)
