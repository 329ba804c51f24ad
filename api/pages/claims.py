"""The reports that units give of their own work, beside what the register counted of it."""

from asyncio import to_thread
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from msgspec import Struct, ValidationError, convert

from api.access_records import Action, record
from api.cases import opened_case
from api.commands import carried_out, command_id
from api.lists import today_at
from api.pages.places import PLACE
from api.pages.reports import period_name
from api.pages.shell import page, reader_language, words_for
from api.register_state import AppRequest, caller_of, register_of
from api.unit_reports import (
    Difference,
    Differences,
    differences_of,
    missing_of,
    outstanding_of,
    reporting_units,
)
from application.access import require_right
from application.caller import Caller
from application.orders import NoSuchCase, Order, Receipt
from application.rights import RIGHTS
from domain.case import Command
from domain.report_definition import METRICS
from domain.report_period import PeriodKind, ReportPeriod
from domain.unit_report import (
    KIND,
    AcceptUnitReport,
    CorrectUnitReport,
    DisputeUnitReport,
    NotVerifiedYet,
    ReportThere,
    Stage,
    SubmitUnitReport,
    UnitReport,
    VerifyAgain,
    case_id_of,
    period_of,
    report_id,
)
from infra.reports.words import words as report_words
from infra.unit_report_form import MEDIA_TYPE
from infra.unit_report_form.reading import filled_form
from infra.unit_report_form.writing import empty_form
from projections.telling import Names
from projections.unit_reports import Reported, reports_among

PATH = "/pages/claims"
_FORM_FILE = "/pages/claims/form"
_OPT = {PLACE: "claims"}
_OFFERED = (
    (PeriodKind.MONTHLY, 12),
    (PeriodKind.QUARTERLY, 4),
    (PeriodKind.HALF_YEARLY, 2),
    (PeriodKind.ANNUAL, 2),
)

Written = Annotated[str | None, QueryParameter(name="period", max_length=10)]


class Submitted(Struct, frozen=True):
    """A report that is there, with the name of its unit."""

    unit: str
    report: Reported


class Offered(Struct, frozen=True):
    """A period that is over; so many units have given no report for it."""

    written: str
    name: str
    missing: int


class FigureLine(Struct, frozen=True, kw_only=True):
    """What a figure is called, and its two values; ``finding`` is what follows of a difference."""

    name: str
    claimed: int
    counted: int
    difference: int
    finding: UUID | None


@get(PATH, operation_id="pages.claims", opt=_OPT, include_in_schema=False)
async def claims(request: AppRequest, written: Written = None) -> Template:
    register, caller, words = register_of(request), caller_of(request), words_for(request)
    past = [
        period
        for kind, count in _OFFERED
        for period in _past(ReportPeriod.with_day(kind, today_at(register)), count)
    ]
    period = period_of(written) if written else past[0]
    found = await outstanding_of(register, caller, str(period))
    names = register.names()
    units = {
        report_id(unit, str(period)): names.unit(unit)
        for unit in reporting_units(caller, register.organisation())
    }
    async with register.pool.connection() as conn:
        reported = await reports_among(conn, list(units))
    await record(
        request,
        Action.LIST_READ,
        cases=[each.case_id for each in reported],
        query={"kind": KIND.value},
        position=found.position,
    )
    lines = [Submitted(units[each.case_id], each) for each in reported]
    return page(
        request,
        "claims.html",
        period=str(period),
        period_name=period_name(period, words),
        offered=[
            Offered(str(each), period_name(each, words), n)
            for each, n in zip(past, await missing_of(register, caller, past), strict=True)
        ],
        due_on=found.due_on,
        overdue=found.overdue,
        reported=words.sorted(lines, lambda line: line.unit),
        missing=words.sorted(names.unit(unit) for unit in found.units),
        reports=_may(caller, SubmitUnitReport),
        key=uuid4().hex,
        position=found.position,
    )


@get(_FORM_FILE, operation_id="pages.claim-form", opt=_OPT, include_in_schema=False)
async def claim_form(
    request: AppRequest, period: Annotated[str, QueryParameter(max_length=10)]
) -> Response[bytes]:
    """The empty form of the reader's own unit."""
    caller = caller_of(request)
    require_right(caller, KIND, SubmitUnitReport)
    asked, unit = period_of(period), caller.actor.unit
    content = await to_thread(empty_form, unit, asked, reader_language(request))
    named = f'attachment; filename="{unit}-{asked}.xlsx"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": named})


