"""The running terms that a change of the calendar may move, as the live read models have them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from domain.running_terms import RunningCase, TermGroup
from projections.pages import position_of

_FETCHED = 2_000
_LOCK = 0x7265636F756E74  # "recount": one recalculation in a database
_EVERYBODY: dict[str, Any] = {}


class RunningTerms:
    """The terms whose days touch those from *first* to *last*, at one moment.

    A term ends on its due date, so no later day can move it, nor can a day before its start.
    """

    def __init__(
        self,
        conn: Connection[Any],
        first: date,
        last: date,
        sight: str = "true",
        sight_values: dict[str, Any] = _EVERYBODY,
    ) -> None:
        self._conn = conn
        self._sight = sight
        self._values = {**sight_values, "first": first, "last": last}
        self.position = self._one(SQL("SELECT {}").format(position_of("due_dates", "register")))

    def groups(self) -> list[TermGroup]:
        """The plain terms, grouped; in the order of the clocks' names."""
        query = self._query(
            "SELECT d.clock, d.rule, d.rule_version, d.since, d.due_on, count(*)", "d.plain", ""
        ) + SQL("GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5")
        rows = self._conn.cursor(binary=True, row_factory=tuple_row).execute(query, self._values)
        return [TermGroup(*row) for row in rows]

    def count(self, groups: Sequence[TermGroup]) -> int:
        """How many cases there are with clocks in *groups*, or with clocks that aren't plain."""
        query = self._query("SELECT count(DISTINCT d.case_id)", _WANTED, _IN_GROUPS)
        return self._one(query, self._values | _columns(groups))

    def cases(self, groups: Sequence[TermGroup]) -> Iterator[RunningCase]:
        """These cases."""
        query = self._query(
            "SELECT d.case_id, min(d.kind), array_agg(g.n::int4) FILTER (WHERE g.n > 0), "
            "bool_and(d.plain), r.number, r.version, r.correlation_id",
            _WANTED,
            _IN_GROUPS,
        ) + SQL("GROUP BY d.case_id, r.number, r.version, r.correlation_id ORDER BY d.case_id")
        with self._conn.cursor("terms", row_factory=tuple_row) as cursor:
            cursor.itersize = _FETCHED
            cursor.execute(query, self._values | _columns(groups), binary=True)
            for case_id, kind, places, *rest in cursor:
                yield RunningCase(case_id, kind, places and [n - 1 for n in places], *rest)

    def _one(self, query: Composed, values: dict[str, Any] = _EVERYBODY) -> int:
        cursor = self._conn.cursor(row_factory=tuple_row).execute(query, values)
        (value,) = cursor.fetchone() or (0,)
        return int(value)

    def _query(self, select: str, wanted: str, joined: str) -> Composed:
        return SQL(
            "{} FROM read_models.due_dates d "
            "LEFT JOIN read_models.register r USING (case_id) {} "
            "WHERE d.running AND d.since <= %(last)s AND d.due_on >= %(first)s AND ({}) AND ({}) "
        ).format(SQL(select), SQL(joined), SQL(wanted), SQL(self._sight))


@contextmanager
def running_terms(conn: Connection[Any], first: date, last: date) -> Iterator[RunningTerms | None]:
    """The terms in a snapshot for as long as they are read; None while another recalculates."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _keep_open(conn)
        row = conn.cursor(row_factory=tuple_row).execute(
            "SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)
        )
        (locked,) = row.fetchone() or (False,)
        yield RunningTerms(conn, first, last) if locked else None


@contextmanager
def seen_terms(
    conn: Connection[Any], first: date, last: date, sight: str, sight_values: dict[str, Any]
) -> Iterator[RunningTerms]:
    """Those of the cases in *sight*, in a snapshot for as long as they are read."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _keep_open(conn)
        yield RunningTerms(conn, first, last, sight, sight_values)


def _keep_open(conn: Connection[Any]) -> None:
    """All will be read, and what is done with it takes as long as it takes."""
    conn.execute("SET LOCAL cursor_tuple_fraction = 1")
    conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


_WANTED = "NOT d.plain OR g.n IS NOT NULL"
_IN_GROUPS = (
    "LEFT JOIN unnest(%(clocks)s::text[], %(rules)s::text[], %(versions)s::text[], "
    "%(sinces)s::date[], %(dues)s::date[]) "
    "WITH ORDINALITY AS g (clock, rule, rule_version, since, due_on, n) "
    "ON d.plain AND g.clock = d.clock AND g.rule = d.rule AND g.rule_version = d.rule_version "
    "AND g.since = d.since AND g.due_on = d.due_on"
)


def _columns(groups: Sequence[TermGroup]) -> dict[str, Any]:
    return {
        "clocks": [group.clock for group in groups],
        "rules": [group.rule for group in groups],
        "versions": [group.rule_version for group in groups],
        "sinces": [group.since for group in groups],
        "dues": [group.due_on for group in groups],
    }
