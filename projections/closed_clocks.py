"""Closed cases with the term of their answer, for counting them under another term."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from domain.envelope import Recorded
from domain.what_if import Answered
from infra.rows import StreamRow
from projections.clocks import clocks_of

ROWS = 5_000
"""How many rows are in memory at a time."""
FOLDED = 200
"""How many cases are folded from their events at a time."""

_CLOSED = (
    "FROM read_models.due_dates WHERE clock = 'answer' AND NOT running AND met_on IS NOT NULL "
    "AND due_on BETWEEN %(first)s AND %(last)s"
)


def count_answered(conn: Connection[Any], first: date, last: date) -> int:
    row = (
        conn.cursor(row_factory=tuple_row)
        .execute(f"SELECT count(*) {_CLOSED}", {"first": first, "last": last})
        .fetchone()
    )
    return int(row[0]) if row else 0


def answered_cases(
    conn: Connection[Any],
    read: Callable[[StreamRow], Recorded],
    rule: str,
    first: date,
    last: date,
) -> Iterator[Answered]:
    """The cases whose answer was due from *first* to *last*, both included, and has been given.

    One pass in the order of the due dates, along their index. Those by *rule* that were extended,
    paused or begun anew, or that count hours, are folded from their events; *read* opens a row.
    """
    folded: list[tuple[UUID, str | None]] = []
    with conn.transaction(), conn.cursor(name="answered", row_factory=tuple_row) as rows:
        rows.itersize = ROWS
        rows.execute(
            "SELECT case_id, unit, rule, rule_version, due_on, met_on, since, plain "
            f"{_CLOSED} ORDER BY due_on, case_id, clock",
            {"first": first, "last": last},
        )
        for case_id, unit, *term, plain in rows:
            if not plain and term[0] == rule:
                folded.append((case_id, unit))
                if len(folded) == FOLDED:
                    yield from _folded(conn, read, folded)
                    folded.clear()
                continue
            yield _answered(unit, *term)
        yield from _folded(conn, read, folded)


def _answered(
    unit: str | None,
    rule: str | None,
    rule_version: str | None,
    due_on: date,
    met_on: date,
    since: date | None,
) -> Answered:
    return Answered(
        unit=unit,
        rule=rule,
        rule_version=rule_version,
        due_on=due_on,
        met_on=met_on,
        since=since,
    )


def _folded(
    conn: Connection[Any],
    read: Callable[[StreamRow], Recorded],
    cases: Sequence[tuple[UUID, str | None]],
) -> Iterator[Answered]:
    if not cases:
        return
    units = dict(cases)
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
        "SELECT originator_id, originator_version, topic, state, notification_id "
        "FROM karguzar.register_events WHERE originator_id = ANY(%b) "
        "ORDER BY originator_id, originator_version",
        (list(units),),
    )
    for case_id, events in groupby((StreamRow(*row) for row in rows), lambda row: row.case_id):
        [clock] = [each for each in clocks_of(map(read, events)) if each.row.clock == "answer"]
        if clock.due and clock.row.met_on:
            yield Answered(
                unit=units[case_id],
                rule=clock.due.rule,
                rule_version=clock.due.rule_version,
                due_on=clock.row.due_on,
                met_on=clock.row.met_on,
                since=clock.due.since,
                since_at=clock.due.since_at,
                granted=clock.due.granted,
                pauses=clock.due.pauses,
                restarts=clock.due.restarts,
            )
