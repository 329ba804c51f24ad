"""What waited and what was due as it was known, against the log cut at each position."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from msgspec.structs import astuple, replace
from psycopg.sql import SQL, Identifier

from application.access import Organisation, may_see, sight_sql
from application.caller import Role
from domain.envelope import Recorded
from projections import READ_MODELS, due_dates, register, work
from projections.builds import live_builds
from projections.due_dates import DueFilter
from projections.pages import Page
from projections.past_due import count_past_due, list_past_due
from projections.past_work import list_past_work
from projections.positions import ReadModelBehind
from projections.readmodel import ReadModel, Rows
from projections.rebuild import rebuild
from tests.desks import migrated_database, new_desk
from tests.orders import caller
from tests.projections.histories import OFFICIALS, UNITS, seeded
from tests.projections.logs import (
    append,
    interleaved,
    reader_of,
    run_out,
    runner_for,
    tracking_in,
)

NAMES = {"register", "register_history", "work", "due_dates"}
MODELS = tuple(model for model in READ_MODELS if model.name in NAMES)
ALL: tuple[str, dict[str, Any]] = ("true", {})


class Log:
    """A log in a database of its own, with the rows of each cut folded in memory."""

    def __init__(self, database: str, events: list[Recorded]) -> None:
        self.database = database
        self.cuts: list[dict[Any, tuple[Any, Rows, Rows]]] = [{}]
        rows: dict[Any, tuple[Rows, Rows, Rows]] = {}
        for event in events:
            case = rows.setdefault(event.originator_id, ({}, {}, {}))
            for module, its in zip((register, work, due_dates), case, strict=True):
                module.fold(its, event)
            copy = tuple({key: replace(row) for key, row in its.items()} for its in case)
            ((_, of_case),) = copy[0].items()
            self.cuts.append(self.cuts[-1] | {event.originator_id: (of_case, *copy[1:])})

    @property
    def head(self) -> int:
        return len(self.cuts) - 1

    def asks(self, query: Any, *arguments: Any, **how: Any) -> Any:
        async def ask() -> Any:
            async with await psycopg.AsyncConnection.connect(self.database) as conn:
                return await query(conn, *arguments, **how)

        return asyncio.run(ask())

    def listed(self, query: Any, *arguments: Any, **how: Any) -> list[Any]:
        """All pages."""
        found: list[Any] = []
        cursor = None
        while True:
            page: Page[Any] = self.asks(query, *arguments, cursor=cursor, limit=7, **how)
            assert page.position == self.head
            found += page.rows
            cursor = page.cursor
            if cursor is None:
                return found

    def stored(self, model: ReadModel) -> set[tuple[Any, ...]]:
        with psycopg.connect(self.database) as conn:
            view = Identifier("read_models", f"{model.name}_known")
            rows = conn.execute(SQL("SELECT * FROM {}").format(view)).fetchall()
        assert len(set(rows)) == len(rows)
        return set(rows)


@pytest.fixture(scope="module")
def log(postgres: str) -> Iterator[Log]:
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        made = interleaved(seeded(41), cases=25, events=14)
        events = [replace(event, position=n) for n, event in enumerate(made, 1)]
        append(desk, events)
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, MODELS))
        told = Log(database, events)
        by_runner = {name: told.stored(model) for name, model in _keeping().items()}
        with psycopg.connect(database, autocommit=True) as conn:
            rebuild(conn, reader_of(desk), tracking, MODELS)
        tracking.datastore.close()
        assert {name: told.stored(model) for name, model in _keeping().items()} == by_runner
        yield told
        desk.close()


def _keeping() -> dict[str, ReadModel]:
    return {model.name: model for model in MODELS if model.has_past}


def clocks_at(log: Log, position: int, wanted: DueFilter) -> list[tuple[Any, ...]]:
    """The rows of then that fit, with number and state, in the order of the list."""
    found = []
    for of_case, _, clocks in log.cuts[position].values():
        for row in clocks.values():
            fits = (
                (row.running or not wanted.running)
                and (wanted.due_from is None or row.due_on >= wanted.due_from)
                and (wanted.due_to is None or row.due_on <= wanted.due_to)
                and (wanted.units is None or row.unit in wanted.units)
                and (wanted.officials is None or row.official in wanted.officials)
            )
            if fits:
                found.append((row, of_case.number, of_case.state))
    found.sort(key=lambda each: (each[0].due_on, each[0].case_id, each[0].clock))
    return [(*astuple(row), number, state) for row, number, state in found]


def test_at_every_position_what_was_due_is_the_log_cut_there(log: Log) -> None:
    rng = seeded(42)
    met = 0
    for position in [*rng.sample(range(1, log.head), 25), log.head]:
        wanted = DueFilter(
            running=rng.random() < 0.7,
            due_from=rng.choice((None, date(2026, 4, 20))),
            due_to=rng.choice((None, date(2026, 6, 1))),
            units=rng.choice((None, UNITS[:2])),
            officials=rng.choice((None, None, OFFICIALS[:3])),
        )
        expected = clocks_at(log, position, wanted)
        rows = log.listed(list_past_due, position, wanted, ALL)
        assert [(*astuple(row.due), row.number, row.state) for row in rows] == expected
        assert all(row.subject is None for row in rows)
        met += bool(expected)
        first, last = date(2026, 4, 1), date(2026, 5, 20)
        counted, seen = log.asks(count_past_due, position, first, last, wanted, ALL)
        days: dict[Any, int] = {}
        for row in clocks_at(log, position, replace(wanted, due_from=first, due_to=last)):
            day = (row[3], row[1].partition(":")[0])
            days[day] = days.get(day, 0) + 1
        assert {(each.day, each.clock): each.count for each in counted} == days
        assert seen == log.head
    assert met > 10


def test_at_every_position_what_waited_is_the_log_cut_there(log: Log) -> None:
    rng = seeded(43)
    met = 0
    for position in [*rng.sample(range(1, log.head), 25), log.head]:
        units, officials = rng.sample(UNITS, 2), rng.sample(OFFICIALS, 3)
        for by, owners in (("unit", units), ("official", officials)):
            expected = [
                (row.duty, row.case_id, row.unit, row.official, row.due_on, row.since, it.state)
                for it, duties, _ in log.cuts[position].values()
                for row in duties.values()
                if row.duty != "standing" and getattr(row, by) in owners
            ]
            expected.sort(key=lambda row: (row[4] or date.max, row[1], row[0]))
            how = {"units": units} if by == "unit" else {"officials": officials}
            rows = log.listed(list_past_work, position, ALL, **how)
            found = [
                (row.duty, row.case_id, row.unit, row.official, row.due_on, row.since, row.state)
                for row in rows
            ]
            assert found == expected
            met += bool(expected)
    assert met > 20


@pytest.mark.parametrize("role", [Role.EXECUTOR, Role.UNIT_HEAD, Role.LEADER])
def test_a_reader_sees_what_they_may_see_as_it_was_and_as_it_is(
    log: Log, organisation: Organisation, role: Role
) -> None:
    rng = seeded(44)
    shown = 0
    for position in rng.sample(range(1, log.head + 1), 15):
        reader = caller(rng.choice(OFFICIALS), rng.choice(UNITS), role)
        cases = {
            case
            for case, (then, _, clocks) in log.cuts[position].items()
            if may_see(reader, then, organisation)
            and may_see(reader, log.cuts[-1][case][0], organisation)
            and any(clock.running for clock in clocks.values())
        }
        sight = sight_sql(reader, organisation)
        rows = log.listed(list_past_due, position, DueFilter(), sight)
        assert {row.due.case_id for row in rows} == cases
        shown += len(cases)
    assert shown


def test_rows_follow_one_another_without_a_gap(log: Log) -> None:
    for model in _keeping().values():
        stretches: dict[Any, list[tuple[int, int | None]]] = {}
        for *row, since, until in log.stored(model):
            stretches.setdefault(tuple(row[:2]), []).append((since, until))
            assert until is None or since < until
        assert any(len(each) > 2 for each in stretches.values())
        for each in stretches.values():
            each.sort()
            for (_, until), (since, _) in itertools.pairwise(each):
                assert until is not None
                assert until <= since


def test_what_duties_follow_from_has_no_past(log: Log) -> None:
    model = _keeping()["work"]
    standing = [row for row in log.stored(model) if row[1] == "standing"]
    assert standing
    assert {row[-1] for row in standing} == {None}
    assert len({row[0] for row in standing}) == len(standing)


def test_a_build_from_before_pasts_were_kept_is_behind(log: Log) -> None:
    with psycopg.connect(log.database, autocommit=True) as conn:
        assert live_builds(conn).keys() >= NAMES
        conn.execute("ALTER VIEW read_models.work_known RENAME TO work_not_known")
        try:
            with pytest.raises(ReadModelBehind):
                log.asks(list_past_work, 1, ALL, units=UNITS)
        finally:
            conn.execute("ALTER VIEW read_models.work_not_known RENAME TO work_known")
