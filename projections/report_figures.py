"""The figures of a report, as the register knew them at a position.

All of them come from the occurrences that stood at that position, so the same arguments give the
same figures for ever. What each counts is in `domain/report_definition.py`.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from domain.report_definition import (
    COMES,
    COMING,
    DEFINITION_VERSION,
    GOES,
    GOING,
    KINDS,
    METRICS,
    FigureKey,
    Measure,
    Metric,
)
from domain.report_period import Grain, PeriodNotBegun, ReportPeriod, step_number
from projections.figures import Scope
from projections.instants import position_at, recorded_at

__all__ = ["FigureKey", "Mismatch", "Number", "ReportFigures", "figures_of"]

MODELS = ("occurrences", "register_history")
"""The read models that have to have come to the position."""
Number = int | float
"""Counts and minutes are whole; means and medians have one decimal."""


class Mismatch(Struct, frozen=True, kw_only=True):
    """Where the balance doesn't close: ``counted`` stand, ``reckoned`` should. In all: no unit."""

    kind: str
    unit: str
    reckoned: int
    counted: int


class ReportFigures(Struct, frozen=True, kw_only=True):
    """``units`` are those counted, None for the whole register.

    ``position`` is the last event taken into account, recorded at ``known_at``. What stood at the
    end of the period is as of ``ended_at``: the position at its end, or before it ends the same.
    ``overdue_on``: overdue is what was due before this day.
    """

    period: ReportPeriod
    definition: int
    units: tuple[str, ...] | None
    confidential: bool
    position: int
    known_at: datetime
    ended_at: int
    overdue_on: date
    figures: dict[FigureKey, Number]
    mismatches: list[Mismatch]

    def number(self, metric: str, by: str = "", value: str = "") -> Number | None:
        """The figure; a count that nothing gave is 0, a mean or median of nothing None."""
        found = self.figures.get(FigureKey(metric, by, value))
        if found is None and METRICS[metric].measure not in _OF_SOMETHING:
            return 0
        return found

    def values(self, metric: str, by: str) -> list[str]:
        """The values under which the metric has a figure, in plain order."""
        return sorted(key.value for key in self.figures if (key.metric, key.by) == (metric, by))


_OF_SOMETHING = frozenset({Measure.MEAN, Measure.MEDIAN})
_STANDING = "standing"
_CONTROL = {
    "control-established": 1,
    "control-came-to-unit": 1,
    "control-left-unit": -1,
    "control-lifted": -1,
}
_SIGN = dict.fromkeys(COMES, 1) | dict.fromkeys(GOES, -1) | _CONTROL
_BEFORE, _AFTER = -1, 0
"""Days and months have numbers from 1."""
_STEPS = {
    Grain.DAY: SQL("extract(day FROM on_day)::int4"),
    Grain.MONTH: SQL("extract(month FROM on_day)::int4"),
}


async def figures_of(
    conn: AsyncConnection[Any],
    period: ReportPeriod,
    scope: Scope,
    as_of: int,
    zone: tzinfo,
) -> ReportFigures:
    """The figures of *period* as the register knew them at the position *as_of*.

    *zone* says where the days of the log's instants begin. Raises PeriodNotBegun.
    """
    known_at = await recorded_at(conn, as_of)
    assert known_at is not None  # noqa: S101 - whoever asks has a position of the log
    today = known_at.astimezone(zone).date()
    if today < period.first:
        raise PeriodNotBegun
    after = period.last + timedelta(days=1)
    ended_at = as_of
    if today > period.last:
        ended = await position_at(conn, datetime.combine(after, time(), zone))
        ended_at = min(as_of, ended)
    asked = _Asked(conn, period, scope, as_of, ended_at, min(after, today))
    async with conn.transaction():
        # Groups are few and rows many, which the planner can't know: it would sort them on disk.
        await conn.execute("SET LOCAL enable_sort = off")
        await conn.execute("SET LOCAL work_mem = '64MB'")
        flows = await asked.flows()
        standing = await asked.standing()
        figures: dict[FigureKey, Number] = {}
        figures |= _balance(flows, standing)
        figures |= _under_control(flows)
        figures |= _over_time(flows, period.grain)
        figures |= _counted(await asked.cells())
        figures |= await asked.medians()
        figures |= await asked.at_the_end()
        figures |= await asked.named()
    return ReportFigures(
        period=period,
        definition=DEFINITION_VERSION,
        units=scope.units,
        confidential=scope.confidential,
        position=as_of,
        known_at=known_at,
        ended_at=ended_at,
        overdue_on=asked.overdue_on,
        figures=dict(sorted(figures.items())),
        mismatches=_mismatches(figures),
    )


