"""Dashboards: each query of each page, and the lists behind figures, however many cases."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from rich.progress import Progress

from api.dashboard_making import PAGES, Asking
from api.dashboard_pages import About
from api.dashboard_telling import Telling
from projections.figures import Figure as Told
from projections.figures import Period, Scope
from projections.figures_told import Dimension, Frame, Narrowing, figure_cases
from projections.pages import for_reading
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.dashboards_served import Served, over_http, serve
from tests.benchmarks.load import percentile
from tests.benchmarks.occurrences import DAYS, fill_occurrences
from tests.benchmarks.options import Options
from tests.benchmarks.ours import UNITS, prepare

_ROUNDS, _WARM_UP = 40, 5
_EVERYTHING: tuple[str, dict[str, Any]] = ("true", {})
_LISTED = (Told.OVERDUE, Told.OPEN, Told.RECEIVED, Told.CLOSED, Told.PEOPLE_RECEIVED)
_NARROWED = (
    (Told.RECEIVED, Dimension.TOPIC),
    (Told.RECEIVED, Dimension.REGION),
    (Told.CLOSED, Dimension.OFFICIAL),
    (Told.CLOSED, Dimension.OUTCOME),
)
_OF_NOBODY = "of-nobody"
"""A list that finds nothing looks the longest."""

Times = dict[str, list[float]]
"""Milliseconds by what was asked."""


def measure(cluster: Cluster, options: Options, progress: Progress) -> list[Figure]:
    times: dict[int, Times] = {}
    served: dict[int, Served] = {}
    notes = []
    for cases in progress.track(options.cases, description="dashboards"):
        database = cluster.database(f"dashboards_{cases}")
        prepare(database)
        rows = in_process(fill_occurrences, database, cases)
        cluster.settle()
        times[cases] = in_process(asked, database)
        served[cases] = serve(cluster, database, exported=cases == max(options.cases))
        notes.append(f"{cases:,} cases have {rows:,} occurrences")
        for name, values in times[cases].items():
            notes.append(
                f"{cases:,} cases, {name}: p50 {percentile(values, 0.5):.1f} ms, "
                f"p99 {percentile(values, 0.99):.1f} ms of {len(values)}"
            )
    return [
        _figure("every query of every page", "queries of ", times, notes),
        _figure("the cases behind a figure, a page of 50", "cases of ", times, []),
        *over_http(served),
    ]


def _figure(what: str, begins: str, times: dict[int, Times], notes: list[str]) -> Figure:
    """The slowest of a page's queries or of a figure's lists, whoever reads."""
    smallest, largest = min(times), max(times)
    slowest: dict[str, dict[int, float]] = {}
    for cases in (smallest, largest):
        for name, values in times[cases].items():
            if name.startswith(begins):
                each = slowest.setdefault(name.removeprefix(begins).partition(",")[0], {})
                each[cases] = max(each.get(cases, 0), percentile(values, 0.99))
    bars = []
    for name, found in slowest.items():
        bars.append(Bar(f"{name}: ms at p99", found[largest], 50, at_most=True))
        if smallest != largest:
            grown = found[largest] / found[smallest]
            bars.append(Bar(f"{name}: x p99 of {smallest:,}", grown, 2, at_most=True))
    return Figure(
        name=f"dashboards, {what}, {largest:,} cases",
        unit="ms at p99",
        ours=max(found[largest] for found in slowest.values()),
        bars=bars,
        notes=notes,
        runs={
            f"{n:,}: {name}": values
            for n, each in times.items()
            for name, values in each.items()
            if name.startswith(begins)
        },
    )


def asked(conninfo: str) -> Times:
    """Pages of a leader and of a unit's head, for periods from a week to two years."""
    return asyncio.run(_asked(conninfo))


async def _asked(conninfo: str) -> Times:
    times: Times = {}
    chance = random.Random(5)
    clock = _Clock()
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await for_reading(conn)
        conn.cursor_factory = clock.cursors
        for turn in range(_WARM_UP + _ROUNDS):
            found = await _round(conn, clock, chance)
            if turn >= _WARM_UP:
                for name, values in found.items():
                    times.setdefault(name, []).extend(values)
    return times


class _Clock:
    """Takes the time of every query on a connection, from asking to the last row."""

    def __init__(self) -> None:
        self.spent: list[float] = []
        clock = self

        class Timed(AsyncCursor[Any]):
            async def execute(self, *given: Any, **how: Any) -> Any:
                started = time.perf_counter()
                answer = await super().execute(*given, **how)
                clock.spent.append((time.perf_counter() - started) * 1000)
                return answer

        self.cursors: type[AsyncCursor[Any]] = Timed


async def _round(conn: AsyncConnection[Any], clock: _Clock, chance: random.Random) -> Times:
    times: Times = {}
    for reader, scope in (
        ("leader", Scope(None, confidential=False)),
        ("head", Scope((chance.choice(UNITS),), confidential=False)),
    ):
        frame = Frame(scope=scope, period=_period(chance))
        telling = Telling(unit=None, alone=False, small_told=True)
        for page, make in PAGES.items():
            clock.spent.clear()
            started = time.perf_counter()
            await make(Asking(conn, frame, telling), About.of(page, frame.period, 0))
            whole = (time.perf_counter() - started) * 1000
            times.setdefault(f"page {page} of a {reader}", []).append(whole)
            times.setdefault(f"queries of {page}, {reader}", []).extend(clock.spent)
        for figure in _LISTED:
            clock.spent.clear()
            await figure_cases(conn, frame, figure, _EVERYTHING, Narrowing())
            times.setdefault(f"cases of {figure}, {reader}", []).extend(clock.spent)
        for figure, dimension in _NARROWED:
            clock.spent.clear()
            narrowed = Narrowing(dimension=dimension, value=_OF_NOBODY)
            await figure_cases(conn, frame, figure, _EVERYTHING, narrowed)
            times.setdefault(f"cases of {figure} of one {dimension}, {reader}", []).extend(
                clock.spent
            )
    return times


def _period(chance: random.Random) -> Period:
    today = datetime.now(UTC).date()
    until = today - timedelta(days=chance.randrange(60))
    since = until - timedelta(days=chance.choice((6, 30, 90, 364, DAYS - 90)))
    return Period(since=since, until=until, on=today)
