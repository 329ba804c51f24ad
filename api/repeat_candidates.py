"""What an appeal may be a repeat of, while it is registered and after: candidates, and why.

What is known of the person comes in a body, never in an address. Nothing is decided here.
"""

from asyncio import to_thread
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from api.access_records import Action, record
from api.bodies import CommandRequest, decoder_of
from api.cases import opened_case
from api.examples import example_of
from api.language import language_of
from api.lists import require_personal
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.repeat_looks import look_for, widened
from api.waiting import WaitFor, wait
from application.access import Forbidden, sight_sql
from application.caller import Caller
from application.likeness import Likeness
from application.orders import NoSuchCase
from application.repeat_advice import advised
from application.repeat_candidates import (
    MOST,
    REGISTERING,
    Asked,
    Candidate,
    LookForRepeats,
    asking,
    shown_to,
)
from application.repeat_weighing import weighed
from application.sight_of_fields import fields_shown, text_shown
from domain.case import CaseKind, RegistrationNumber
from domain.matter_card import matter_card_of
from domain.person_card import card_of
from domain.personal_fields import Fields
from domain.repeat import ANSWERS_NEEDED, arrival
from projections.people import people_of
from projections.repeat_candidates import (
    FoundCase,
    asked_about,
)
from projections.repeat_groups import Answer, Group, counted, groups_of

Arrived = tuple[datetime, RegistrationNumber | None]
"""When an appeal arrived, and its number; a draft has none."""
LANGUAGES = ("az", "en", "tr", "ka", "ru")
FOLLOWED = ("people", "matters", "parties", "register", "repeat_links", "identity_links")
"""The read models that a look reads."""
_EXAMPLE = Example(summary="draft", value=example_of(LookForRepeats))


class Why(Struct, frozen=True, kw_only=True):
    """A piece of evidence: ``weight`` above nought speaks for, below it against."""

    code: str
    weight: float
    text: str


class Alike(Struct, frozen=True, kw_only=True):
    """How like two are. ``score`` is the logarithm of the odds that they are one.

    ``against``: whom two people would be otherwise. Where it is ``relatives`` a phone, an address
    or a surname in common says little, since relatives share them too. ``joined``:
    beyond the threshold that the model sets for taking them for one.
    """

    score: float
    joined: bool
    probable: bool
    against: str | None
    against_text: str | None
    reasons: list[Why]


class SamePerson(Struct, frozen=True, kw_only=True):
    """Who in the other case is likest. ``known``: the same by id, or by somebody's decision.

    ``person_id`` is null for somebody who left no name.
    """

    person_id: UUID | None
    part: str
    known: bool
    alike: Alike


class RepeatCandidate(Struct, frozen=True, kw_only=True):
    """A case that may be of the same person, on the same matter, or both.

    ``earlier``: it arrived before this one, so that the decision stands on this one. ``in_year``
    counts the answers on the merits that its group had in the year before this one arrived.
    """

    case_id: UUID
    kind: str
    number: str
    state: str
    open: bool
    earlier: bool
    received_at: datetime
    registered_on: date
    due_on: date | None
    result: str | None
    topic: str | None
    region: str | None
    unit: str
    subject: str | None
    person: SamePerson | None
    matter: Alike | None
    in_year: int


class Decided(Struct, frozen=True, kw_only=True):
    """What stands on this appeal and another; ``later`` is the one on which it stands."""

    case_id: UUID
    number: str
    later: UUID
    verdict: str
    decided_by: str


class ToldAdvice(Struct, frozen=True, kw_only=True):
    """What follows for this appeal, and from which cases."""

    code: str
    text: str
    cases: list[UUID]


class AnsweredGroup(Struct, frozen=True, kw_only=True):
    """Appeals joined by decisions, with the answers on the merits that they have had.

    Of what the reader doesn't see nothing is told or counted.
    """

    members: list[UUID]
    answers: list[Answer]
    in_year: int
    needed: int


class RepeatCandidates(Struct, frozen=True, kw_only=True):
    """``model`` names what weighed them: decisions give it back. True for ``position``.

    ``more``: there is more than was looked at, compared or told; the likeliest and newest are here.
    """

    candidates: list[RepeatCandidate]
    decided: list[Decided]
    groups: list[AnsweredGroup]
    advice: list[ToldAdvice]
    more: bool
    model: str
    position: int


