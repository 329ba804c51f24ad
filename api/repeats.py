"""Repeats as decided: an appeal's group with its counters, the persons who are one."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct
from psycopg import AsyncConnection

from api.access_records import Action, record
from api.as_of import AsKnown, AsOf, as_of, as_of_now
from api.cases import opened_case
from api.problem_responses import answers
from api.register_state import AppRequest, Register, caller_of, register_of
from api.waiting import WaitFor, wait
from application.access import CaseHidden, Forbidden, sees_personal, sight_sql
from application.orders import NoSuchCase
from domain.case import CaseKind
from domain.repeat import ANSWERS_NEEDED
from projections.positions import reached
from projections.repeat_groups import (
    WALKED,
    Group,
    GroupLink,
    counted,
    groups_of,
    links_among,
    people_of,
)
from projections.seen_cases import SeenCase, cases_of_persons, seen_cases

CountedOn = Annotated[
    date | None,
    QueryParameter(
        description=(
            "The day before which a year's answers are counted, as that on which a further appeal "
            "arrived. If left out, the day of as_of, or today"
        )
    ),
]


class Member(Struct, frozen=True, kw_only=True):
    """``answered_on`` is the day of the final answer on the merits, ``position`` its event's."""

    case_id: UUID
    number: str
    received_at: datetime
    registered_on: date
    answered_on: date | None
    position: int | None


class RepeatGroup(Struct, frozen=True, kw_only=True):
    """The appeals joined with this one that the reader may see, in the order in which they came.

    ``links`` are the decisions that stand among them, those that tell apart too. ``in_year`` counts
    the answers on the merits of the year before the day ``as_of.on``; where it reaches ``needed``,
    a further appeal without new facts may be left unconsidered: a person decides. What isn't in the
    reader's sight joins nothing. ``more``: so many are joined that not all are told or counted.

    ``ground_stands`` is of this appeal where it was left unconsidered as a repeat of appeals that
    the reader sees, else null. False: since then a link was withdrawn, or one of those appeals was
    begun anew, so that they don't carry the ground any more: take this one up again.
    """

    id: UUID
    members: list[Member]
    links: list[GroupLink]
    in_year: int
    needed: int
    more: bool
    ground_stands: bool | None
    as_of: AsOf


class OnePerson(Struct, frozen=True, kw_only=True):
    """``cases`` are those that the reader may see."""

    person_id: UUID
    cases: list[SeenCase]


class PeopleCluster(Struct, frozen=True, kw_only=True):
    """The persons who are one with this one by standing decisions, where the reader sees a case.

    What isn't in the reader's sight joins nothing. ``more``: not all are told, being very many.
    """

    id: UUID
    persons: list[OnePerson]
    more: bool
    as_of: AsOf


@get(
    "/repeats/groups/{appeal_id:uuid}",
    operation_id="repeats.group",
    tags=["repeats"],
    summary="The appeals joined with one by people's decisions, and the answers they have had",
    responses=answers(RepeatGroup, 400, 401, 403, 404, 422, 503),
)
async def repeat_group(
    request: AppRequest,
    appeal_id: UUID,
    known: AsKnown = None,
    on: CountedOn = None,
    wait_for: WaitFor = None,
) -> RepeatGroup:
    register, caller = register_of(request), caller_of(request)
    at = await _moment(register, known, on, wait_for, "repeat_links", "register")
    _, events, state = await opened_case(register, caller, appeal_id, at if known else None)
    if events[0].kind is not CaseKind.APPEAL:
        raise NoSuchCase(NoSuchCase.__doc__)
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        groups = await groups_of(conn, [appeal_id], on=at.on, at=at.position, sight=sight)
        whole = groups[appeal_id]
        seen = await seen_cases(conn, whole.members, sight)
        ids = [each.case_id for each in seen]
        links = await links_among(conn, ids, at.position)
        named = frozenset(state.answered_repeats)
        stands = None
        if named and len(await seen_cases(conn, named, sight)) == len(named):
            arrived_on = state.received_at.astimezone(register.desk.terms.time_zone).date()
            stands = await _ground_stands(conn, appeal_id, named, arrived_on, at.position)
    await record(request, Action.REPEATS_READ, cases=ids, position=at.position)
    return _told(appeal_id, whole, seen, links, at, ground_stands=stands)


@get(
    "/repeats/people/{person_id:uuid}",
    operation_id="repeats.people",
    tags=["repeats"],
    summary="Everybody who is one with a person by people's decisions, with their cases",
    responses=answers(PeopleCluster, 400, 401, 403, 404, 422, 503),
)
async def people_cluster(
    request: AppRequest,
    person_id: UUID,
    known: AsKnown = None,
    wait_for: WaitFor = None,
) -> PeopleCluster:
    register, caller = register_of(request), caller_of(request)
    if not sees_personal(caller):
        raise Forbidden("Who is who is personal: it isn't for analysts")
    at = await _moment(register, known, None, wait_for, "identity_links", "parties", "register")
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        persons = (await people_of(conn, [person_id], at.position, sight))[person_id]
        seen = await cases_of_persons(conn, persons, sight, at=at.position, known_at=at.known_at)
    if person_id not in seen:
        raise CaseHidden(NoSuchCase.__doc__)
    cases = list(dict.fromkeys(each.case_id for found in seen.values() for each in found))
    await record(request, Action.PERSON_READ, cases=cases, person=person_id, position=at.position)
    return PeopleCluster(
        id=person_id,
        persons=[OnePerson(person_id=each, cases=seen[each]) for each in persons if each in seen],
        more=len(persons) > WALKED,
        as_of=at,
    )


ROUTES: list[Any] = [repeat_group, people_cluster]


async def _moment(
    register: Register, known: str | None, on: date | None, wait_for: int | None, *models: str
) -> AsOf:
    """The position and day asked for, which the models have reached; or where they are now."""
    await wait(register, wait_for, *models)
    if known is not None:
        at = await as_of(register, known, on)
        await wait(register, at.position, *models)
        return at
    async with register.pool.connection() as conn:
        position = await reached(conn, models)
    return as_of_now(register.desk.terms.time_zone, position, on)


async def _ground_stands(
    conn: AsyncConnection[Any],
    appeal_id: UUID,
    named: frozenset[UUID],
    arrived_on: date,
    position: int,
) -> bool | None:
    """Whether the appeals named still carry the ground; None where the group is too large."""
    group = (await groups_of(conn, [appeal_id], on=arrived_on, at=position))[appeal_id]
    if group.more:
        return None
    days = [each for each in group.answers if each.case_id in named]
    before = len(days) == len(named) and all(each.answered_on < arrived_on for each in days)
    return before and counted(days, arrived_on) >= ANSWERS_NEEDED


def _told(
    appeal_id: UUID,
    group: Group,
    seen: list[SeenCase],
    links: list[GroupLink],
    at: AsOf,
    *,
    ground_stands: bool | None,
) -> RepeatGroup:
    shown = {each.case_id for each in seen}
    by_case = {each.case_id: each for each in group.answers if each.case_id in shown}
    members = []
    for case in seen:
        answer = by_case.get(case.case_id)
        members.append(
            Member(
                case_id=case.case_id,
                number=case.number,
                received_at=case.received_at,
                registered_on=case.registered_on,
                answered_on=answer.answered_on if answer else None,
                position=answer.position if answer else None,
            )
        )
    return RepeatGroup(
        id=appeal_id,
        members=members,
        links=links,
        in_year=counted(by_case.values(), at.on),
        needed=ANSWERS_NEEDED,
        more=group.more,
        ground_stands=ground_stands,
        as_of=at,
    )
