"""Sums over the rows of a read model that stand, kept beside them in the same transaction.

A row counts in a cell for each `Tally` that tells of its occurrence: by its unit and its day, or by
the month alone. Days are added up to months, and units to the whole register, whose unit is ``""``.
One query over rows gives the cells of a whole build, and of what a batch changed. So no figure is
counted when it is read.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from projections.past_rows import STANDING

SCHEMA = "read_models"
_WHOLE = ""
_DAY = SQL("coalesce({}, 'infinity'::date)")
_MONTH = SQL("coalesce(date_trunc('month', {}::timestamp)::date, 'infinity'::date)")
_KEY = SQL("unit, occurrence, dimension, grain, starts_on, kind, value, confidential")
_TOLD = SQL(
    "SELECT {unit} AS unit, occurrence, {dimension} AS dimension, {grain} AS grain,"
    " {starts_on} AS starts_on,"
    " kind, {value} AS value, confidential, sign, sign * amount AS amount FROM {rows} AS row"
    " WHERE occurrence = ANY({of}::text[]) AND {value} IS NOT NULL AND {only}"
)
_STANDING_ROWS = SQL("(SELECT *, 1 AS sign FROM {table} WHERE {standing})")
_FILL = SQL(
    "INSERT INTO {sums} SELECT {key}, sum(sign), sum(amount) FROM ({told}) AS told GROUP BY {key}"
)
_FILL_MONTHS = SQL(
    "INSERT INTO {sums} SELECT unit, occurrence, dimension, 'month', {month}, kind, value,"
    " confidential, sum(n), sum(amount) FROM {sums} WHERE grain = 'day'"
    " GROUP BY unit, occurrence, dimension, {month}, kind, value, confidential"
)
_FILL_WHOLE = SQL(
    "INSERT INTO {sums} SELECT '', occurrence, dimension, grain, starts_on, kind, value,"
    " confidential, sum(n), sum(amount) FROM {sums} WHERE unit <> ''"
    " GROUP BY occurrence, dimension, grain, starts_on, kind, value, confidential"
)
# Whoever adds holds the read model's position, so nobody else writes here and a cell's place stays
# what it is. Cells are looked up one by one: a plan that joins them might read all there are.
_ADD = SQL(
    "WITH changed AS MATERIALIZED ("
    "SELECT *, CASE WHEN {standing} THEN 1 ELSE -1 END AS sign FROM {table}"
    " WHERE case_id = ANY(%(cases)s) AND memory IS NULL"
    " AND CASE WHEN {standing} THEN since_position >= %(first)s"
    " ELSE until_position >= %(first)s AND since_position < %(first)s END),"
    " fine AS MATERIALIZED (SELECT {key}, sum(sign)::int4 AS n, sum(amount)::int8 AS amount"
    " FROM ({told}) AS told GROUP BY {key} HAVING sum(sign) <> 0 OR sum(amount) <> 0),"
    " monthly AS (SELECT * FROM fine UNION ALL SELECT unit, occurrence, dimension, 'month',"
    " {month}, kind, value, confidential, n, amount FROM fine WHERE grain = 'day'),"
    " cells AS MATERIALIZED (SELECT {key}, sum(n) AS n, sum(amount)::int8 AS amount"
    " FROM (SELECT * FROM monthly UNION ALL SELECT '', occurrence, dimension, grain, starts_on,"
    " kind, value, confidential, n, amount FROM monthly WHERE unit <> '') AS added"
    " GROUP BY {key} HAVING sum(n) <> 0 OR sum(amount) <> 0),"
    " placed AS MATERIALIZED (SELECT cells.*, (SELECT known.ctid FROM {sums} AS known"
    " WHERE ({known}) = ({cells})) AS place FROM cells),"
    " known AS (UPDATE {sums} AS known SET n = known.n + placed.n,"
    " amount = known.amount + placed.amount FROM placed WHERE known.ctid = placed.place"
    " RETURNING known.n, known.amount, known.ctid AS place),"
    " made AS (INSERT INTO {sums} SELECT {key}, n, amount FROM placed WHERE place IS NULL)"
    " SELECT place::text FROM known WHERE n = 0 AND amount = 0"
)
_FILL_MEMORY = "128MB"


class Tally(Struct, frozen=True, kw_only=True):
    """The rows ``of`` these occurrences are told by the values of ``column``, where they have any.

    Without a column it is one figure. Without ``by_day`` it is of months alone, without ``by_unit``
    of the whole register alone. ``only`` is a column that has to be true. No two tallies of one
    dimension have an occurrence in common.
    """

    dimension: str
    of: frozenset[str]
    column: str | None = None
    by_day: bool = False
    by_unit: bool = True
    only: str | None = None


class Sums(Struct, frozen=True):
    """Those of a read model, in a table of their own."""

    name: str
    table: str
    tallies: tuple[Tally, ...]

    @classmethod
    def of(cls, module: Any) -> Self:
        """The TALLIES of a module, in the table that the SQL file beside it describes."""
        file = Path(module.__file__).with_suffix(".sql")
        return cls(file.stem, file.read_text(), module.TALLIES)

    @staticmethod
    def table_of(table: str) -> str:
        """Where the sums over a build's *table* are."""
        return f"{table}_sums"

    def begin(self, conn: Connection[Any], table: str) -> None:
        """Make the empty table of the sums over a build's *table*."""
        conn.execute(SQL(self.table).format(sums=_named(self.table_of(table))))

    def fill(self, conn: Connection[Any], table: str) -> None:
        """Sum up all rows of a build's *table*, which has no sums yet.

        First by unit and day or month, each tally in a pass of its own over few of the rows; then
        what was summed up is.
        """
        sums = _named(self.table_of(table))
        with conn.transaction():
            conn.execute(SQL("SET LOCAL work_mem = {}").format(_FILL_MEMORY))
            rows = _STANDING_ROWS.format(table=_named(table), standing=SQL(STANDING))
            for tally in self.tallies:
                conn.execute(_FILL.format(sums=sums, key=_KEY, told=_told(tally, rows)))
            month = _MONTH.format(SQL("starts_on"))
            conn.execute(_FILL_MONTHS.format(sums=sums, month=month))
            conn.execute(_FILL_WHOLE.format(sums=sums))
            conn.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(sums, _KEY))

    def add(self, cursor: Cursor[Any], table: str, cases: Sequence[UUID], first: int) -> None:
        """Add what the events from position *first* on changed in the rows of the *cases*.

        The rows are written already, those that ended among them. A cell that comes to nothing
        goes.
        """
        reader = cursor.connection.cursor(row_factory=tuple_row)
        reader.execute(_adding(self, table), {"cases": list(cases), "first": first}, prepare=True)
        empty = [place for (place,) in reader.fetchall()]
        if empty:
            delete = SQL("DELETE FROM {} WHERE ctid = ANY(%s::tid[])")
            reader.execute(delete.format(_named(self.table_of(table))), (empty,))


