"""The tables that analysts take away, a month at a time, as the register knew them at a position.

Cases and occurrences have the columns of the views that analysts read; the log is here as well,
event by event. They name nobody: cases, threads, visits and officials stand under pseudonyms of one
purpose. What is confidential now is left out, for the past too.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from hashlib import sha256
from typing import Any, Self

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from infra.parquet import Field, Holds
from infra.pseudonyms import Pseudonyms
from projections.analytics_views import VIEWS, ViewName
from projections.event_log import NOT_CONFIDENTIAL, TOLD_AT

BATCH = 10_000


Pseudonym = Callable[[Pseudonyms, Any], str]


class Column(Struct, frozen=True):
    """``sql`` gives its value, or what the ``pseudonym`` that it has stands for."""

    field: Field
    sql: str
    pseudonym: Pseudonym | None = None


class Month(Struct, frozen=True, order=True):
    """A part of a table: from its first day to the next month's, or what has no day.

    Its events have positions from ``first_position`` to ``last_position``.
    """

    first_day: date | None
    first_position: int = 0
    last_position: int = 0

    @property
    def name(self) -> str | None:
        return f"{self.first_day:%Y-%m}" if self.first_day else None

    @classmethod
    def named(cls, name: str | None) -> Self:
        return cls(date.fromisoformat(f"{name}-01") if name else None)


class Table(Struct, frozen=True, kw_only=True, dict=True):
    """``rows`` is what its columns are taken from, for one month, and ``order`` their order.

    ``months`` finds every month that ever had rows up to a position, ``touched`` those with rows
    that an event behind one position and up to another may have changed.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: str
    order: str
    months: str
    touched: str

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(column.field for column in self.columns)

    @cached_property
    def _query(self) -> Composed:
        return SQL("SELECT {} FROM {} ORDER BY {}").format(
            SQL(", ").join(SQL(column.sql) for column in self.columns),
            SQL(self.rows),
            SQL(self.order),
        )

    async def months_touched(
        self, conn: AsyncConnection[Any], since: int, until: int, zone: str
    ) -> list[Month]:
        """The months to write, those without rows among them; *since* 0 for all there are."""
        cursor = conn.cursor(row_factory=tuple_row)
        values = {"since": since, "position": until, "zone": zone}
        await cursor.execute(SQL(self.touched if since else self.months), values)
        return [Month(*row) for row in await cursor.fetchall()]

    async def batches(
        self,
        conn: AsyncConnection[Any],
        month: Month,
        position: int,
        zone: str,
        pseudonyms: Pseudonyms,
    ) -> AsyncGenerator[list[list[Any]], None]:
        """The rows of the month, as known at *position*."""
        first = month.first_day
        values = {
            "position": position,
            "zone": zone,
            "first_day": first,
            "next_month": _next_month(first) if first else None,
            "first_position": month.first_position,
            "last_position": month.last_position,
        }
        hide = [
            (place, partial(column.pseudonym, pseudonyms))
            for place, column in enumerate(self.columns)
            if column.pseudonym
        ]
        async with (
            conn.transaction(),
            conn.cursor(f"{self.name}_month", binary=True, row_factory=tuple_row) as cursor,
        ):
            await cursor.execute(self._query, values)
            while rows := await cursor.fetchmany(BATCH):
                batch = list(map(list, rows))
                for place, pseudonym in hide:
                    for row in batch:
                        if row[place] is not None:
                            row[place] = pseudonym(row[place])
                yield batch


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


_HOLDS: Mapping[str, Holds] = {
    "text": Holds.TEXT,
    "bigint": Holds.NUMBER,
    "boolean": Holds.FLAG,
    "date": Holds.DAY,
}
_PSEUDONYMS: Mapping[str, Pseudonym] = {
    "case_pseudonym": Pseudonyms.of_case,
    "thread_pseudonym": Pseudonyms.of_thread,
    "visit_pseudonym": Pseudonyms.of_visit,
}


def _as_in_view(name: ViewName, **sql: str) -> tuple[Column, ...]:
    """The columns of a view; *sql* gives those that are taken otherwise here."""
    return tuple(
        Column(
            Field(name=column.name, holds=_HOLDS[column.holds], description=column.says),
            sql.get(column.name, column.sql),
            _PSEUDONYMS.get(column.name),
        )
        for column in VIEWS[name].columns
    )


def _column(
    name: str, holds: Holds, description: str, sql: str, pseudonym: Pseudonym | None = None
) -> Column:
    return Column(Field(name=name, holds=holds, description=description), sql, pseudonym)


def _there(of: str) -> str:
    return (
        f"{of}.since_position <= %(position)s "
        f"AND ({of}.until_position IS NULL OR {of}.until_position > %(position)s)"
    )


def _between(of: str) -> str:
    return (
        f"({of}.since_position > %(since)s AND {of}.since_position <= %(position)s "
        f"OR {of}.until_position > %(since)s AND {of}.until_position <= %(position)s)"
    )


def _month_of(day: str) -> str:
    return f"date_trunc('month', ({day})::timestamp)::date"


def _in_month(day: str) -> str:
    return f"{day} >= %(first_day)s::date AND {day} < %(next_month)s::date"


_TOUCHED = (
    "WITH touched AS MATERIALIZED (SELECT DISTINCT originator_id AS case_id "
    "FROM karguzar.register_events "
    "WHERE notification_id > %(since)s AND notification_id <= %(position)s)"
)

