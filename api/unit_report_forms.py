"""The form of a unit's report: given empty, and taken filled in as a report or its correction."""

from asyncio import to_thread
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import QueryParameter

from api.cases import opened_case
from api.commands import (
    IdempotencyKey,
    IfMatch,
    OnBehalfOf,
    answered,
    carried_out,
    command_id,
    expected_version,
)
from api.language import language_of
from api.problem_responses import problem_responses
from api.problems import MediaTypeNotTaken
from api.register_state import AppRequest, caller_of, register_of
from application.access import require_right
from application.naming import require_unit
from application.orders import NoSuchCase, Order, Receipt
from domain.unit_report import (
    KIND,
    CorrectUnitReport,
    SubmitUnitReport,
    UnitReport,
    case_id_of,
    period_of,
)
from infra.reports.words import LANGUAGES
from infra.unit_report_form import MEDIA_TYPE
from infra.unit_report_form.reading import FormOfAnotherReport, filled_form
from infra.unit_report_form.writing import empty_form

_PATH = "/unit-reports/form"
_UNIT = r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)"
_RESOURCE = "/api/v1/unit-reports"


class FormNotXlsx(MediaTypeNotTaken):
    """The form is sent as a workbook: with the Content-Type of XLSX, and nothing around it."""


@get(
    _PATH,
    operation_id="unit-reports.form",
    tags=["unit-reports"],
    summary="The empty form of a unit's report, as XLSX in the reader's language",
    media_type=MEDIA_TYPE,
    responses=problem_responses(400, 401, 403, 422, 503),
)
async def form(
    request: AppRequest,
    unit: Annotated[
        str, QueryParameter(max_length=64, pattern=_UNIT, description="The unit that reports")
    ],
    period: Annotated[
        str, QueryParameter(max_length=10, description="2026-10, 2026-Q3, 2026-H1 or 2026")
    ],
) -> Response[bytes]:
    require_right(caller_of(request), KIND, SubmitUnitReport)
    asked = period_of(period)
    require_unit(unit, register_of(request).organisation())
    content = await to_thread(empty_form, unit, asked, language_of(request, LANGUAGES))
    named = f'attachment; filename="{unit}-{asked}.xlsx"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": named})


@post(
    _PATH,
    status_code=201,
    operation_id="unit-reports.submit-form",
    tags=["unit-reports"],
    summary="Submit a unit's report: the filled form is the body, as XLSX",
    responses=problem_responses(400, 401, 403, 409, 413, 415, 422, 503),
)
async def submit_form(
    request: AppRequest,
    idempotency_key: IdempotencyKey = None,
    on_behalf_of: OnBehalfOf = None,  # noqa: ARG001 - read by caller_of, shown in the schema
) -> Response[Receipt]:
    caller = caller_of(request)
    require_right(caller, KIND, SubmitUnitReport)
    filled = await to_thread(filled_form, await _workbook(request))
    command = SubmitUnitReport(unit=filled.unit, period=filled.period, figures=filled.figures)
    order = Order(
        kind=KIND,
        case_id=case_id_of(command),
        command=command,
        by=caller,
        command_id=command_id(caller.actor, idempotency_key),
    )
    receipt = await carried_out(register_of(request), order)
    return answered(receipt, 201, {"Location": f"{_RESOURCE}/{receipt.id}"})


@post(
    "/unit-reports/{case_id:uuid}/form",
    status_code=200,
    operation_id="unit-reports.correct-by-form",
    tags=["unit-reports"],
    summary="Correct a unit's report: its form is the body, with the reason in its cell",
    responses=problem_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
)
async def correct_by_form(
    request: AppRequest,
    case_id: UUID,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
    on_behalf_of: OnBehalfOf = None,  # noqa: ARG001 - read by caller_of, shown in the schema
) -> Response[Receipt]:
    register, caller = register_of(request), caller_of(request)
    require_right(caller, KIND, CorrectUnitReport)
    _, _, report = await opened_case(register, caller, case_id)
    if not isinstance(report, UnitReport):
        raise NoSuchCase(NoSuchCase.__doc__)
    filled = await to_thread(filled_form, await _workbook(request))
    if (filled.unit, filled.period) != (report.unit, report.period):
        raise FormOfAnotherReport
    order = Order(
        kind=KIND,
        case_id=case_id,
        command=CorrectUnitReport(figures=filled.figures, reason=filled.require_reason()),
        by=caller,
        command_id=command_id(caller.actor, idempotency_key),
        expected_version=expected_version(if_match),
    )
    return answered(await carried_out(register, order), 200, {})


async def _workbook(request: AppRequest) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise FormNotXlsx(FormNotXlsx.__doc__)
    return await request.body()


ROUTES: list[Any] = [form, submit_form, correct_by_form]