@lru_cache(maxsize=8)
def _adding(sums: Sums, table: str) -> bytes:
    told = SQL(" UNION ALL ").join(_told(tally, SQL("changed")) for tally in sums.tallies)
    query = _ADD.format(
        sums=_named(sums.table_of(table)),
        table=_named(table),
        standing=SQL(STANDING),
        told=told,
        key=_KEY,
        month=_MONTH.format(SQL("starts_on")),
        known=_of("known"),
        cells=_of("cells"),
    )
    return query.as_string().encode()


def _told(tally: Tally, rows: Composable) -> Composed:
    """The cell of each of the *rows* that the tally tells of."""
    value = SQL("{}::text").format(Identifier(tally.column)) if tally.column else Literal(_WHOLE)
    return _TOLD.format(
        unit=SQL("unit") if tally.by_unit else Literal(_WHOLE),
        dimension=Literal(tally.dimension),
        grain=Literal("day" if tally.by_day else "month"),
        starts_on=(_DAY if tally.by_day else _MONTH).format(SQL("on_day")),
        value=value,
        rows=rows,
        of=Literal(sorted(tally.of)),
        only=Identifier(tally.only) if tally.only else SQL("true"),
    )


def _of(cells: str) -> Composed:
    return SQL(", ").join(Identifier(cells, name) for name in _KEY.as_string().split(", "))


def _named(table: str) -> Identifier:
    return Identifier(SCHEMA, table)