@post(PATH, operation_id="pages.claim-sent", opt=_OPT, include_in_schema=False)
async def claim_sent(request: AppRequest) -> Redirect:
    """The filled form: the unit's report, or a correction of the one that is there."""
    caller = caller_of(request)
    require_right(caller, KIND, SubmitUnitReport)
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ValidationException("Choose the filled form: the request has no file")
    filled = await to_thread(filled_form, await file.read())
    command = SubmitUnitReport(unit=filled.unit, period=filled.period, figures=filled.figures)
    case_id = case_id_of(command)
    try:
        await _give(request, case_id, command)
    except ReportThere:
        correction = CorrectUnitReport(figures=filled.figures, reason=filled.require_reason())
        await _give(request, case_id, correction)
    return _to_claim(case_id)


@get(f"{PATH}/{{case_id:uuid}}", operation_id="pages.claim", opt=_OPT, include_in_schema=False)
async def claim(request: AppRequest, case_id: UUID, *, agreeing: bool = False) -> Template:
    register, caller, words = register_of(request), caller_of(request), words_for(request)
    position, _, report = await opened_case(register, caller, case_id)
    if not isinstance(report, UnitReport):
        raise NoSuchCase(NoSuchCase.__doc__)
    try:
        told: Differences | None
        told, position = await differences_of(register, caller, case_id, agreeing=agreeing)
    except NotVerifiedYet:
        told = None
    await record(request, Action.CASE_OPENED, cases=[case_id], position=position)
    state = report.stage
    judged = told is not None and state in (Stage.AGREES, Stage.DIFFERS)
    return page(
        request,
        "claim.html",
        case_id=case_id,
        unit=register.names().unit(report.unit),
        period=period_name(period_of(report.period), words),
        state=state,
        told=told,
        lines=_figure_lines(told.figures, reader_language(request), register.names())
        if told
        else [],
        agreeing=agreeing,
        may_accept=judged and state is Stage.AGREES and _may(caller, AcceptUnitReport),
        may_dispute=judged and state is Stage.DIFFERS and _may(caller, DisputeUnitReport),
        may_again=judged and _may(caller, VerifyAgain),
        today=today_at(register),
        key=uuid4().hex,
    )


@post(
    f"{PATH}/{{case_id:uuid}}", operation_id="pages.claim-judged", opt=_OPT, include_in_schema=False
)
async def claim_judged(request: AppRequest, case_id: UUID) -> Redirect:
    form = await request.form()
    given = {name: str(form[name]) for name in ("answer_due_on", "reason") if name in form}
    command = _JUDGING.get(str(form.get("command")))
    if command is None:
        raise ValidationException("Choose what to do with the report")
    try:
        order = convert(given, type=command)
    except ValidationError as error:
        raise ValidationException(str(error)) from None
    await _give(request, case_id, order)
    return _to_claim(case_id)


ROUTES: list[Any] = [claims, claim_form, claim_sent, claim, claim_judged]

_JUDGING: dict[str, type[Command]] = {
    "accept": AcceptUnitReport,
    "dispute": DisputeUnitReport,
    "again": VerifyAgain,
}


async def _give(request: AppRequest, case_id: UUID, command: Command) -> Receipt:
    """Give the command as the reader; sent twice by one page it is carried out once."""
    caller = caller_of(request)
    require_right(caller, KIND, type(command))
    key = str((await request.form()).get("key", "")) or uuid4().hex
    order = Order(
        kind=KIND,
        case_id=case_id,
        command=command,
        by=caller,
        command_id=command_id(caller.actor, f"{type(command).__name__} {key}"),
    )
    return await carried_out(register_of(request), order)


def _to_claim(case_id: UUID) -> Redirect:
    return Redirect(f"{PATH}/{case_id}", status_code=303)


def _may(caller: Caller, command: type[Command]) -> bool:
    return bool(caller.roles & RIGHTS[KIND][command])


def _past(period: ReportPeriod, count: int) -> list[ReportPeriod]:
    """The periods that are over, the last first."""
    found: list[ReportPeriod] = []
    while len(found) < count:
        period = period.previous
        found.append(period)
    return found


def _figure_lines(figures: Iterable[Difference], language: str, names: Names) -> list[FigureLine]:
    said = report_words(language)
    lines = []
    for each in figures:
        last = each.figure.partition(".")[2]
        name = said.metrics.get(last, last)
        if each.figure in METRICS:
            name = f"{said.kinds[METRICS[each.figure].kind]}: {name}"
        if each.breakdown:
            by, _, value = each.breakdown.partition("=")
            coded = by in ("topic", "region")
            called = names.code(by, value, language) if coded else said.values.get(value, value)
            name = f"{name} ({called})"
        lines.append(
            FigureLine(
                name=name,
                claimed=each.claimed,
                counted=each.counted,
                difference=each.difference,
                finding=each.finding,
            )
        )
    return lines
