"""Reports counted from real logs: they close, stay as they are, and tell what changed them."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise, product
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from psycopg import AsyncCursor
from psycopg.sql import SQL, Composed

from domain.case import CaseKind
from domain.envelope import Recorded
from domain.record import EntryCorrected
from domain.report_definition import COMING, GOING, KINDS, METRICS, Measure
from domain.report_period import PeriodKind, PeriodNotBegun, ReportPeriod
from projections import READ_MODELS
from projections.figures import Figure, Period, Scope
from projections.figures_told import Dimension, Frame, Narrowing, figure_cases
from projections.known_organisation import KnownOrganisation, organisation_known
from projections.occurrence import Occurrence
from projections.report_changes import Restated, restated
from projections.report_figures import MODELS, FigureKey, ReportFigures, figures_of
from tests.api.serving import enter_organisation
from tests.desks import migrated_database, new_desk
from tests.domain.spec import BAKU, NOON
from tests.projections.histories import UNITS, history, seeded
from tests.projections.logs import answered, append, run_out, runner_for, tracking_in

NEEDED = tuple(model for model in READ_MODELS if model.name in {*MODELS, "register"})
WHOLE = Scope(None, confidential=True)
EVERYTHING: tuple[str, dict[str, Any]] = ("true", {})
MONTHS = [ReportPeriod(kind=PeriodKind.MONTHLY, year=2026, nth=nth) for nth in range(3, 8)]
YEAR = ReportPeriod.of(PeriodKind.ANNUAL, "2026")
CORRECTED = "benefits"


class Log(NamedTuple):
    """A database with a log in it; ``before`` is the position before the last correction."""

    database: str
    before: int
    head: int

    def figures(
        self, period: ReportPeriod, scope: Scope = WHOLE, as_of: int | None = None
    ) -> ReportFigures:
        at = as_of or self.head
        return answered(self.database, lambda conn: figures_of(conn, period, scope, at, BAKU))

    def restated(self, period: ReportPeriod, since: int, sight: Any = EVERYTHING) -> Restated:
        return answered(
            self.database, lambda conn: restated(conn, period, WHOLE, since, self.head, sight)
        )


def over_months(rng: Random) -> list[Recorded]:
    """Cases of every kind in the stock, that went on for months, in the order of their stamps."""
    log = []
    for n in range(24):
        later = timedelta(days=rng.randrange(30))
        for recorded in history(rng, KINDS[n % len(KINDS)], events=25).recorded:
            later += timedelta(days=rng.choice((0, 0, 1, 3, 9)))
            log.append(replace(recorded, recorded_at=recorded.recorded_at + later))
    return sorted(log, key=lambda recorded: recorded.recorded_at)


def topic_corrected(log: list[Recorded]) -> Recorded:
    """The topic of the first appeal was another all the time."""
    of_case = [each for each in log if each.originator_id == log_of_appeal(log)]
    last = of_case[-1]
    return replace(
        last,
        event=EntryCorrected(entry="topic", value=CORRECTED, approved_by="official-0"),
        originator_version=last.originator_version + 1,
        event_id=last.correlation_id,
        recorded_at=log[-1].recorded_at + timedelta(days=40),
    )


def log_of_appeal(log: list[Recorded]) -> Any:
    return next(each.originator_id for each in log if each.kind is CaseKind.APPEAL)


@pytest.fixture(scope="module")
def log(postgres: str) -> Iterator[Log]:
    events = over_months(seeded(7))
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        enter_organisation(database)
        append(desk, events)
        with psycopg.connect(database) as conn:
            conn.execute(
                "UPDATE karguzar.units SET name = name || ' of now' WHERE unit = 'pensions'"
            )
        append(desk, [topic_corrected(events)])
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, NEEDED))
        tracking.datastore.close()
        desk.close()
        yield Log(database, len(events), len(events) + 1)


@pytest.mark.parametrize("unit", [None, *UNITS])
def test_what_was_there_and_came_less_what_went_is_what_is_there(
    log: Log, unit: str | None
) -> None:
    scope = WHOLE if unit is None else Scope((unit,), confidential=True)
    told = [log.figures(month, scope) for month in MONTHS]
    assert not [each.mismatches for each in told if each.mismatches]
    for kind in KINDS:
        for month, following in pairwise(told):
            coming = sum(month.number(f"{kind}.{flow}") or 0 for flow in COMING)
            going = sum(month.number(f"{kind}.{flow}") or 0 for flow in GOING)
            assert coming - going == month.number(f"{kind}.closing")
            assert month.number(f"{kind}.closing") == following.number(f"{kind}.opening")
    if unit is None:
        assert sum(each.number("appeal.closed") or 0 for each in told) > 0
        assert sum(each.number("appeal.came") or 0 for each in told) > 0


def test_a_year_has_what_its_months_have(log: Log) -> None:
    year = log.figures(YEAR)
    months = [
        log.figures(ReportPeriod(kind=PeriodKind.MONTHLY, year=2026, nth=nth))
        for nth in range(1, 9)
    ]
    for metric in METRICS.values():
        if metric.measure in (Measure.COUNT, Measure.AMOUNT, Measure.NAMED):
            assert year.number(metric.id) == sum(m.number(metric.id) or 0 for m in months)


def test_a_unit_has_what_the_register_has_of_it(log: Log) -> None:
    whole, units = log.figures(YEAR), [log.figures(YEAR, Scope((u,), True)) for u in UNITS]
    for metric in METRICS.values():
        if "unit" not in metric.by or metric.measure in (Measure.MEAN, Measure.MEDIAN):
            continue
        parts = {u: whole.number(metric.id, "unit", u) for u in UNITS}
        assert parts == {u: each.number(metric.id) for u, each in zip(UNITS, units, strict=True)}
        assert sum(n or 0 for n in parts.values()) == whole.number(metric.id)


def test_what_is_under_control_is_counted_where_it_is_now(log: Log) -> None:
    with psycopg.connect(log.database) as conn:
        found = conn.execute(
            "SELECT kind, unit, count(*) FROM read_models.register "
            "WHERE under_control GROUP BY 1, 2"
        ).fetchall()
    known = {(kind, unit): n for kind, unit, n in found}
    told = {
        (kind.value, unit): n
        for unit in UNITS
        for kind in KINDS
        if f"{kind}.under-control" in METRICS
        if (n := log.figures(YEAR, Scope((unit,), True)).number(f"{kind}.under-control"))
    }
    assert told == known
    assert told


def test_each_breakdown_adds_up_to_the_whole(log: Log) -> None:
    year = log.figures(YEAR)
    for metric in METRICS.values():
        if metric.measure in (Measure.MEAN, Measure.MEDIAN):
            continue
        for by in metric.by:
            parts = [year.number(metric.id, by, value) or 0 for value in year.values(metric.id, by)]
            assert sum(parts) == year.number(metric.id), (metric.id, by)


@pytest.mark.parametrize("unit", [None, UNITS[0]])
def test_the_course_of_a_period_adds_up_to_its_balance(log: Log, unit: str | None) -> None:
    scope = WHOLE if unit is None else Scope((unit,), confidential=True)
    told = 0.0
    for kind, day in product(PeriodKind, (MONTHS[0].first, MONTHS[-1].last)):
        report = log.figures(ReportPeriod.with_day(kind, day), scope)
        grain = report.period.grain
        numbers = {step.number for step in report.period.steps()}
        for metric in [metric.id for metric in METRICS.values() if metric.over_time]:
            steps = report.values(metric, grain)
            assert set(steps) <= numbers
            assert sum(report.number(metric, grain, step) or 0 for step in steps) == (
                report.number(metric)
            )
            told += report.number(metric) or 0
    assert told


def test_a_month_of_a_year_is_that_months_report(log: Log) -> None:
    year = log.figures(YEAR)
    for month in MONTHS:
        report = log.figures(month)
        for metric in ("appeal.received", "appeal.closed", "reception.received"):
            assert year.number(metric, "month", str(month)[-2:]) == report.number(metric)


def test_a_day_of_a_month_has_what_happened_on_it(log: Log) -> None:
    counted: dict[str, int] = {}
    for month in MONTHS:
        with psycopg.connect(log.database) as conn:
            rows = conn.execute(
                "SELECT to_char(on_day, 'DD'), count(*) FROM read_models.occurrences "
                "WHERE occurrence = 'closed' AND kind = 'appeal' AND on_day BETWEEN %s AND %s "
                "GROUP BY 1",
                (month.first, month.last),
            ).fetchall()
        report = log.figures(month)
        days = report.values("appeal.closed", "day")
        assert {day: report.number("appeal.closed", "day", day) for day in days} == dict(rows)
        counted |= dict(rows)
    assert counted


def test_later_events_change_no_report_of_before(postgres: str, log: Log) -> None:
    half = log.before // 2
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        append(desk, over_months(seeded(7))[:half])
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, NEEDED))
        tracking.datastore.close()
        desk.close()
        short = Log(database, half, half)
        for month in MONTHS[:2]:
            assert short.figures(month) == log.figures(month, as_of=half)


def test_what_stood_at_the_end_is_told_as_it_was_known_then(log: Log) -> None:
    april = log.figures(MONTHS[1])
    assert april.ended_at < log.head
    assert april.overdue_on == date(2026, 5, 1)
    then = log.figures(MONTHS[1], as_of=april.ended_at)
    for figure, n in april.figures.items():
        if METRICS[figure.metric].measure in (Measure.OVERDUE, Measure.HELD_NOW):
            assert then.number(figure.metric, figure.by, figure.value) == n


def test_a_correction_is_named_with_what_it_changed(log: Log) -> None:
    was, now = (log.figures(YEAR, as_of=at) for at in (log.before, log.head))
    received = FigureKey("appeal.received", "topic", CORRECTED)
    assert now.figures[received] == was.figures.get(received, 0) + 1
    [event] = log.restated(YEAR, log.before).events
    assert (event.position, event.event) == (log.head, "entry-corrected")
    assert event.number
    [removed] = [each for each in event.removed if each.occurrence == Occurrence.RECEIVED]
    [added] = [each for each in event.added if each.occurrence == Occurrence.RECEIVED]
    assert added == replace(removed, topic=CORRECTED)
    assert removed.topic != CORRECTED


def test_a_case_that_is_hidden_is_not_named(log: Log) -> None:
    [event] = log.restated(YEAR, log.before, ("false", {})).events
    assert (event.case_id, event.number, event.event) == (None, None, "entry-corrected")


def test_nothing_has_changed_where_nothing_was_recorded(log: Log) -> None:
    assert log.restated(YEAR, log.head) == Restated([], more=False)
    assert not log.restated(YEAR.year_before, 1).events


@settings(max_examples=8)
@given(since=st.integers(min_value=1, max_value=400))
def test_the_events_explain_every_difference_of_received_and_closed(log: Log, since: int) -> None:
    since = min(since, log.head)
    first = log.figures(YEAR, as_of=1)
    assert first.number("appeal.received") is not None
    was, now = log.figures(YEAR, as_of=since), log.figures(YEAR)
    events = log.restated(YEAR, since).events
    for kind in KINDS:
        for occurrence in ("received", "closed"):
            added, removed = (
                sum(
                    one.kind == kind and one.occurrence == occurrence
                    for event in events
                    for one in (event.added if more else event.removed)
                )
                for more in (True, False)
            )
            metric = f"{kind}.{occurrence}"
            assert (now.number(metric) or 0) - (was.number(metric) or 0) == added - removed


def test_the_organisation_is_that_of_the_position(log: Log) -> None:
    def known(position: int) -> KnownOrganisation:
        return answered(log.database, lambda conn: organisation_known(conn, position))

    assert known(log.before).units["pensions"] + " of now" == known(log.head).units["pensions"]
    assert set(known(log.head).subtree("social")) >= {"social", "pensions"}


def test_a_period_that_has_not_begun_has_no_report(log: Log) -> None:
    with pytest.raises(PeriodNotBegun):
        log.figures(ReportPeriod.of(PeriodKind.ANNUAL, str(NOON.year + 1)), as_of=1)


def test_every_figure_counts_something_that_occurs() -> None:
    for metric in METRICS.values():
        if metric.occurrence:
            assert Occurrence(metric.occurrence)


OTHERS = 4_000
MORE_ROWS = (
    "INSERT INTO {table} SELECT gen_random_uuid(), %(occurrence)s, '', 1, date '2026-04-05', "
    "'appeal', 'application', 'pensions', 'official', NULL, 'region', 'topic', NULL, false, false, "
    "'unit', NULL, 1, gen_random_uuid(), NULL, 1, %(until)s FROM generate_series(1, %(n)s)"
)
READ = (
    "SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read FROM pg_stat_xact_user_tables "
    "WHERE schemaname || '.' || relname = %s"
)


@pytest.mark.parametrize(
    "dimension", [Dimension.TOPIC, Dimension.REGION, Dimension.OFFICIAL, Dimension.OUTCOME]
)
def test_a_narrowed_list_reads_no_other_values(log: Log, dimension: Dimension) -> None:
    on = NOON.date()
    period = Period(since=on - timedelta(days=1), until=on, on=on)
    frame = Frame(scope=WHOLE, period=period)
    narrowed = Narrowing(dimension=dimension, value="rare")

    async def read(conn: Any) -> int:
        await conn.execute("BEGIN")
        try:
            found = await conn.execute("SELECT to_regclass('read_models.occurrences_1')::text")
            (table,) = await found.fetchone()
            for occurrence, until in ((Occurrence.STANDING, 2), (Occurrence.RECEIVED, None)):
                values = {"occurrence": occurrence.value, "until": until, "n": OTHERS}
                await conn.execute(MORE_ROWS.format(table=table), values)
            # The register is small here: it would be read first, and each of its cases looked up.
            await conn.execute(f"ALTER TABLE {table} DROP CONSTRAINT occurrences_1_pkey")
            await conn.execute(f"ANALYZE {table}")
            (before,) = await (await conn.execute(READ, (table,))).fetchone()
            await figure_cases(conn, frame, Figure.RECEIVED, EVERYTHING, narrowed)
            (after,) = await (await conn.execute(READ, (table,))).fetchone()
            return int(after - before)
        finally:
            await conn.execute("ROLLBACK")

    assert answered(log.database, read) < OTHERS / 10


def test_what_has_ended_or_begun_since_is_found_by_its_own_index(log: Log) -> None:
    plans: list[str] = []

    class Explaining(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            if isinstance(query, Composed):
                await super().execute(SQL("EXPLAIN {}").format(query), params, prepare=False)
                plans.append("\n".join(line for (line,) in await self.fetchall()))
            return await super().execute(query, params, **more)

    async def explained(conn: Any) -> None:
        await conn.execute("ANALYZE read_models.occurrences_1")
        await conn.execute("SET enable_seqscan = off")
        conn.cursor_factory = Explaining
        await figures_of(conn, YEAR, WHOLE, log.before, BAKU)
        counted = [plan for plan in plans if "occurrences" in plan]
        assert len(counted) > len(PeriodKind)
        assert [plan for plan in counted if "until_position_idx" not in plan] == []
        del plans[:]
        await restated(conn, YEAR, WHOLE, log.before, log.head, EVERYTHING)
        assert all("until_position_idx" in p and "since_position_idx" in p for p in plans)
        assert plans

    answered(log.database, explained)


def test_a_balance_that_does_not_close_says_where(log: Log) -> None:
    units: list[str] = []

    async def with_one_case_less(conn: Any) -> ReportFigures:
        await conn.execute("BEGIN")
        found = await conn.execute("SELECT to_regclass('read_models.occurrences_1')::text")
        (table,) = await found.fetchone()
        gone = await conn.execute(
            f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} "
            "WHERE occurrence = 'standing' AND kind = 'appeal' AND until_position IS NULL "
            "LIMIT 1) RETURNING unit"
        )
        units.extend(unit for (unit,) in await gone.fetchall())
        try:
            return await figures_of(conn, YEAR, WHOLE, log.head, BAKU)
        finally:
            await conn.execute("ROLLBACK")

    told = answered(log.database, with_one_case_less).mismatches
    assert [(each.kind, each.unit) for each in told] == [("appeal", ""), ("appeal", units[0])]
    assert all(each.reckoned == each.counted + 1 for each in told)
