"""Lists of cases, and the work lists: filters as query parameters, pages by cursor."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get
from litestar.di import Provide
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import asdict, replace

from api.access_records import Action, filters, record
from api.as_of import AsKnown, BusinessDay, as_of, on_day
from api.instants import WRITTEN, InstantNotReadable, instant_of
from api.past_lists import PastCases, PastWork, past_cases, past_work
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import Forbidden, list_sight_sql, sees_personal
from application.caller import Caller
from application.sight_of_fields import text_shown
from domain.case import CaseKind
from domain.kinds import KINDS, Kind
from projections.cases import CaseFilter, CaseOrder, list_cases
from projections.pages import Page
from projections.parties import PersonsCase, cases_of_person
from projections.register import Row
from projections.work import Work, my_work, work_of_units

Cursor = Annotated[
    str | None, QueryParameter(max_length=1000, description="Leads to the page after its own")
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Rows a page")]
Instant = Annotated[str | None, QueryParameter(max_length=40, description=f"Included: {WRITTEN}")]
Word = Annotated[str | None, QueryParameter(max_length=200, pattern=r"^[^\x00]*$")]


# `state` is a name that the framework keeps for itself.
Stage = Annotated[str | None, QueryParameter(name="state", max_length=200, pattern=r"^[^\x00]*$")]


class PersonsCases(Struct, kw_only=True):
    """``position`` is what the read models have seen."""

    position: int
    cases: list[PersonsCase]


async def common_filter(  # noqa: PLR0913
    *,
    kind: Word = None,
    unit: Word = None,
    executor: Word = None,
    channel: Word = None,
    region: Word = None,
    topic: Word = None,
    social_category: Word = None,
    subkind: Word = None,
    controller: Word = None,
    under_control: bool | None = None,
    registered_from: date | None = None,
    registered_to: date | None = None,
) -> CaseFilter:
    """The filters that don't ask how far a case has come: those of changes too."""
    return CaseFilter(
        kind=kind,
        unit=unit,
        executor=executor,
        channel=channel,
        region=region,
        topic=topic,
        social_category=social_category,
        subkind=subkind,
        controller=controller,
        under_control=under_control,
        registered_from=registered_from,
        registered_to=registered_to,
    )


async def case_filter(  # noqa: PLR0913
    request: AppRequest,
    *,
    common: CaseFilter,
    stage: Stage = None,
    open: bool | None = None,  # noqa: A002 - the name of the parameter
    received_from: Instant = None,
    received_to: Instant = None,
    due_from: date | None = None,
    due_to: date | None = None,
    overdue: bool | None = None,
    confidential: bool | None = None,
    repeat: bool | None = None,
    result: Word = None,
    legacy_number: Word = None,
    text: Word = None,
) -> CaseFilter:
    """The filters of a list of cases; dates and times are both included."""
    return replace(
        common,
        state=stage,
        open=open,
        received_from=asked_instant(request, "received_from", received_from),
        received_to=asked_instant(request, "received_to", received_to),
        due_from=due_from,
        due_to=due_to,
        overdue_on=today_at(register_of(request)) if overdue else None,
        confidential=confidential,
        repeat=repeat,
        result=result,
        legacy_number=legacy_number,
        text=text,
    )


FILTERS = {"common": Provide(common_filter), "wanted": Provide(case_filter)}
"""For routes that take a list's filters: as ``wanted``."""