@get(
    "/repeats/candidates",
    operation_id="repeats.candidates",
    tags=["repeats"],
    summary="What an appeal may be a repeat of, and why; what was decided on isn't asked again",
    responses=answers(RepeatCandidates, 400, 401, 403, 404, 422, 503),
)
async def candidates_of_appeal(
    request: AppRequest,
    appeal: Annotated[UUID, QueryParameter(description="A registered appeal")],
    wait_for: WaitFor = None,
) -> RepeatCandidates:
    register, caller = register_of(request), caller_of(request)
    require_personal(caller)
    await wait(register, wait_for, *FOLLOWED)
    _, events, state = await opened_case(register, caller, appeal, whole=True)
    if events[0].kind is not CaseKind.APPEAL:
        raise NoSuchCase(NoSuchCase.__doc__)
    people, matter = asked_about(events, register.repeats.blinding)
    asking_now = asking((part, (identity, card)) for part, identity, card in people)
    asked = Asked(
        people=[card for _, card in asking_now],
        persons=frozenset(identity for identity, _ in asking_now) - {appeal},
        matter=matter,
        complained_of=state.complained_of_units | state.complained_of,
        open="answer" in state.clocks,
    )
    arrived = state.received_at, state.number
    return await _answer(request, asked, appeal, arrived)


@post(
    "/repeats/candidates",
    operation_id="repeats.candidates-of-draft",
    tags=["repeats"],
    summary="What an appeal that is being registered may be a repeat of; nothing is recorded of it",
    status_code=200,
    request_class=CommandRequest,
    opt={"decode": decoder_of(LookForRepeats)},
    responses=answers(RepeatCandidates, 400, 401, 403, 413, 415, 422, 503),
)
async def candidates_of_draft(
    request: AppRequest,
    data: Annotated[LookForRepeats, Body(examples=[_EXAMPLE])],
    wait_for: WaitFor = None,
) -> RepeatCandidates:
    if not caller_of(request).roles & REGISTERING:
        raise Forbidden("Drafts are compared for those who register appeals, visits and calls")
    await wait(register_of(request), wait_for, *FOLLOWED)
    people = asking(people_of(data.applicant))
    asked = Asked(
        people=[card_of(person) for person in people],
        persons=frozenset(person.id for person in people if person.id),
        matter=matter_card_of(
            data.topic,
            data.subject,
            data.text,
            complained_of_units=data.complained_of_units,
            complained_of=data.complained_of,
            region=data.region,
        )
        if data.subject or data.text
        else None,
        complained_of=frozenset((*data.complained_of_units, *data.complained_of)),
    )
    return await _answer(request, asked, None, (datetime.now(UTC), None))


ROUTES: list[Any] = [candidates_of_appeal]
BODY_ROUTES: list[Any] = [candidates_of_draft]


