"""Why a date: the clocks of a case with their working, and any term without a case."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from api.access_records import Action, record
from api.as_of import AsKnown, AsOf, as_of
from api.cases import opened_case
from api.language import language_of
from api.lists import Word
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import WaitFor, wait
from api.working import Question, Target, Working, answer_to, notified, targets_beside
from application.access import Forbidden, sees_personal
from domain.calendar import CalendarMissing, WorkingCalendar
from domain.case import Refusal
from domain.deadline import Granted, Reading, Restart, compute
from domain.due import CHOSEN, Due, Terms
from domain.rule import Certainty, RuleNotInForce, UnknownRule
from domain.term import END_OF_DAY, Pause
from projections.clocks import Clock, Move, clocks_of
from projections.deadline_telling import LANGUAGES, ToldStep, tell_due, told_steps

Extensions = Annotated[
    list[int] | None,
    QueryParameter(
        name="extend",
        description="An extension's length, in its rule's unit; more than one may be given",
        max_items=20,
    ),
]
Pauses = Annotated[
    list[str] | None,
    QueryParameter(
        name="pause",
        description="GROUND:FROM:TO, dates; TO is the first day that counts again",
        max_items=20,
    ),
]
From = Annotated[
    str,
    QueryParameter(
        name="from",
        max_length=40,
        description="The date, or the instant, that the term runs from: 2025-06-02",
    ),
]
KnownOn = Annotated[
    date | None,
    QueryParameter(description="Only what had been announced by that day holds"),
]


class ClockWorking(Struct, kw_only=True):
    """A clock of a case, and why it is due on that day.

    ``due`` is the day as recorded, by the calendar of ``calendar_version``. Where that calendar
    isn't known any more, ``calendar_known`` is false: the working is by today's calendar, and
    ``due_now`` is the day that it gives, where it is another. ``paused`` is the pause in which
    the clock stands still. ``moved`` are the days that calendar decisions moved. What an
    official or a letter set has no working; an hour without a rule has no rule either.
    """

    clock: str
    running: bool
    paused: Pause | None
    met_on: date | None
    unit: str | None
    official: str | None
    due: date
    due_at: datetime
    due_now: date | None
    rule: str | None
    rule_version: str | None
    calendar_version: str | None
    calendar_known: bool
    since: date | None
    office_closes_at: datetime | None
    source: str | None
    certainty: Certainty | None
    estimated: bool
    notify: tuple[str, ...]
    readings: tuple[Reading, ...]
    targets: tuple[Target, ...]
    extensions: tuple[Granted, ...]
    pauses: tuple[Pause, ...]
    restarts: tuple[Restart, ...]
    moved: tuple[Move, ...]
    steps: tuple[ToldStep, ...]
    text: str


class Deadlines(Struct, kw_only=True):
    """The clocks of one case as it stands at ``position``, the earliest due first."""

    id: UUID
    position: int
    clocks: list[ClockWorking]
    as_of: AsOf | None


@get(
    "/cases/{case_id:uuid}/deadlines",
    operation_id="cases.deadlines",
    tags=["cases"],
    summary="Every due date of the case, and why it is that day",
    responses=answers(Deadlines, 400, 401, 403, 404, 422, 503),
)
async def case_deadlines(
    request: AppRequest, case_id: UUID, known: AsKnown = None, wait_for: WaitFor = None
) -> Deadlines:
    register = register_of(request)
    await wait(register, wait_for, "due_dates")
    at = await as_of(register, known) if known is not None else None
    position, events, _ = await opened_case(register, caller_of(request), case_id, at)
    await record(request, Action.DEADLINES_READ, cases=[case_id], position=position)
    language = language_of(request, LANGUAGES)
    terms = register.desk.terms

    def told() -> list[ClockWorking]:
        return [explained(each, terms, register.calendar, language) for each in clocks_of(events)]

    clocks = await to_thread(told)
    return Deadlines(id=case_id, position=position, clocks=clocks, as_of=at)


@get(
    "/deadlines/compute",
    operation_id="deadlines.compute",
    tags=["deadlines"],
    summary="A due date by a rule, with its working; no case is looked at",
    responses=answers(Working, 400, 401, 403, 409, 422, 503),
)
async def compute_deadline(
    request: AppRequest,
    *,
    rule: Annotated[str, QueryParameter(max_length=64, description="A rule's id: az-a-gen")],
    start: From,
    extend: Extensions = None,
    decided_on: date | None = None,
    pause: Pauses = None,
    org: Word = None,
    as_known_on: KnownOn = None,
) -> Working:
    register = register_of(request)
    if not sees_personal(caller_of(request)):
        raise Forbidden("Due dates are for those who see cases")
    question = Question(
        rule=rule,
        start=start,
        extensions=tuple(extend or ()),
        decided_on=decided_on,
        pauses=tuple(pause or ()),
    )
    language = language_of(request, LANGUAGES)

    def answer() -> Working:
        return answer_to(question, register.terms(org, as_known_on), language)

    return await to_thread(answer)


ROUTES: list[Any] = [case_deadlines, compute_deadline]


def explained(
    clock: Clock,
    terms: Terms,
    calendar_of: Callable[[str], WorkingCalendar | None],
    language: str,
) -> ClockWorking:
    """The clock with its working, by the calendar that gave its date if *calendar_of* has it."""
    due, row = clock.due, clock.row
    calendar = calendar_of(due.calendar_version) if due and due.since else None
    at = (due.at if due else None) or row.due_at or _end_of(row.due_on, terms.time_zone)
    bare = partial(
        ClockWorking,
        clock=row.clock,
        running=row.running,
        paused=due.paused if due else None,
        met_on=row.met_on,
        unit=row.unit,
        official=row.official,
        due=row.due_on,
        due_at=at.astimezone(terms.time_zone),
        due_now=None,
        rule=row.rule,
        rule_version=row.rule_version,
        calendar_version=row.calendar_version,
        calendar_known=calendar is not None or due is None or due.rule == CHOSEN,
        since=row.since,
        extensions=due.granted if due else (),
        pauses=due.pauses if due else (),
        restarts=due.restarts if due else (),
        moved=clock.moved,
    )
    if due and (start := due.since_at or due.since):
        try:
            return _with_working(bare, due, start, _by(terms, calendar), language)
        except (UnknownRule, RuleNotInForce, CalendarMissing, Refusal):
            # The rule or the years it runs through are no longer kept: the date stands as it is.
            pass
    return bare(
        office_closes_at=None,
        source=None,
        certainty=None,
        estimated=False,
        notify=(),
        readings=(),
        targets=(),
        steps=(),
        text=tell_due(at.astimezone(terms.time_zone), language),
    )


def _with_working(
    bare: "partial[ClockWorking]", due: Due, start: date | datetime, terms: Terms, language: str
) -> ClockWorking:
    version = terms.rulebook.version(due.rule, due.rule_version)
    deadline = compute(
        version,
        start,
        terms.calendar,
        terms.time_zone,
        extensions=due.granted,
        recorded=len(due.granted),
        pauses=[pause for pause in due.pauses if pause.to_date],
        restarts=due.restarts,
        rulebook=terms.rulebook,
    )
    # A term that stands still has its day from before the pause: nothing can be said against it.
    same = deadline.due == due.on or due.paused is not None
    found = bare(
        office_closes_at=deadline.office_closes_at if same else None,
        source=deadline.source,
        certainty=deadline.certainty,
        estimated=deadline.estimated,
        notify=notified(version, due.granted),
        readings=deadline.readings,
        targets=targets_beside(deadline, start, terms),
        steps=told_steps(deadline.steps, deadline.jurisdiction, language),
        text="",
    )
    at = deadline.due_at if same and due.at is None else found.due_at
    return replace(
        found,
        due_at=at,
        due_now=None if same else deadline.due,
        text=tell_due(at, language),
    )


def _by(terms: Terms, calendar: WorkingCalendar | None) -> Terms:
    return replace(terms, calendar=calendar) if calendar else terms


def _end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, END_OF_DAY, zone).astimezone(UTC)