def _case_list(kind: Kind | None) -> HTTPRouteHandler:
    @get(
        f"/{kind.resource if kind else 'cases'}",
        operation_id=f"{kind.resource if kind else 'cases'}.list",
        tags=[kind.resource if kind else "cases"],
        summary="The cases that you may see" + (f" of kind {kind.kind}" if kind else ""),
        dependencies=FILTERS,
        responses=answers(Page[Row] | PastCases, 400, 401, 403, 422, 503),
    )
    async def cases(
        request: AppRequest,
        *,
        wanted: CaseFilter,
        known: AsKnown = None,
        on: BusinessDay = None,
        order: CaseOrder = CaseOrder.NEWEST,
        cursor: Cursor = None,
        limit: Limit = 50,
        wait_for: WaitFor = None,
    ) -> Page[Row] | PastCases:
        register, caller = register_of(request), caller_of(request)
        personal = sees_personal(caller)
        if wanted.text is not None and not personal:
            raise Forbidden("Subjects are personal: analysts don't search them")
        if kind:
            wanted = replace(wanted, kind=kind.kind)
        await wait(register, wait_for, "register")
        if known is not None:
            at = await as_of(register, known, on)
            wanted = on_day(wanted, at.on, asked=on is not None)
            return await past_cases(request, at, wanted, order=order, cursor=cursor, limit=limit)
        if on:
            wanted = on_day(wanted, on, asked=True)
        async with register.pool.connection() as conn:
            page = await list_cases(
                conn,
                wanted,
                *list_sight_sql(caller, register.organisation()),
                order=order,
                cursor=cursor,
                limit=limit,
            )
        await record(
            request,
            Action.LIST_READ if wanted.text is None else Action.SEARCH_MADE,
            cases=[row.case_id for row in page.rows],
            query=filters(asdict(wanted) | {"text": None if wanted.text is None else True}),
            position=page.position,
        )
        for row in page.rows:
            row.subject = text_shown(caller, CaseKind(row.kind), row.workers, row.subject)
        return page

    return cases


@get(
    "/work",
    operation_id="work.list",
    tags=["work"],
    summary="What waits: for me, or my unit",
    responses=answers(Page[Work] | PastWork, 400, 401, 403, 422, 503),
)
async def work(
    request: AppRequest,
    whose: Annotated[
        str,
        QueryParameter(pattern="^(mine|unit)$", description="mine, or unit: my unit's and below"),
    ] = "mine",
    known: AsKnown = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> Page[Work] | PastWork:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    if known is not None:
        at = await as_of(register, known)
        return await past_work(request, at, whose, cursor=cursor, limit=limit)
    organisation = register.organisation()
    sight = list_sight_sql(caller, organisation)
    await wait(register, wait_for, "work", "register")
    async with register.pool.connection() as conn:
        if whose == "mine":
            actor = caller.actor
            own = {actor.official, actor.principal}
            page = await my_work(conn, own, *sight, cursor=cursor, limit=limit)
        else:
            units = organisation.subtree(caller.actor.unit)
            page = await work_of_units(conn, units, *sight, cursor=cursor, limit=limit)
    await record(
        request,
        Action.WORK_READ,
        cases=list({row.case_id for row in page.rows}),
        query={"whose": whose},
        position=page.position,
    )
    rows = [
        replace(row, subject=text_shown(caller, CaseKind(row.kind), (), row.subject))
        for row in page.rows
    ]
    return replace(page, rows=rows)


@get(
    "/persons/{person_id:uuid}/cases",
    operation_id="persons.cases",
    tags=["persons"],
    summary="A person's cases over all four kinds",
    responses=answers(PersonsCases, 400, 401, 403, 404, 422, 503),
)
async def persons_cases(
    request: AppRequest, person_id: UUID, limit: Limit = 200, wait_for: WaitFor = None
) -> PersonsCases:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    await wait(register, wait_for, "parties", "register")
    async with register.pool.connection() as conn:
        found, position = await cases_of_person(
            conn, person_id, *list_sight_sql(caller, register.organisation()), limit=limit
        )
    await record(
        request,
        Action.PERSON_READ,
        cases=[each.case.case_id for each in found],
        person=person_id,
        position=position,
    )
    for case in (each.case for each in found):
        case.subject = text_shown(caller, CaseKind(case.kind), case.workers, case.subject)
    return PersonsCases(position=position, cases=found)


ROUTES: list[Any] = [
    _case_list(None),
    *(_case_list(kind) for kind in KINDS.values()),
    work,
    persons_cases,
]


def require_personal(caller: Caller) -> None:
    """Raise Forbidden for those who see no personal field."""
    if not sees_personal(caller):
        raise Forbidden("This list is about people: your role doesn't see them")


def asked_instant(request: AppRequest, name: str, given: str | None) -> datetime | None:
    """The instant that the query names so; raises ValidationException, which names it too."""
    if given is None:
        return None
    try:
        return instant_of(given, register_of(request).desk.terms.time_zone)
    except InstantNotReadable as error:
        raise ValidationException(extra=[{"key": name, "message": str(error)}]) from None


def today_at(register: Register) -> date:
    """The date where the department sits."""
    return datetime.now(ZoneInfo(register.settings.time_zone)).date()
