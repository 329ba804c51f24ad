"""Reports: the figures of a month, quarter, half-year or year, the same for the same position."""

from asyncio import Semaphore, to_thread
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from msgspec import Struct, json

from api.access_records import Action, filters, record
from api.as_of import AsKnown, as_of
from api.examples import example_answer
from api.figure_scope import scope_of
from api.language import language_of
from api.lists import require_personal, today_at
from api.media_types import chosen
from api.problem_responses import problem_responses
from api.problems import SpanBackwards
from api.register_state import AppRequest, Register, caller_of, register_of
from api.report_document import MadeReport, report_document
from api.report_forms import FORMS, MEDIA_TYPES, ReportForm, written
from api.report_making import (
    Report,
    ReportAsked,
    RestatedReport,
    make_report,
    make_restated,
    require_definition,
    told,
)
from api.restated_document import restated_document
from api.waiting import WaitFor, wait
from application.access import list_sight_sql, sees_personal
from application.caller import Caller
from domain.case import UnitId
from domain.report_definition import DEFINITION_VERSION
from domain.report_period import PeriodKind, PeriodNotBegun, ReportPeriod
from domain.report_small_counts import EndedQuartersOnly, require_ended_quarter
from infra.code_names import read_code_names
from infra.population import read_population
from infra.reports.document import ReportDocument
from infra.reports.words import LANGUAGES
from infra.settings import Settings
from projections.positions import keeps_up
from projections.report_figures import MODELS

Written = Annotated[
    str,
    QueryParameter(
        name="period",
        max_length=10,
        description="2026-10 (month), 2026-Q3 (quarter), 2026-H2 (half-year) or 2026 (year)",
    ),
]
Unit = Annotated[
    UnitId | None,
    QueryParameter(
        description="With the units below it, as they were; else the whole register or your unit"
    ),
]
Language = Annotated[
    str | None,
    QueryParameter(
        pattern=f"^({'|'.join(LANGUAGES)})$",
        description="Of XLSX, DOCX and PDF; else by Accept-Language",
    ),
]
Definition = Annotated[
    int, QueryParameter(ge=1, le=1_000, description="The version of what is counted and how")
]


_AT_ONCE = Semaphore(2)
"""How many reports a worker counts at a time: each reads long, and lists wait for connections."""


class AskedOf(Struct, frozen=True, kw_only=True):
    """What a reader asks for, in the words of the address."""

    kind: PeriodKind
    period: str
    unit: str | None = None
    known: str | None = None
    definition: int = DEFINITION_VERSION
    wait_for: int | None = None


def _responses(answer: Any) -> dict[int, ResponseSpec]:
    good = ResponseSpec(
        data_container=answer,
        description="As asked: as JSON, or by Accept as XLSX, DOCX or PDF",
        generate_examples=False,
        examples=[Example(summary="answer", value=example_answer(answer))],
    )
    return {200: good, **problem_responses(400, 401, 403, 406, 422, 503)}


@get(
    "/reports/{kind:str}",
    operation_id="reports.read",
    tags=["reports"],
    summary="The report of a period, as the register knew it at a position",
    responses=_responses(Report),
)
async def report(
    request: AppRequest,
    *,
    kind: PeriodKind,
    written: Written,
    unit: Unit = None,
    known: AsKnown = None,
    language: Language = None,
    definition: Definition = DEFINITION_VERSION,
    wait_for: WaitFor = None,
) -> Response[bytes]:
    form = FORMS[chosen(request, [*FORMS])]
    asked = AskedOf(
        kind=kind,
        period=written,
        unit=unit,
        known=known,
        definition=definition,
        wait_for=wait_for,
    )
    made = await reported(register_of(request), caller_of(request), asked)
    await record_report(request, made)
    if form is ReportForm.JSON:
        return _answer(json.encode(told(made)), form, file_name(made, form))
    document = report_document(made, language or language_of(request, LANGUAGES))
    return _answer(await rendered(document, form), form, file_name(made, form))


@get(
    "/reports/{kind:str}/restated",
    operation_id="reports.restated",
    tags=["reports"],
    summary="What has changed in a report since it was made at a position, and by which events",
    responses=_responses(RestatedReport),
)
async def restated(  # noqa: PLR0913
    request: AppRequest,
    *,
    kind: PeriodKind,
    written: Written,
    since: Annotated[
        str, QueryParameter(max_length=40, description="The position of the earlier report")
    ],
    unit: Unit = None,
    known: AsKnown = None,
    language: Language = None,
    definition: Definition = DEFINITION_VERSION,
    wait_for: WaitFor = None,
) -> Response[bytes]:
    register = register_of(request)
    form = FORMS[chosen(request, [*FORMS])]
    asked = AskedOf(
        kind=kind, period=written, unit=unit, known=since, definition=definition, wait_for=wait_for
    )
    found = await changed_since(register, caller_of(request), asked, known)
    await record_changes(request, found)
    name = f"report-{found.period.period}-restated.{form}"
    if form is ReportForm.JSON:
        return _answer(json.encode(found), form, name)
    spoken = language or language_of(request, LANGUAGES)
    zone = register.desk.terms.time_zone
    document = restated_document(found, register.names(), zone, spoken)
    return _answer(await rendered(document, form), form, name)


