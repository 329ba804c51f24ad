"""The reports of units beside what the register counted, and who hasn't reported yet."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, record
from api.cases import opened_case
from api.lists import today_at
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import ROLES_NEEDED, Forbidden, Organisation
from application.caller import Caller, Role
from application.orders import NoSuchCase
from application.policies import finding_on
from domain.claimed_figures import Compared
from domain.due import Terms
from domain.envelope import Recorded
from domain.report_period import ReportPeriod
from domain.rule import ClockName
from domain.unit_report import (
    KIND,
    NotVerifiedYet,
    PeriodNotOver,
    Stage,
    UnitReport,
    UnitReportDisputed,
    period_of,
    report_id,
)
from projections.instants import recorded_at
from projections.unit_reports import registered_among

Agreeing = Annotated[bool, QueryParameter(description="Also the figures that agree")]
Period = Annotated[
    str, QueryParameter(max_length=10, description="2026-10, 2026-Q3, 2026-H1 or 2026")
]
_OF_ALL = frozenset({Role.AUDITOR, Role.LEADER})
_OF_THEIR_OWN = frozenset({Role.CONTROLLER, Role.UNIT_HEAD, Role.SIGNATORY})


class Difference(Struct, frozen=True, kw_only=True):
    """``difference`` is what the unit claimed above what was counted; ``finding`` what follows."""

    figure: str
    breakdown: str | None
    claimed: int
    counted: int
    difference: int
    finding: UUID | None


class Differences(Struct, frozen=True, kw_only=True):
    """The report of ``unit`` beside the log as of ``position``, recorded at ``known_at``.

    Confidential cases aren't counted. ``compared`` are all figures that the report claims,
    ``differing`` those that aren't as counted.
    """

    id: UUID
    unit: str
    period: str
    state: Stage
    position: int
    known_at: datetime | None
    definition: int
    compared: int
    differing: int
    figures: list[Difference]


class Outstanding(Struct, frozen=True, kw_only=True):
    """``units`` have given no report for ``period``, as the register is at ``position``.

    ``due_on`` is None where no rule sets a day; ``overdue``: it has passed.
    """

    period: str
    due_on: date | None
    overdue: bool
    position: int
    reported: int
    units: list[str]


@get(
    "/unit-reports/{case_id:uuid}/differences",
    operation_id="unit-reports.differences",
    tags=["unit-reports"],
    summary="What a unit reported beside what the register counted",
    responses=answers(Differences, 400, 401, 403, 404, 409, 422, 503),
)
async def differences(
    request: AppRequest, case_id: UUID, *, agreeing: Agreeing = False
) -> Differences:
    told, position = await differences_of(
        register_of(request), caller_of(request), case_id, agreeing=agreeing
    )
    await record(request, Action.CASE_OPENED, cases=[case_id], position=position)
    return told


async def differences_of(
    register: Register, caller: Caller, case_id: UUID, *, agreeing: bool
) -> tuple[Differences, int]:
    """And the position that the case has come to; it has to be recorded.

    Raises NoSuchCase, CaseHidden and NotVerifiedYet.
    """
    position, events, report = await opened_case(register, caller, case_id)
    if not isinstance(report, UnitReport):
        raise NoSuchCase(NoSuchCase.__doc__)
    found = report.verification
    if found is None or report.stage is Stage.AWAITING_VERIFICATION:
        raise NotVerifiedYet
    async with register.pool.connection() as conn:
        known_at = await recorded_at(conn, found.position)
    disputed = events[-1] if isinstance(events[-1].event, UnitReportDisputed) else None
    told = Differences(
        id=case_id,
        unit=report.unit,
        period=report.period,
        state=report.stage,
        position=found.position,
        known_at=known_at,
        definition=found.definition,
        compared=len(found.figures),
        differing=len(found.differing),
        figures=[_difference(each, disputed) for each in found.figures if agreeing or each.differs],
    )
    return told, position


def _difference(compared: Compared, disputed: Recorded | None) -> Difference:
    follows = disputed.event_id if disputed and compared.differs else None
    return Difference(
        figure=compared.figure,
        breakdown=compared.breakdown,
        claimed=compared.claimed,
        counted=compared.counted,
        difference=compared.claimed - compared.counted,
        finding=finding_on(follows, compared.figure) if follows else None,
    )


@get(
    "/unit-reports/outstanding",
    operation_id="unit-reports.outstanding",
    tags=["unit-reports"],
    summary="The units that have given no report for a period that is over",
    responses=answers(Outstanding, 400, 401, 403, 422, 503),
)
async def outstanding(
    request: AppRequest, *, period: Period, wait_for: WaitFor = None
) -> Outstanding:
    register = register_of(request)
    await wait(register, wait_for, "register")
    return await outstanding_of(register, caller_of(request), period)


async def outstanding_of(register: Register, caller: Caller, period: str) -> Outstanding:
    """Raises PeriodNotReadable, PeriodNotOver and Forbidden."""
    asked, today = period_of(period), today_at(register)
    reporting = reporting_units(caller, register.organisation())
    if today <= asked.last:
        raise PeriodNotOver
    due_on = _due_on(register.terms(None, None), asked.last)
    units = {report_id(unit, period): unit for unit in reporting}
    async with register.pool.connection() as conn:
        reported, position = await registered_among(conn, list(units))
    return Outstanding(
        period=period,
        due_on=due_on,
        overdue=due_on is not None and today > due_on,
        position=position,
        reported=len(reported),
        units=sorted(unit for report, unit in units.items() if report not in reported),
    )


async def missing_of(
    register: Register, caller: Caller, periods: Sequence[ReportPeriod]
) -> list[int]:
    """How many units have given no report for each of the periods. Raises Forbidden."""
    reporting = reporting_units(caller, register.organisation())
    reports = [[report_id(unit, str(period)) for unit in reporting] for period in periods]
    async with register.pool.connection() as conn:
        reported, _ = await registered_among(conn, [each for ids in reports for each in ids])
    return [sum(each not in reported for each in ids) for ids in reports]


def reporting_units(caller: Caller, organisation: Organisation) -> frozenset[str]:
    """Those that the caller may ask about. Raises Forbidden."""
    if caller.roles & _OF_ALL:
        return frozenset(organisation.subtrees)
    if not caller.roles & _OF_THEIR_OWN:
        raise Forbidden(ROLES_NEEDED, _OF_ALL | _OF_THEIR_OWN)
    return organisation.subtree(caller.actor.unit)


def _due_on(terms: Terms, last_day: date) -> date | None:
    rule = terms.usual_rule(KIND, "", ClockName.UNIT_REPORT, last_day)
    return terms.begin_on(rule, last_day).on if rule else None


ROUTES: list[Any] = [differences, outstanding]