class _Cell(Struct, frozen=True):
    kind: str
    occurrence: str
    by: str
    value: str
    on_time: bool | None
    repeat: bool | None


class _Sum(Struct):
    n: int = 0
    amount: int = 0


_Flow = tuple[str, str, str, int]
"""Kind, unit, occurrence, and its day or month of the period, or _BEFORE or _AFTER it."""
_Flows = Mapping[_Flow, int]
_Standing = Mapping[tuple[str, str], int]
"""By kind and unit."""


class _Asked(Struct, frozen=True):
    conn: AsyncConnection[Any]
    period: ReportPeriod
    scope: Scope
    at: int
    ended_at: int
    overdue_on: date

    async def flows(self) -> _Flows:
        """All that ever came and went: by the steps of the period, and before and after it."""
        found = await self._rows(
            "SELECT kind, unit, occurrence, CASE WHEN on_day < %(first)s THEN %(before)s "
            "WHEN on_day <= %(last)s THEN {step} ELSE %(after)s END, count(*)::int8 "
            "FROM {occurrences} o WHERE occurrence = ANY(%(flows)s::text[]) AND {counted} "
            "GROUP BY 1, 2, 3, 4",
            flows=[*_SIGN],
            before=_BEFORE,
            after=_AFTER,
        )
        return {(kind, unit, occurrence, when): n for kind, unit, occurrence, when, n in found}

    async def standing(self) -> _Standing:
        """What stands at the position itself."""
        found = await self._rows(
            "SELECT kind, unit, count(*)::int8 FROM {occurrences} o "
            "WHERE occurrence = 'standing' AND {counted} GROUP BY 1, 2"
        )
        return {(kind, unit): n for kind, unit, n in found}

    async def cells(self) -> Mapping[_Cell, _Sum]:
        """What happened in the period, by each column that some figure is broken down by."""
        wanted = sorted({each for metric in METRICS.values() for each in _wanted(metric)})
        found = await self._rows(
            "WITH summed AS MATERIALIZED (SELECT {columns}, count(*) AS n, sum(amount) AS amount "
            "FROM {occurrences} o WHERE on_day BETWEEN %(first)s AND %(last)s AND {counted} "
            "GROUP BY {columns}) "
            "SELECT o.kind, o.occurrence, w.by, {value}, on_time, repeat, "
            "sum(n)::int8, coalesce(sum(amount), 0)::int8 FROM summed o JOIN "
            "unnest(%(kinds)s::text[], %(occurrences)s::text[], %(bys)s::text[]) "
            "AS w (kind, occurrence, by) ON w.kind = o.kind AND w.occurrence = o.occurrence "
            "GROUP BY 1, 2, 3, 4, 5, 6",
            kinds=[kind for kind, _, _ in wanted],
            occurrences=[occurrence for _, occurrence, _ in wanted],
            bys=[by for _, _, by in wanted],
        )
        return {_Cell(*row[:6]): _Sum(*row[6:]) for row in found}

    async def medians(self) -> dict[FigureKey, Number]:
        figures: dict[FigureKey, Number] = {}
        for metric in _measured(Measure.MEDIAN):
            for by in ("", *metric.by):
                found = await self._rows(
                    "SELECT {value}, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) "
                    "FROM {occurrences} o CROSS JOIN (SELECT %(by)s::text AS by) AS w "
                    "WHERE kind = %(kind)s AND occurrence = %(occurrence)s "
                    "AND on_day BETWEEN %(first)s AND %(last)s AND {counted} GROUP BY 1",
                    by=by,
                    kind=metric.kind.value,
                    occurrence=metric.occurrence,
                )
                for value, median in found:
                    figures[FigureKey(metric.id, by, value)] = round(float(median), 1)
        return figures

    async def at_the_end(self) -> dict[FigureKey, Number]:
        """Who holds what, and what is overdue, at the end of the period."""
        figures: dict[FigureKey, Number] = defaultdict(int)
        metrics = [*_measured(Measure.HELD_NOW), *_measured(Measure.OVERDUE)]
        found = await self._rows(
            "SELECT kind, unit, outcome, subkind, coalesce(on_day < %(overdue_on)s, false), "
            "count(*)::int8 FROM {occurrences} o "
            "WHERE occurrence = 'standing' AND {counted} GROUP BY 1, 2, 3, 4, 5",
            at=self.ended_at,
        )
        for kind, unit, outcome, subkind, overdue, n in found:
            values = {"unit": unit, "outcome": outcome or ""}
            for metric in metrics:
                if metric.kind != kind or (metric.subkind or subkind) != subkind:
                    continue
                if metric.measure is Measure.OVERDUE and not overdue:
                    continue
                figures[FigureKey(metric.id)] += n
                for by in metric.by:
                    figures[FigureKey(metric.id, by, values[by])] += n
        return dict(figures)

    async def named(self) -> dict[FigureKey, Number]:
        """Cases of kinds that are no stock, as the register's history has them."""
        figures: dict[FigureKey, Number] = defaultdict(int)
        for metric in _measured(Measure.NAMED):
            found = await self._rows(
                "SELECT subkind, count(*)::int8 FROM read_models.register_history o "
                "WHERE kind = %(kind)s AND registered_on BETWEEN %(first)s AND %(last)s "
                "AND since_position <= %(at)s "
                "AND (until_position IS NULL OR until_position > %(at)s) "
                "AND {counted} GROUP BY 1",
                kind=metric.kind.value,
            )
            for subkind, n in found:
                figures[FigureKey(metric.id)] += n
                figures[FigureKey(metric.id, "subkind", subkind)] += n
        return dict(figures)

    async def _rows(self, query: str, *, at: int | None = None, **values: Any) -> list[Any]:
        """The rows of *query*, whose ``{occurrences}`` are those that stood at a position."""
        given = {
            "at": self.at if at is None else at,
            "first": self.period.first,
            "last": self.period.last,
            "overdue_on": self.overdue_on,
            "units": list(self.scope.units or ()),
            **values,
        }
        cursor = self.conn.cursor(binary=True, row_factory=tuple_row)
        filled = _filled(query, self.scope, self.period.grain)
        await cursor.execute(filled, given, prepare=False)
        return await cursor.fetchall()