CASES = Table(
    name="cases",
    description="A row for each case as it stood, in the month of its registration.",
    columns=_as_in_view(
        ViewName.CASES,
        case_pseudonym="r.case_id",
        thread_pseudonym="r.correlation_id",
        closed_on="(r.closed_at AT TIME ZONE %(zone)s)::date",
    ),
    rows=(
        f"read_models.register_history AS r {NOT_CONFIDENTIAL.format(of='r')} "
        f"WHERE {_there('r')} AND {_in_month('r.registered_on')}"
    ),
    order="r.case_id",
    months=(
        f"SELECT DISTINCT {_month_of('registered_on')} "  # noqa: S608 - names of ours
        "FROM read_models.register_history WHERE since_position <= %(position)s ORDER BY 1"
    ),
    touched=(
        f"{_TOUCHED} SELECT DISTINCT {_month_of('registered_on')} "  # noqa: S608 - names of ours
        "FROM read_models.register_history AS r JOIN touched USING (case_id) "
        f"WHERE {_between('r')} ORDER BY 1"
    ),
)

_DAY_OF_EVENT = "(t.recorded_at AT TIME ZONE %(zone)s)::date"
_MONTHS_OF_EVENTS = (
    f"SELECT {_month_of(_DAY_OF_EVENT)} AS month, min(t.position), max(t.position) "  # noqa: S608
    "FROM read_models.trail AS t WHERE t.position <= %(position)s GROUP BY 1"
)

EVENTS = Table(
    name="events",
    description="A row for each event of the log, in the month in which it was recorded.",
    columns=(
        _column(
            "case_pseudonym",
            Holds.TEXT,
            "Stands for the case, as in cases",
            "t.case_id",
            Pseudonyms.of_case,
        ),
        _column("nth", Holds.NUMBER, "Its place among the events of the case", "t.version"),
        _column(
            "thread_pseudonym",
            Holds.TEXT,
            "Stands for the thread, as in cases",
            "t.correlation_id",
            Pseudonyms.of_thread,
        ),
        _column("kind", Holds.TEXT, "Kind of case", "now.kind"),
        _column("activity", Holds.TEXT, "What happened: the event's stored name", "t.event"),
        _column(
            "recorded_at",
            Holds.INSTANT,
            "The minute in which it was recorded; its microseconds are its place in that minute",
            TOLD_AT,
        ),
        _column(
            "recorded_on",
            Holds.DAY,
            "Day on which it was recorded, on the department's clock",
            _DAY_OF_EVENT,
        ),
        _column("unit", Holds.TEXT, "The unit of the official who recorded it", "t.unit"),
        _column(
            "official_pseudonym",
            Holds.TEXT,
            "Stands for the official who recorded it",
            "t.official",
            Pseudonyms.of_official,
        ),
        _column(
            "for_another",
            Holds.FLAG,
            "The official acted as somebody's deputy",
            "(t.on_behalf_of IS NOT NULL)",
        ),
    ),
    rows=(
        "karguzar.register_events AS e JOIN read_models.trail AS t "
        "ON t.case_id = e.originator_id AND t.version = e.originator_version "
        f"{NOT_CONFIDENTIAL.format(of='t')} "
        "WHERE e.notification_id BETWEEN %(first_position)s AND %(last_position)s "
        f"AND t.position <= %(position)s AND {_in_month(_DAY_OF_EVENT)}"
    ),
    order="t.case_id, t.version",
    months=f"{_MONTHS_OF_EVENTS} ORDER BY 1",
    # Of a case that became confidential, or is so no more, all events go or come.
    touched=(
        f"{_TOUCHED}, turned AS (SELECT DISTINCT h.case_id "  # noqa: S608 - names of ours
        "FROM read_models.register_history AS h JOIN touched USING (case_id) "
        "JOIN read_models.register_history AS before "
        "ON before.case_id = h.case_id AND before.until_position = h.since_position "
        "WHERE before.confidential <> h.confidential AND h.since_position > %(since)s), "
        f"months AS ({_MONTHS_OF_EVENTS}) "
        "SELECT month, min, max FROM months WHERE max > %(since)s OR month IN ("
        f"SELECT {_month_of(_DAY_OF_EVENT)} FROM read_models.trail AS t JOIN turned USING (case_id)"
        ") ORDER BY 1"
    ),
)

OCCURRENCES = Table(
    name="occurrences",
    description=(
        "A row for each thing that a case counts for in a report, in the month in which it counts."
    ),
    columns=_as_in_view(
        ViewName.OCCURRENCES, case_pseudonym="o.case_id", visit_pseudonym="nullif(o.part, '')"
    ),
    rows=(
        f"read_models.occurrences_known AS o {NOT_CONFIDENTIAL.format(of='o')} "
        f"WHERE o.memory IS NULL AND {_there('o')} AND ({_in_month('o.on_day')} "
        "OR %(first_day)s::date IS NULL AND o.on_day IS NULL)"
    ),
    order="o.case_id, o.occurrence, o.part, o.nth",
    months=(
        f"SELECT DISTINCT {_month_of('on_day')} "  # noqa: S608 - names of ours
        "FROM read_models.occurrences_known "
        "WHERE memory IS NULL AND since_position <= %(position)s ORDER BY 1"
    ),
    touched=(
        f"{_TOUCHED} SELECT DISTINCT {_month_of('on_day')} "  # noqa: S608 - names of ours
        "FROM read_models.occurrences_known AS o JOIN touched USING (case_id) "
        f"WHERE memory IS NULL AND {_between('o')} ORDER BY 1"
    ),
)

TABLES = (CASES, EVENTS, OCCURRENCES)
MODELS = ("register_history", "trail", "occurrences")
"""The read models that they are made from."""


def form_of(tables: Sequence[Table]) -> str:
    """Other for other columns, or for the same ones taken otherwise."""
    told = [
        (
            table.name,
            table.rows,
            table.order,
            [(c.field.name, c.field.holds, c.sql) for c in table.columns],
        )
        for table in tables
    ]
    return sha256(repr(told).encode()).hexdigest()[:16]
