"""The demo's reception sessions, with what is assigned and taken in at them."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec.structs import replace

from application.caller import Role
from application.demo_appeals import new_appeal, tell_taken_in
from application.demo_assignments import Given, carry_on
from application.demo_cast import SAYINGS, Citizen, caller, executors
from application.demo_story import Diary, Story, TodayReached
from application.orders import derived_id
from domain import appeal, assignment
from domain.appeal import AppealKind
from domain.applicant import Individual
from domain.reception import (
    KIND,
    AnswerOrally,
    CallVisitor,
    CancelReception,
    CloseReception,
    CompleteVisit,
    DeclineVisit,
    EstablishCompetence,
    GiveAssignmentAtHearing,
    NameDeputy,
    OpenReception,
    PlanReception,
    PostponeReception,
    RateVisit,
    ReceptionForm,
    RecordArrival,
    RecordNoShow,
    ReferVisitor,
    RegisterVisit,
    StartHearing,
    TakeInWrittenAppeal,
)

_FORMS = (ReceptionForm.IN_PERSON, ReceptionForm.IN_PERSON, ReceptionForm.VIDEO)
_OUTCOMES = (
    "answered", "answered", "assigned", "assigned", "assigned", "written", "written",
    "declined", "referred", "no-show",
)  # fmt: skip
_PLANNED_AHEAD = 8


def tell_reception(diary: Diary, day: date, story_type: type[Story] = Story) -> int:
    """A reception on that working day; how many cases it took, with those that spring from it."""
    announced_on, ahead = day, 0
    while ahead < _PLANNED_AHEAD:
        announced_on -= timedelta(days=1)
        ahead += diary.calendar.is_working_day(announced_on)
    case_id = diary.new_case(KIND)
    story = story_type(diary, KIND, diary.moment(announced_on, 10), case_id)
    session = _Session(diary, story, day)
    with suppress(TodayReached):
        session.hold()
    return 1 + session.sprung


class _Session:
    def __init__(self, diary: Diary, story: Story, day: date) -> None:
        self.diary = diary
        self.story = story
        self.day = day
        self.clerk = caller(
            diary.one_of(("reception-clerk-1", "reception-clerk-2")), Role.RECEPTION_CLERK
        )
        self.receiving = diary.one_of(("chair", "deputy-chair"))
        self.sprung = 0

    def hold(self) -> None:
        story, diary = self.story, self.diary
        self._plan()
        story.wait(2)
        booked = [self._book() for _ in range(diary.chance.randint(2, 4))]
        if diary.happens(0.06):
            story.order(CancelReception(reason="Rəhbərin xidməti ezamiyyəti."), self.clerk)
            return
        if diary.happens(0.06):
            self.day = diary.calendar.add_working_days(self.day, 3)
            reason = "Sessiya günü dəyişdirilib."
            story.order(
                PostponeReception(starts_at=self._at(10), ends_at=self._at(17), reason=reason),
                self.clerk,
            )
        if diary.happens(0.15):
            self.receiving = "deputy-chair" if self.receiving == "chair" else "chair"
            story.order(NameDeputy(deputy=self.receiving, reason="Əvəz edir."), self.clerk)
        story.at = self._at(10)
        story.order(OpenReception(), self.clerk)
        for visit_id, citizen in booked:
            self._pass(5)
            if not diary.happens(0.1):
                story.order(RecordArrival(visit_id=visit_id), self.clerk)
                self._receive(visit_id, citizen)
            else:
                story.order(RecordNoShow(visit_id=visit_id), self.clerk)
        for _ in range(diary.chance.randint(1, 4)):
            self._pass(10)
            citizen = diary.citizens.draw()
            self._receive(self._enter(citizen, booked=False), citizen)
        self._pass(10)
        story.order(CloseReception(), self.clerk)

    def _plan(self) -> None:
        diary = self.diary
        self.story.order(
            PlanReception(
                official=self.receiving,
                unit="citizens-reception",
                starts_at=self._at(10),
                ends_at=self._at(17),
                place=diary.one_of(SAYINGS.places),
                form=diary.one_of(_FORMS),
                quota=15,
            ),
            self.clerk,
        )

    def _at(self, hour: int) -> datetime:
        return datetime.combine(self.day, time(hour), self.diary.time_zone)

    def _pass(self, minutes: int) -> None:
        self.story.at += timedelta(minutes=minutes)

    def _book(self) -> tuple[UUID, Citizen]:
        citizen = self.diary.citizens.draw()
        return self._enter(citizen, booked=True), citizen

    def _enter(self, citizen: Citizen, *, booked: bool) -> UUID:
        written = new_appeal(self.diary, self.story)
        registered = self.story.order(
            RegisterVisit(
                visitor=citizen.person,
                matter=written.matter.subject,
                topic=written.matter.topic,
                booked=booked,
                region=citizen.place.region,
                social_category=citizen.category,
            ),
            self.clerk,
        )
        return derived_id(registered, "visit")

    def _receive(self, visit_id: UUID, citizen: Citizen) -> None:
        diary, story = self.diary, self.story
        outcome = diary.one_of(_OUTCOMES)
        matter = new_appeal(diary, story).matter
        competence = (
            EstablishCompetence(visit_id=visit_id, body="Bakı Şəhər İcra Hakimiyyəti")
            if outcome == "referred"
            else EstablishCompetence(visit_id=visit_id, unit=matter.unit)
        )
        story.order(competence, self.clerk)
        if outcome == "declined":
            explanation = diary.one_of(SAYINGS.explanations)
            story.order(DeclineVisit(visit_id=visit_id, explanation=explanation), self.clerk)
            return
        self._pass(5 * diary.chance.randint(1, 3))
        story.order(CallVisitor(visit_id=visit_id), self.clerk)
        if outcome == "no-show":
            self._pass(5)
            story.order(RecordNoShow(visit_id=visit_id), self.clerk)
            return
        story.order(StartHearing(visit_id=visit_id), self.clerk)
        self._pass(5 * diary.chance.randint(1, 4))
        match outcome:
            case "answered":
                answer = diary.one_of(SAYINGS.answers)
                story.order(
                    AnswerOrally(visit_id=visit_id, answer=answer, consent=True), self.clerk
                )
            case "referred":
                body = "Bakı Şəhər İcra Hakimiyyəti"
                story.order(ReferVisitor(visit_id=visit_id, body=body), self.clerk)
            case "assigned":
                self._assign(visit_id, matter.unit)
                story.order(CompleteVisit(visit_id=visit_id), self.clerk)
            case _:
                self._take_in(visit_id, citizen)
                story.order(CompleteVisit(visit_id=visit_id), self.clerk)
        if diary.happens(0.4):
            comment = diary.one_of(SAYINGS.comments) if diary.happens(0.5) else None
            rating = diary.one_of((3, 4, 4, 5, 5, 5))
            story.order(RateVisit(visit_id=visit_id, rating=rating, comment=comment), self.clerk)

    def _assign(self, visit_id: UUID, unit: str) -> None:
        diary, story = self.diary, self.story
        author = caller(self.receiving, Role.SIGNATORY)
        executor = diary.one_of(executors(unit))
        days = diary.one_of((5, 10, 15))
        due_on = diary.calendar.add_working_days(story.today, days)
        controlled = diary.happens(0.7)
        given = story.order(
            GiveAssignmentAtHearing(
                visit_id=visit_id,
                text=diary.one_of(SAYINGS.hearing_assignments),
                unit=unit,
                main_executor=executor,
                due_on=due_on,
                under_control=controlled,
            ),
            author,
        )
        self.sprung += 1
        following = story.another(assignment.KIND, derived_id(given, "assignment"))
        carry_on(
            diary,
            Given(
                following,
                author,
                caller(executor, Role.EXECUTOR),
                due_on,
                controlled=controlled,
            ),
        )

    def _take_in(self, visit_id: UUID, citizen: Citizen) -> None:
        diary, story = self.diary, self.story
        written = replace(
            new_appeal(diary, story),
            citizen=citizen,
            applicant=Individual(person=citizen.person),
            anonymous=False,
        )
        taken_in = story.order(
            TakeInWrittenAppeal(
                visit_id=visit_id,
                applicant=citizen.person,
                kind=AppealKind(written.matter.kind),
                topic=written.matter.topic,
                subject=written.matter.subject,
                text=written.text,
            ),
            self.clerk,
        )
        self.sprung += 1
        following = story.another(appeal.KIND, derived_id(taken_in, "appeal"))
        tell_taken_in(diary, following, written)
