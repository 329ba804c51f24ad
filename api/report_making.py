"""A report is made: whose cases, as known when, and what the reader is told of it."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from psycopg import AsyncConnection

from api.report_document import MadeReport
from domain.case import NotFitting
from domain.report_definition import DEFINITION_VERSION, METRICS
from domain.report_period import ReportPeriod
from domain.report_small_counts import kept_back, without_course
from infra.code_names import CodeNames
from projections.figures import Scope
from projections.known_organisation import organisation_known
from projections.report_changes import Restated, Restating, restated
from projections.report_figures import FigureKey, Mismatch, Number, ReportFigures, figures_of


class NoSuchDefinition(NotFitting):
    """There is no such definition of the figures: leave it out for the newest."""


class NoSuchUnit(NotFitting):
    """The register knew no such unit at that position: look at the list of units."""


class ReportAsked(Struct, frozen=True, kw_only=True):
    """``unit`` with those below it, or the whole register. ``confidential`` cases count or not."""

    period: ReportPeriod
    unit: str | None
    confidential: bool
    position: int
    zone: tzinfo
    small_told: bool = True
    people: Mapping[str, int] = {}
    people_source: str = ""
    codes: CodeNames = CodeNames()


class ReportedPeriod(Struct, frozen=True, kw_only=True):
    period: str
    first: date
    last: date


class ReportedFigure(Struct, frozen=True, kw_only=True):
    """``by`` and ``value`` are empty for the whole. ``before`` is of the same period last year.

    By the days of a month, or the months of a longer period, ``by`` is day or month and ``value``
    its number, such as 03; one that isn't named had none. Analysts aren't told by these.

    Null is what nothing gave, such as a mean of no answers, and what is kept from analysts.
    """

    metric: str
    by: str
    value: str
    now: Number | None
    before: Number | None


class Report(Struct, frozen=True, kw_only=True):
    """The same ``position``, ``unit`` and ``definition`` give the same report.

    ``known_at`` is when the event at the position was recorded. What stood at the end of the
    period is told as of ``stood_at``; overdue is what was due before ``overdue_on``.
    """

    period: ReportedPeriod
    before: ReportedPeriod
    unit: str | None
    definition: int
    position: int
    known_at: datetime
    stood_at: int
    overdue_on: date
    confidential_counted: bool
    small_counts_told: bool
    reconciles: bool
    mismatches: list[Mismatch]
    figures: list[ReportedFigure]


class RestatedFigure(Struct, frozen=True, kw_only=True):
    """What the figure was at the earlier position, and is at the later one."""

    metric: str
    by: str
    value: str
    was: Number | None
    now: Number | None


class RestatedReport(Struct, frozen=True, kw_only=True):
    """What differs in a period's report of ``since`` from that of ``position``, and why.

    ``events`` are those that changed what counts, ``more`` where there were more of them.
    """

    period: ReportedPeriod
    unit: str | None
    definition: int
    since: int
    position: int
    known_at: datetime
    figures: list[RestatedFigure]
    events: list[Restating]
    more: bool


def require_definition(version: int) -> None:
    """Raise NoSuchDefinition for a version that isn't kept here."""
    if version != DEFINITION_VERSION:
        raise NoSuchDefinition


async def make_report(conn: AsyncConnection[Any], asked: ReportAsked) -> MadeReport:
    """The figures of the period and of the year before. Raises PeriodNotBegun, NoSuchUnit."""
    organisation = await organisation_known(conn, asked.position)
    if asked.unit is not None and asked.unit not in organisation.units:
        raise NoSuchUnit
    units = organisation.subtree(asked.unit) if asked.unit is not None else None
    scope = Scope(units, asked.confidential)
    now, before = [
        await figures_of(conn, period, scope, asked.position, asked.zone)
        for period in (asked.period, asked.period.year_before)
    ]
    if not asked.small_told:
        now, before = (
            replace(each, figures=without_course(each.figures)) for each in (now, before)
        )
    return MadeReport(
        now=now,
        before=before,
        unit=asked.unit,
        organisation=organisation,
        zone=asked.zone,
        small_told=asked.small_told,
        people=asked.people,
        people_source=asked.people_source,
        codes=asked.codes,
        kept_back=frozenset() if asked.small_told else kept_back(now.figures),
        kept_back_before=frozenset() if asked.small_told else kept_back(before.figures),
    )


def told(made: MadeReport) -> Report:
    """The report for programs."""
    now = made.now
    keys = (
        {FigureKey(metric) for metric in METRICS} | now.figures.keys() | made.before.figures.keys()
    )
    return Report(
        period=_period(now.period),
        before=_period(made.before.period),
        unit=made.unit,
        definition=now.definition,
        position=now.position,
        known_at=now.known_at,
        stood_at=now.ended_at,
        overdue_on=now.overdue_on,
        confidential_counted=now.confidential,
        small_counts_told=made.small_told,
        reconciles=not now.mismatches,
        mismatches=now.mismatches if made.small_told else [],
        figures=[
            ReportedFigure(
                metric=key.metric,
                by=key.by,
                value=key.value,
                now=None if key in made.kept_back else _number(now, key),
                before=None if key in made.kept_back_before else _number(made.before, key),
            )
            for key in sorted(keys)
        ],
    )


async def make_restated(
    conn: AsyncConnection[Any],
    asked: ReportAsked,
    until: int,
    sight: tuple[str, dict[str, Any]],
) -> RestatedReport:
    """What has changed in the report asked for up to the position *until*.

    Raises PeriodNotBegun, NoSuchUnit.
    """
    was = await make_report(conn, asked)
    scope = Scope(was.now.units, asked.confidential)
    now = await figures_of(conn, asked.period, scope, until, asked.zone)
    changed: Restated = await restated(conn, asked.period, scope, asked.position, until, sight)
    keys = sorted(was.now.figures.keys() | now.figures.keys())
    return RestatedReport(
        period=_period(asked.period),
        unit=asked.unit,
        definition=now.definition,
        since=asked.position,
        position=until,
        known_at=now.known_at,
        figures=[
            RestatedFigure(
                metric=key.metric,
                by=key.by,
                value=key.value,
                was=_number(was.now, key),
                now=_number(now, key),
            )
            for key in keys
            if _number(was.now, key) != _number(now, key)
        ],
        events=changed.events,
        more=changed.more,
    )


def _number(figures: ReportFigures, key: FigureKey) -> Number | None:
    return figures.number(key.metric, key.by, key.value)


def _period(period: ReportPeriod) -> ReportedPeriod:
    return ReportedPeriod(period=str(period), first=period.first, last=period.last)