async def _answer(
    request: AppRequest, asked: Asked, appeal: UUID | None, arrived: Arrived
) -> RepeatCandidates:
    register, caller = register_of(request), caller_of(request)
    repeats, sight = register.repeats, sight_sql(caller, register.organisation())
    arrived_on = arrived[0].astimezone(register.desk.terms.time_zone).date()
    async with register.pool.connection() as conn:
        around = repeats.surroundings()
        look = await look_for(conn, repeats.blinding, asked, sight, appeal, around.common)
        found = await to_thread(weighed, asked, look.found, repeats.models, around)
        wider = await widened(conn, repeats.blinding, look, found.candidates, sight)
        if wider is not look:
            look = wider
            found = await to_thread(weighed, asked, look.found, repeats.models, around)
        open_ones = [c for c in found.candidates if c.case_id not in look.settled]
        candidates = open_ones[:MOST]
        appeals = [
            case
            for case in {c.case_id for c in candidates} | look.repeated
            if case in look.cases and look.cases[case].kind == CaseKind.APPEAL
        ]
        groups = await groups_of(conn, appeals, on=arrived_on, sight=sight)
    seen = {one for group in groups.values() for one in group.members}
    groups = {case: _without(appeal, group, arrived_on) for case, group in groups.items()}
    decided = [verdict for verdict in look.verdicts if verdict.case_id in look.cases]
    shown = {c.case_id for c in candidates} | {v.case_id for v in decided} | seen
    await record(
        request,
        Action.REPEATS_READ,
        cases=sorted(shown | ({appeal} if appeal else set())),
        position=look.position,
    )
    words = repeats.words(language_of(request, LANGUAGES))
    advice = advised(
        asked,
        candidates,
        {case: row for case, row in look.cases.items() if _came_before(row, arrived)},
        {case: _within_year(group, arrived_on) for case, group in groups.items()},
        repeated=look.repeated,
        arrived_on=arrived_on,
        limited=look.limited,
    )
    return RepeatCandidates(
        candidates=[
            _candidate(caller, each, look.cases[each.case_id], arrived, groups, words)
            for each in candidates
        ],
        decided=[
            Decided(
                case_id=verdict.case_id,
                number=look.cases[verdict.case_id].number,
                later=verdict.later,
                verdict=verdict.verdict,
                decided_by=verdict.decided_by,
            )
            for verdict in decided
        ],
        groups=_told_groups(groups),
        advice=[ToldAdvice(code=code, text=words[code], cases=of) for code, of in advice],
        more=look.cut
        or found.cut
        or len(open_ones) > MOST
        or any(group.more for group in groups.values()),
        model=repeats.models.name,
        position=look.position,
    )


def _without(appeal: UUID | None, group: Group, arrived_on: date) -> Group:
    """The group with the answers that an appeal of that day finds: its own isn't one of them."""
    answers = [answer for answer in group.answers if answer.case_id != appeal]
    return replace(group, answers=answers, in_year=counted(answers, arrived_on))


def _within_year(group: Group, arrived_on: date) -> list[UUID]:
    return [each.case_id for each in group.answers if counted([each], arrived_on)]


def _told_groups(groups: Mapping[UUID, Group]) -> list[AnsweredGroup]:
    """Each group once, of those that have had an answer or more than one appeal."""
    told = {tuple(group.members): group for group in groups.values()}
    return [
        AnsweredGroup(
            members=group.members,
            answers=group.answers,
            in_year=group.in_year,
            needed=ANSWERS_NEEDED,
        )
        for group in told.values()
        if group.answers or len(group.members) > 1
    ]


def _came_before(row: FoundCase, arrived: Arrived) -> bool:
    received_at, number = arrived
    if number is None:
        return row.received_at <= received_at
    return arrival(row.received_at, RegistrationNumber.told(row.number)) < arrival(
        received_at, number
    )


def _candidate(
    caller: Caller,
    candidate: Candidate,
    row: FoundCase,
    arrived: Arrived,
    groups: Mapping[UUID, Group],
    words: Mapping[str, str],
) -> RepeatCandidate:
    kind, somebody = CaseKind(row.kind), candidate.person
    shown = fields_shown(caller, kind, row.workers)
    group = groups.get(candidate.case_id)
    return RepeatCandidate(
        case_id=candidate.case_id,
        kind=row.kind,
        number=row.number,
        state=row.state,
        open=row.open,
        earlier=_came_before(row, arrived),
        received_at=row.received_at,
        registered_on=row.registered_on,
        due_on=row.due_on,
        result=row.result,
        topic=row.topic,
        region=row.region,
        unit=row.unit,
        subject=text_shown(caller, kind, row.workers, row.subject),
        person=SamePerson(
            person_id=None if somebody.person_id == candidate.case_id else somebody.person_id,
            part=somebody.part,
            known=somebody.known,
            alike=_alike(somebody.likeness, shown, words),
        )
        if somebody
        else None,
        matter=_alike(candidate.matter, shown, words) if candidate.matter else None,
        in_year=group.in_year if group else 0,
    )


def _alike(likeness: Likeness, shown: Fields, words: Mapping[str, str]) -> Alike:
    likeness = shown_to(likeness, shown)
    return Alike(
        score=likeness.score,
        joined=likeness.joined,
        probable=likeness.probable,
        against=likeness.against or None,
        against_text=words.get(f"against-{likeness.against}"),
        reasons=[
            Why(code=reason.code, weight=reason.weight, text=words.get(reason.code, reason.code))
            for reason in likeness.reasons
        ],
    )
