"""The reports that statutes ask for, as files to take away, and what has changed in one since."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Template
from msgspec import Struct, json
from msgspec.structs import replace

from api.as_of import AsKnown
from api.figure_scope import scope_of
from api.lists import require_personal, today_at
from api.pages.dashboards import units_offered
from api.pages.places import PLACE
from api.pages.shell import page, reader_language, words_for
from api.pages.words import Words
from api.register_state import AppRequest, caller_of, register_of
from api.report_document import in_hours, report_document
from api.report_forms import MEDIA_TYPES, ReportForm
from api.report_making import RestatedReport, told
from api.reports import (
    AskedOf,
    changed_since,
    file_name,
    record_changes,
    record_report,
    rendered,
    reported,
)
from api.restated_document import counted, figure_name
from application.access import sees_personal
from domain.report_period import PeriodKind, ReportPeriod
from infra.reports.words import words as report_words
from projections.report_changes import Restating
from projections.report_figures import Number
from projections.telling import Names

_SHOWN = {
    PeriodKind.MONTHLY: 13,
    PeriodKind.QUARTERLY: 9,
    PeriodKind.HALF_YEARLY: 5,
    PeriodKind.ANNUAL: 4,
}
"""How many periods back: to the one of a year before and a little further."""
_FILE = "/pages/reports/file"
_SINCE, _CHANGED = "/pages/reports/since", "/pages/reports/changed"
_MOST_EVENTS = 100
"""What the page shows of them; the API has more."""
_OPT = {PLACE: "reports"}

Kind = Annotated[PeriodKind, QueryParameter(name="kind")]
Written = Annotated[str, QueryParameter(name="period", max_length=10)]
Unit = Annotated[str | None, QueryParameter(max_length=100)]


class PeriodOffered(Struct, frozen=True):
    """``running``: it isn't over yet, so that its report will be another one tomorrow."""

    written: str
    name: str
    running: bool


class ChangedFigure(Struct, frozen=True, kw_only=True):
    """A figure by its name in all words; None where nothing gave one."""

    name: str
    was: Number | None
    now: Number | None


class ChangedBy(Struct, frozen=True, kw_only=True):
    """An event, with what it took away and brought in words; nothing of a hidden case."""

    event: Restating
    removed: list[str]
    added: list[str]


@get("/pages/reports", operation_id="pages.reports", opt=_OPT, include_in_schema=False)
async def reports(
    request: AppRequest,
    kind: Kind = PeriodKind.MONTHLY,
    unit: Unit = None,
    known: AsKnown = None,
) -> Template:
    register, caller, words = register_of(request), caller_of(request), words_for(request)
    scope = scope_of(caller, register.organisation(), unit or None)
    whose = unit or (caller.actor.unit if scope.units is not None else None)
    all_periods = sees_personal(caller)
    if not all_periods:
        kind = PeriodKind.QUARTERLY
    offered = _offered(kind, today_at(register), words)
    return page(
        request,
        "reports.html",
        kind=kind,
        kinds=list(PeriodKind) if all_periods else [kind],
        forms=[ReportForm.PDF, ReportForm.XLSX, ReportForm.DOCX, ReportForm.JSON],
        periods=[each for each in offered if all_periods or not each.running],
        unit=unit or None,
        whose=register.names().unit(whose) if whose else None,
        units=units_offered(request),
        known=known,
        file_of=partial(_file_of, kind, unit, known),
        changed_of=partial(_changed_of, kind, unit, known) if all_periods else None,
    )


@get(_FILE, operation_id="pages.report-file", opt=_OPT, include_in_schema=False)
async def report_file(
    request: AppRequest,
    kind: Kind,
    period: Written,
    form: ReportForm,
    unit: Unit = None,
    known: AsKnown = None,
) -> Response[bytes]:
    """The same bytes as the API answers to the same reader."""
    asked = AskedOf(kind=kind, period=period, unit=unit or None, known=known or None)
    made = await reported(register_of(request), caller_of(request), asked)
    await record_report(request, made)
    if form is ReportForm.JSON:
        content = json.encode(told(made))
    else:
        content = await rendered(report_document(made, reader_language(request)), form)
    return Response(
        content,
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{file_name(made, form)}"'},
    )