ROUTES: list[Any] = [report, restated]


async def reported(register: Register, caller: Caller, asked: AskedOf) -> MadeReport:
    """The report as the caller may see it.

    Raises Forbidden, PeriodNotReadable, PeriodOfAnotherKind, PeriodNotBegun, NoSuchUnit,
    NoSuchDefinition, AsOfNotReadable, AsOfAhead, ReadModelBehind, FiguresBehind,
    EndedQuartersOnly.
    """
    question = await _asked(register, caller, asked)
    async with _AT_ONCE, register.pool.connection() as conn:
        return await make_report(conn, question)


async def changed_since(
    register: Register, caller: Caller, earlier: AskedOf, until: str | None
) -> RestatedReport:
    """What has changed in the *earlier* report, and by which of the cases the caller may see.

    Up to the position or instant *until*, or now. Raises as `reported`, and SpanBackwards.
    """
    require_personal(caller)
    asked = await _asked(register, caller, earlier)
    position = await _position(register, until)
    if position < asked.position:
        raise SpanBackwards(SpanBackwards.__doc__)
    sight = list_sight_sql(caller, register.organisation())
    async with _AT_ONCE, register.pool.connection() as conn:
        return await make_restated(conn, asked, position, sight)


async def record_changes(request: AppRequest, found: RestatedReport) -> None:
    """Put on record of which cases the changes are about to be shown."""
    period = found.period.period.lower()
    await record(
        request,
        Action.CHANGES_READ,
        cases=list(dict.fromkeys(each.case_id for each in found.events if each.case_id)),
        query=filters({"period": period, "since": found.since, "unit": found.unit}),
        position=found.position,
    )


async def record_report(request: AppRequest, made: MadeReport) -> None:
    """Put on record which report is about to be shown."""
    period = str(made.now.period)
    await record(
        request,
        Action.COUNTS_READ,
        query=filters({"period": period.lower(), "unit": made.unit}),
        position=made.now.position,
    )


async def rendered(document: ReportDocument, form: ReportForm) -> bytes:
    """The document as a file. Raises NotSet."""
    return await to_thread(written, form, document)


def file_name(made: MadeReport, form: ReportForm) -> str:
    parts: Sequence[str] = ("report", str(made.now.period), made.unit or "", str(made.now.position))
    return "-".join(filter(None, parts)) + f".{form}"


async def _asked(register: Register, caller: Caller, asked: AskedOf) -> ReportAsked:
    require_definition(asked.definition)
    period = ReportPeriod.of(asked.kind, asked.period)
    scope = scope_of(caller, register.organisation(), asked.unit)
    if not sees_personal(caller):
        require_ended_quarter(period, today_at(register))
        if asked.known is not None:
            raise EndedQuartersOnly
    await wait(register, asked.wait_for, *MODELS)
    position = await _position(register, asked.known)
    unit = asked.unit
    if unit is None and scope.units is not None:
        unit = caller.actor.unit
    return ReportAsked(
        period=period,
        unit=unit,
        confidential=scope.confidential,
        position=position,
        zone=register.desk.terms.time_zone,
        small_told=sees_personal(caller),
        **installed(register.settings, period),
    )


def installed(settings: Settings, period: ReportPeriod) -> dict[str, Any]:
    """What a report takes from the installation's files.

    The names of topics and regions, and the regions' people in the year of the *period*.
    """
    found: dict[str, Any] = {"codes": read_code_names(settings.names_file)}
    if settings.population_file is not None:
        population = read_population(settings.population_file)
        found |= {"people": population.of(period.year), "people_source": population.source}
    return found


async def _position(register: Register, known: str | None) -> int:
    """The position *known*, or else the one that the read models have come to."""
    if known is not None:
        position = (await as_of(register, known)).position
        await wait(register, position, *MODELS)
    else:
        async with register.pool.connection() as conn:
            position = await keeps_up(conn, MODELS)
    if position == 0:
        raise PeriodNotBegun
    return position


def _answer(content: bytes, form: ReportForm, name: str) -> Response[bytes]:
    return Response(
        content,
        media_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept, Accept-Language",
        },
    )
