"""Sums over the rows of a read model that stand, kept beside them in the same transaction.

A read model names its sums with SUMS: a SQL file beside its own, with the table named ``{sums}``
and, after the line ``-- cells``, a query over ``{rows}`` that gives the cells of each row: the
columns of the table's key, ``n`` and ``amount``, by the row's ``sign``: 1 where it stands, -1
where it does no longer. So no figure is counted when it is read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Identifier

from projections.past_rows import STANDING

SCHEMA = "read_models"
_ALL = SQL("(SELECT *, 1 AS sign FROM {table} WHERE {standing})")
_CHANGED = SQL(
    "(SELECT *, CASE WHEN {standing} THEN 1 ELSE -1 END AS sign FROM {table}"
    " WHERE case_id = ANY(%(cases)s)"
    " AND CASE WHEN {standing} THEN since_position >= %(first)s"
    " ELSE until_position >= %(first)s AND since_position < %(first)s END)"
)
_FILL = SQL("INSERT INTO {sums} {cells}")
_ADD = SQL(
    "WITH added AS (INSERT INTO {sums} AS known {cells} ON CONFLICT ({key}) DO UPDATE"
    " SET n = known.n + excluded.n, amount = known.amount + excluded.amount"
    " RETURNING ctid, n, amount) SELECT ctid::text FROM added WHERE n = 0 AND amount = 0"
)
_FILL_MEMORY = "128MB"


class Sums(Struct, frozen=True):
    """``key`` are the columns that tell one cell from another."""

    name: str
    table: str
    cells: str
    key: tuple[str, ...]

    @classmethod
    def of(cls, file: Path) -> Self:
        """The sums that a SQL file describes; its table's first columns up to n are the key."""
        table, _, cells = file.read_text().partition("-- cells\n")
        columns = [line.split()[0] for line in table.splitlines() if line.startswith("    ")]
        return cls(file.stem, table, cells, tuple(columns[: columns.index("n")]))

    @staticmethod
    def table_of(table: str) -> str:
        """Where the sums over a build's *table* are."""
        return f"{table}_sums"

    def begin(self, conn: Connection[Any], table: str) -> None:
        """Make the empty table of the sums over a build's *table*."""
        conn.execute(SQL(self.table).format(sums=_named(self.table_of(table))))

    def fill(self, conn: Connection[Any], table: str) -> None:
        """Sum up all rows of a build's *table*, which has no sums yet."""
        rows = _ALL.format(table=_named(table), standing=SQL(STANDING))
        sums = _named(self.table_of(table))
        with conn.transaction():
            conn.execute(SQL("SET LOCAL work_mem = {}").format(_FILL_MEMORY))
            conn.execute(_FILL.format(sums=sums, cells=self._cells(rows)))
            conn.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(sums, self._key()))

    def add(self, cursor: Cursor[Any], table: str, cases: Sequence[UUID], first: int) -> None:
        """Add what the events from position *first* on changed in the rows of the *cases*.

        The rows are written already, those that ended among them. A cell that comes to nothing
        goes.
        """
        rows = _CHANGED.format(table=_named(table), standing=SQL(STANDING))
        sums = _named(self.table_of(table))
        reader = cursor.connection.cursor(row_factory=tuple_row)
        query = _ADD.format(sums=sums, cells=self._cells(rows), key=self._key())
        reader.execute(query, {"cases": list(cases), "first": first}, prepare=True)
        empty = [place for (place,) in reader.fetchall()]
        if empty:
            reader.execute(SQL("DELETE FROM {} WHERE ctid = ANY(%s::tid[])").format(sums), (empty,))

    def _cells(self, rows: Composable) -> Composable:
        return SQL(self.cells).format(rows=rows)

    def _key(self) -> Composable:
        return SQL(", ").join(map(Identifier, self.key))


def _named(table: str) -> Identifier:
    return Identifier(SCHEMA, table)