@get(_SINCE, operation_id="pages.report-since", opt=_OPT, include_in_schema=False)
async def report_since(
    request: AppRequest, kind: Kind, period: Written, unit: Unit = None
) -> Template:
    """Asks since which position the reader wants to know what has changed."""
    return _changed_page(request, AskedOf(kind=kind, period=period, unit=unit or None), None, None)


@get(_CHANGED, operation_id="pages.report-changed", opt=_OPT, include_in_schema=False)
async def report_changed(
    request: AppRequest,
    kind: Kind,
    period: Written,
    since: Annotated[str, QueryParameter(max_length=40)],
    unit: Unit = None,
    known: AsKnown = None,
) -> Template:
    earlier = AskedOf(kind=kind, period=period, unit=unit or None, known=since)
    found = await changed_since(register_of(request), caller_of(request), earlier, known or None)
    more = found.more or len(found.events) > _MOST_EVENTS
    found = replace(found, events=found.events[:_MOST_EVENTS], more=more)
    await record_changes(request, found)
    return _changed_page(request, earlier, known, found)


ROUTES: list[Any] = [reports, report_file, report_since, report_changed]


def _changed_page(
    request: AppRequest, earlier: AskedOf, known: str | None, found: RestatedReport | None
) -> Template:
    register, caller, words = register_of(request), caller_of(request), words_for(request)
    require_personal(caller)
    period = ReportPeriod.of(earlier.kind, earlier.period)
    scope = scope_of(caller, register.organisation(), earlier.unit)
    whose = earlier.unit or (caller.actor.unit if scope.units is not None else None)
    names, language = register.names(), reader_language(request)
    return page(
        request,
        "report_changed.html",
        kind=earlier.kind,
        period=str(period),
        period_name=period_name(period, words),
        whose=names.unit(whose) if whose else None,
        unit=earlier.unit,
        since=earlier.known,
        known=known,
        said=report_words(language),
        found=found,
        most=_MOST_EVENTS,
        figures=_changed_figures(found, names, language) if found else [],
        events=_changed_by(found, names, language) if found else [],
    )


def _changed_figures(found: RestatedReport, names: Names, language: str) -> list[ChangedFigure]:
    said = report_words(language)
    return [
        ChangedFigure(
            name=figure_name(each, names, said, language),
            was=in_hours(each.metric, each.was),
            now=in_hours(each.metric, each.now),
        )
        for each in found.figures
    ]


def _changed_by(found: RestatedReport, names: Names, language: str) -> list[ChangedBy]:
    said = report_words(language)
    return [
        ChangedBy(
            event=each,
            removed=[counted(one, each.added, names, said, language) for one in each.removed],
            added=[counted(one, each.removed, names, said, language) for one in each.added],
        )
        for each in found.events
    ]


def _file_of(
    kind: PeriodKind, unit: str | None, known: str | None, period: str, form: ReportForm
) -> str:
    return _asking(_FILE, kind=kind, period=period, form=form, unit=unit, as_of=known)


def _changed_of(kind: PeriodKind, unit: str | None, known: str | None, period: str) -> str:
    path = _CHANGED if known else _SINCE
    return _asking(path, kind=kind, period=period, unit=unit, since=known)


def _asking(path: str, **asked: str | None) -> str:
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"


def _offered(kind: PeriodKind, today: date, words: Words) -> list[PeriodOffered]:
    period = ReportPeriod.with_day(kind, today)
    found = []
    for _ in range(_SHOWN[kind]):
        found.append(PeriodOffered(str(period), period_name(period, words), period.last >= today))
        period = period.previous
    return found


def period_name(period: ReportPeriod, words: Words) -> str:
    """As readers name it: a month by its name, all others by their number and year."""
    year = str(period.year)
    match period.kind:
        case PeriodKind.MONTHLY:
            return words.month(period.first)
        case PeriodKind.QUARTERLY:
            return words("reports.periods.quarter", nth=period.nth, year=year)
        case PeriodKind.HALF_YEARLY:
            return words("reports.periods.half", nth=period.nth, year=year)
        case PeriodKind.ANNUAL:
            return year