_COLUMNS = ("unit", "subkind", "official", "channel", "region", "topic", "applicant", "outcome")
_VALUE = (
    "CASE w.by "
    + " ".join(f"WHEN '{column}' THEN coalesce(o.{column}, '')" for column in _COLUMNS)
    + " WHEN 'repeat' THEN CASE WHEN o.repeat THEN 'repeat' ELSE 'first' END ELSE '' END"
)


_OCCURRENCES = (
    "(SELECT * FROM read_models.occurrences_known "
    "WHERE until_position IS NULL AND memory IS NULL AND since_position <= %(at)s "
    "UNION ALL SELECT * FROM read_models.occurrences_known "
    "WHERE until_position > %(at)s AND memory IS NULL AND since_position <= %(at)s)"
)
"""What stands is most of all rows; what has ended since is few, and has an index of its own."""


def _filled(query: str, scope: Scope, grain: Grain) -> Composed:
    counted = ["true"]
    if scope.units is not None:
        counted.append("unit = ANY(%(units)s::text[])")
    if not scope.confidential:
        counted.append("NOT confidential")
    return SQL(query).format(
        columns=SQL(", ".join(("kind", "occurrence", "on_time", "repeat", *_COLUMNS))),
        counted=SQL(" AND ".join(counted)),
        value=SQL(_VALUE),
        occurrences=SQL(_OCCURRENCES),
        step=_STEPS[grain],
    )


def _measured(measure: Measure) -> list[Metric]:
    return [metric for metric in METRICS.values() if metric.measure is measure]


