"""The reports that statutes ask for, as files to take away: the last periods of each kind."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Template
from msgspec import Struct, json

from api.as_of import AsKnown
from api.figure_scope import scope_of
from api.lists import today_at
from api.pages.dashboards import units_offered
from api.pages.places import PLACE
from api.pages.shell import page, reader_language, words_for
from api.pages.words import Words
from api.register_state import AppRequest, caller_of, register_of
from api.report_document import report_document
from api.report_forms import MEDIA_TYPES, ReportForm
from api.report_making import told
from api.reports import AskedOf, file_name, record_report, rendered, reported
from application.access import sees_personal
from domain.report_period import PeriodKind, ReportPeriod

_SHOWN = {
    PeriodKind.MONTHLY: 13,
    PeriodKind.QUARTERLY: 9,
    PeriodKind.HALF_YEARLY: 5,
    PeriodKind.ANNUAL: 4,
}
"""How many periods back: to the one of a year before and a little further."""
_FILE = "/pages/reports/file"
_OPT = {PLACE: "reports"}

Kind = Annotated[PeriodKind, QueryParameter(name="kind")]
Unit = Annotated[str | None, QueryParameter(max_length=100)]


class PeriodOffered(Struct, frozen=True):
    """``running``: it isn't over yet, so that its report will be another one tomorrow."""

    written: str
    name: str
    running: bool


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
    )


@get(_FILE, operation_id="pages.report-file", opt=_OPT, include_in_schema=False)
async def report_file(
    request: AppRequest,
    kind: Kind,
    period: Annotated[str, QueryParameter(max_length=10)],
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


ROUTES: list[Any] = [reports, report_file]


def _file_of(
    kind: PeriodKind, unit: str | None, known: str | None, period: str, form: ReportForm
) -> str:
    asked = {"kind": kind, "period": period, "form": form, "unit": unit, "as_of": known}
    return f"{_FILE}?{urlencode({name: value for name, value in asked.items() if value})}"


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
