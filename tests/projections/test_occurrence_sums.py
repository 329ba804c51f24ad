"""Sums of occurrences: after any events, and built anew, what counting the rows would give."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from application.desk import Desk
from projections import READ_MODELS
from projections.occurrence import MEMORY, Row
from projections.rebuild import rebuild
from tests.desks import migrated_database, new_desk
from tests.projections.histories import seeded
from tests.projections.logs import (
    append,
    bound,
    interleaved,
    reader_of,
    run_out,
    runner_for,
    tracking_in,
)

OCCURRENCES = next(model for model in READ_MODELS if model.name == "occurrences")
RECEIVED, ENDED = frozenset({"received"}), frozenset({"closed", "answered"})
VISITS, PEOPLE = frozenset({"visit-registered"}), frozenset({"person-received"})
UNTOLD = frozenset(
    {
        *("left-unconsidered", "copies-sent", "covered", "cancelled"),
        *("control-came-to-unit", "control-left-unit"),
    }
)
"""What no page tells of."""
Cells = dict[tuple[Any, ...], tuple[int, int]]


class Log:
    """A log that grows, with the occurrences kept up by a runner."""

    def __init__(self, desk: Desk, database: str) -> None:
        self._desk, self.database = desk, database
        self._tracking = tracking_in(database)
        self._runner = runner_for(desk, database, self._tracking, [OCCURRENCES])
        self._events = iter(interleaved(seeded(7), cases=18, events=20))

    def grow(self, events: int) -> None:
        append(self._desk, islice(self._events, events))
        run_out(self._runner)
        assert self.ask("SELECT name FROM karguzar.stopped_consumers") == []

    def rebuild(self) -> None:
        with psycopg.connect(self.database, autocommit=True) as conn:
            rebuild(conn, reader_of(self._desk), self._tracking, bound(self._desk, [OCCURRENCES]))

    def close(self) -> None:
        self._tracking.datastore.close()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as conn:
            return conn.cursor(row_factory=tuple_row).execute(query).fetchall()

    @property
    def kept(self) -> Cells:
        """The sums by their key, as they are stored."""
        found = self.ask(
            "SELECT unit, occurrence, dimension, grain, nullif(starts_on, 'infinity'), kind, value,"
            " confidential, n, amount FROM read_models.occurrence_sums"
        )
        return {tuple(key): (n, amount) for *key, n, amount in found}

    @property
    def counted(self) -> Cells:
        """The sums counted from the rows that stand."""
        names = ", ".join(Row.__struct_fields__)
        rows = [Row(*row) for row in self.ask(f"SELECT {names} FROM read_models.occurrences")]
        n, amount = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
        for row in rows:
            if row.occurrence == MEMORY:
                continue
            for key in _cells(row):
                n[key] += 1
                amount[key] += row.amount
        return {key: (n[key], amount[key]) for key in n}


def _cells(row: Row) -> Iterator[tuple[Any, ...]]:
    """Of the month what may be asked for, of the day and by unit what a page tells."""
    month = row.on_day.replace(day=1) if row.on_day else None
    for dimension, value, by_unit, by_day in _told(row):
        if value is not None:
            for unit in ("", row.unit) if by_unit else ("",):
                for grain, on in (("month", month), ("day", row.on_day)):
                    if grain == "month" or by_day:
                        yield (
                            *(unit, row.occurrence, dimension, grain, on),
                            *(row.kind, value, row.confidential),
                        )


def _told(row: Row) -> Iterator[tuple[str, str | None, bool, bool]]:
    """Each dimension with its value, and whether it is told by unit and by day."""
    it = row.occurrence
    yield "", "", it not in UNTOLD, it not in UNTOLD
    yield "on_time", None if row.on_time is None else str(row.on_time).lower(), True, True
    by_unit = it in RECEIVED | ENDED | {"standing", "held-ball"}
    yield "outcome", row.outcome, by_unit, it == "held-ball"
    if it in RECEIVED | ENDED | VISITS | PEOPLE:
        yield "subkind", row.subkind, it in RECEIVED, False
        yield "topic", row.topic, it in RECEIVED | VISITS, False
        yield "region", row.region, it in RECEIVED | VISITS, False
    if it in RECEIVED | ENDED:
        yield "channel", row.channel, it in RECEIVED, False
        yield "applicant", row.applicant, it in RECEIVED, False
        if row.repeat:
            yield "repeat", "true", it in RECEIVED, it in RECEIVED
            yield "topic of repeats", row.topic, it in RECEIVED, False
    if it in {"standing", "fulfilled"}:
        yield "subkind", row.subkind, True, True
    if it in PEOPLE | {"standing"}:
        yield "official", row.official, True, False


@pytest.fixture(scope="module")
def log(postgres: str) -> Iterator[Log]:
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        made = Log(desk, database)
        yield made
        made.close()
        desk.close()


@pytest.mark.parametrize("events", [0, 1, 2, 7, 60, 150], ids=str)
def test_the_sums_are_those_of_the_rows_that_stand_however_the_log_grew(
    log: Log, events: int
) -> None:
    log.grow(events)
    assert log.kept == log.counted


def test_built_anew_the_sums_are_the_same(log: Log) -> None:
    log.grow(50)
    before = log.kept
    assert before
    log.rebuild()
    assert log.kept == before == log.counted
    log.grow(50)
    assert log.kept == log.counted


def test_no_cell_of_nothing_is_kept(log: Log) -> None:
    log.grow(50)
    assert log.ask("SELECT count(*) FROM read_models.occurrence_sums WHERE n <= 0") == [(0,)]


def test_the_sums_of_a_build_go_when_it_does(log: Log) -> None:
    log.rebuild()
    log.rebuild()
    builds = log.ask("SELECT count(*) FROM karguzar.read_model_builds WHERE name = 'occurrences'")
    tables = log.ask(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'read_models'"
        " AND tablename LIKE 'occurrences%sums'"
    )
    assert tables == builds == [(1,)]