def _wanted(metric: Metric) -> list[tuple[str, str, str]]:
    """Which occurrences of which kind are to be counted by which columns."""
    if metric.measure not in (Measure.COUNT, Measure.AMOUNT, Measure.MEAN):
        return []
    bys = ("subkind",) if metric.subkind else ("", *metric.by)
    return [(metric.kind.value, metric.occurrence, by) for by in bys]


def _counted(cells: Mapping[_Cell, _Sum]) -> dict[FigureKey, Number]:
    sums: dict[FigureKey, _Sum] = defaultdict(_Sum)
    metrics = defaultdict(list)
    for metric in METRICS.values():
        for kind, occurrence, by in _wanted(metric):
            metrics[kind, occurrence, by].append(metric)
    for cell, found in cells.items():
        for metric in metrics[cell.kind, cell.occurrence, cell.by]:
            if metric.on_time is not None and cell.on_time is not metric.on_time:
                continue
            if metric.repeat is not None and cell.repeat is not metric.repeat:
                continue
            key = FigureKey(metric.id, cell.by, cell.value)
            if metric.subkind is not None:
                if cell.value != metric.subkind:
                    continue
                key = FigureKey(metric.id)
            sums[key].n += found.n
            sums[key].amount += found.amount
    return {key: _number(METRICS[key.metric].measure, each) for key, each in sums.items()}


def _number(measure: Measure, found: _Sum) -> Number:
    match measure:
        case Measure.AMOUNT:
            return found.amount
        case Measure.MEAN:
            return (20 * found.amount + found.n) // (2 * found.n) / 10
        case _:
            return found.n


def _balance(flows: _Flows, standing: _Standing) -> dict[FigureKey, Number]:
    """Opening from all that came before; closing from what stands, less what came after."""
    figures: dict[FigureKey, Number] = defaultdict(int)
    for (kind, unit, occurrence, when), n in flows.items():
        if occurrence in _CONTROL:
            continue
        if when == _BEFORE:
            _add(figures, f"{kind}.opening", unit, _SIGN[occurrence] * n)
        if when == _AFTER:
            _add(figures, f"{kind}.closing", unit, -_SIGN[occurrence] * n)
    for (kind, unit), n in standing.items():
        _add(figures, f"{kind}.closing", unit, n)
    return {key: n for key, n in figures.items() if n or not key.by}


def _under_control(flows: _Flows) -> dict[FigureKey, Number]:
    figures: dict[FigureKey, Number] = defaultdict(int)
    for (kind, _, occurrence, when), n in flows.items():
        if occurrence in _CONTROL and when != _AFTER:
            figures[FigureKey(f"{kind}.under-control")] += _SIGN[occurrence] * n
    return dict(figures)


def _over_time(flows: _Flows, grain: Grain) -> dict[FigureKey, Number]:
    figures: dict[FigureKey, Number] = defaultdict(int)
    told = {
        (each.kind.value, each.occurrence): each.id for each in METRICS.values() if each.over_time
    }
    for (kind, _, occurrence, when), n in flows.items():
        if when not in (_BEFORE, _AFTER) and (metric := told.get((kind, occurrence))):
            figures[FigureKey(metric, grain.value, step_number(when))] += n
    return dict(figures)


def _add(figures: dict[FigureKey, Number], metric: str, unit: str, n: int) -> None:
    figures[FigureKey(metric)] += n
    figures[FigureKey(metric, "unit", unit)] += n


def _mismatches(figures: Mapping[FigureKey, Number]) -> list[Mismatch]:
    units = sorted({key.value for key in figures if key.by == "unit"})
    found = []
    for kind in KINDS:
        for unit in ("", *units):
            by = ("unit", unit) if unit else ("", "")

            def told(flow: str, kind: str = kind, by: tuple[str, str] = by) -> int:
                return int(figures.get(FigureKey(f"{kind}.{flow}", *by), 0))

            reckoned = sum(map(told, COMING)) - sum(map(told, GOING))
            if reckoned != told("closing"):
                found.append(
                    Mismatch(kind=kind, unit=unit, reckoned=reckoned, counted=told("closing"))
                )
    return found
