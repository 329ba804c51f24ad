"""Conformance: which cases broke which rule, and what one case shows, ready to open a finding."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from api.access_records import Action, filters, record
from api.cases import opened_case
from api.instants import WRITTEN
from api.language import language_of
from api.lists import Cursor, Limit, asked_instant
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import Forbidden
from application.caller import Role
from domain.case import UnitId
from domain.case_course import Place
from domain.conformance import FINDING_OF, Breach, Rule, breaches
from domain.finding import Evidence, FindingKind
from projections.conformance import Asked, Broken, Total, broken_rules, totals
from projections.pages import Page
from projections.telling import language

OfUnit = Annotated[UnitId | None, QueryParameter(description="The unit that had the case then")]
From = Annotated[
    str | None,
    QueryParameter(
        name="from", max_length=40, description=f"Of the first event that shows it: {WRITTEN}"
    ),
]
To = Annotated[str | None, QueryParameter(max_length=40, description=f"Not included: {WRITTEN}")]
Imported = Annotated[
    bool | None, QueryParameter(description="Whether the case comes from an older register")
]
_REPORTED_TO = frozenset({Role.AUDITOR, Role.LEADER})


class Proposal(Struct, kw_only=True):
    """A finding as `OpenFinding` takes it: an auditor adds its text and the day for the answer."""

    kind: FindingKind
    source_case: UUID
    unit: UnitId
    evidence: list[Evidence]


class BrokenRule(Struct, kw_only=True):
    """``sentence`` tells the rule in the reader's language; ``events`` show that it was broken."""

    case_id: UUID
    kind: str
    number: str | None
    rule: Rule
    sentence: str
    unit: str
    imported: bool
    since: datetime
    events: list[Place]
    finding: Proposal


class Report(Struct, kw_only=True):
    """The latest first. ``totals`` count cases, and stand on the first page only.

    Leaders get the totals of the cases that aren't confidential, without the cases.
    """

    totals: list[Total] | None
    rows: list[BrokenRule]
    cursor: str | None
    position: int


class CaseConformance(Struct, kw_only=True):
    """Read from the log itself, up to ``position``."""

    id: UUID
    position: int
    imported: bool
    broken: list[BrokenRule]


@get(
    "/audit/conformance",
    operation_id="audit.conformance",
    tags=["audit"],
    summary="Which cases broke which rule, with totals by rule and unit",
    responses=answers(Report, 400, 401, 403, 422, 503),
)
async def report(  # noqa: PLR0913 - each is a filter
    request: AppRequest,
    *,
    rule: Rule | None = None,
    unit: OfUnit = None,
    imported: Imported = None,
    from_: From = None,
    to: To = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait_for: WaitFor = None,
) -> Report:
    register, caller = register_of(request), caller_of(request)
    if not caller.roles & _REPORTED_TO:
        raise Forbidden("The conformance report is for auditors, and its totals for leaders")
    asked = Asked(
        rule=rule.value if rule else None,
        unit=unit,
        imported=imported,
        since=asked_instant(request, "from", from_),
        before=asked_instant(request, "to", to),
    )
    await wait(register, wait_for, "conformance", "register")
    sees_all = Role.AUDITOR in caller.roles
    async with register.pool.connection() as conn:
        counted, position = await totals(conn, asked, confidential=sees_all)
        page = Page[Broken](rows=[], cursor=None, position=position)
        if sees_all:
            page = await broken_rules(conn, asked, cursor=cursor, limit=limit)
    await record(
        request,
        Action.AUDIT_READ,
        cases=list(dict.fromkeys(row.case_id for row in page.rows)),
        query=filters({name: getattr(asked, name) for name in Asked.__struct_fields__}),
        position=page.position,
    )
    words = language(language_of(request)).words
    return Report(
        totals=None if cursor else counted,
        rows=[_listed(row, words) for row in page.rows],
        cursor=page.cursor,
        position=page.position,
    )


@get(
    "/cases/{case_id:uuid}/conformance",
    operation_id="cases.conformance",
    tags=["cases"],
    summary="The rules that the case broke, with the events that show it",
    responses=answers(CaseConformance, 400, 401, 403, 404, 422, 503),
)
async def of_case(request: AppRequest, case_id: UUID) -> CaseConformance:
    register = register_of(request)
    position, events, _ = await opened_case(register, caller_of(request), case_id)
    await record(request, Action.CASE_OPENED, cases=[case_id], position=position)
    words = language(language_of(request)).words
    imported = getattr(events[0].event, "legacy_number", None) is not None
    recorded_at = {event.originator_version: event.recorded_at for event in events}
    number = getattr(events[0].event, "number", None)
    return CaseConformance(
        id=case_id,
        position=position,
        imported=imported,
        broken=[
            BrokenRule(
                case_id=case_id,
                kind=events[0].kind.value,
                number=str(number) if number else None,
                rule=breach.rule,
                sentence=words[breach.rule.value],
                unit=breach.unit,
                imported=imported,
                since=recorded_at[breach.places[-1].version],
                events=list(breach.places),
                finding=_proposal(breach.rule, case_id, breach.unit, _versions(breach)),
            )
            for breach in breaches(events)
        ],
    )


def _listed(row: Broken, words: dict[str, str]) -> BrokenRule:
    rule = Rule(row.rule)
    places = [
        Place(version, position)
        for version, position in zip(row.versions, row.positions, strict=True)
    ]
    return BrokenRule(
        case_id=row.case_id,
        kind=row.kind,
        number=row.number,
        rule=rule,
        sentence=words[rule.value],
        unit=row.unit,
        imported=row.imported,
        since=row.since,
        events=places,
        finding=_proposal(rule, row.case_id, row.unit, row.versions),
    )


def _versions(breach: Breach) -> list[int]:
    return [place.version for place in breach.places]


def _proposal(rule: Rule, case_id: UUID, unit: str, versions: Sequence[int]) -> Proposal:
    return Proposal(
        kind=FINDING_OF[rule],
        source_case=case_id,
        unit=unit,
        evidence=[Evidence(case_id=case_id, version=version) for version in versions],
    )


ROUTES: list[Any] = [report, of_case]
