"""The demo's assignments: carried out, returned, extended, passed on, late or cancelled."""

from datetime import date

from application.caller import Caller, Role
from application.demo_cast import SAYINGS, caller, executors
from application.demo_story import Diary, Story, TodayReached
from domain.assignment import (
    AcceptAssignment,
    AcceptResult,
    AskForExtension,
    CancelAssignment,
    CoExecutor,
    ContributeToAssignment,
    DelegateAssignment,
    GiveAssignment,
    GrantExtension,
    ReassignAssignment,
    RefuseExtension,
    RejectAssignment,
    ReportProgress,
    ReturnResult,
    Source,
    SubmitResult,
)
from domain.control import TakeOffControl

_UNITS = ("pensions", "social-aid", "disability", "employment", "health-insurance", "centres")
_FATES = (
    "fulfilled", "fulfilled", "fulfilled", "fulfilled", "returned", "extended", "refused",
    "delegated", "rejected", "cancelled", "late", "neglected",
)  # fmt: skip


def tell_assignment(diary: Diary, story: Story) -> None:
    """An assignment that a meeting or a higher body led to."""
    author = caller(diary.one_of(("chair", "deputy-chair")), Role.SIGNATORY)
    unit = diary.one_of(_UNITS)
    first, second = executors(unit)
    executor = caller(first, Role.EXECUTOR)
    due_on = diary.calendar.add_working_days(story.today, diary.one_of((5, 10, 15, 20)))
    helper = CoExecutor(official=second, unit=unit, due_on=due_on)
    helped = diary.happens(0.25)
    higher = diary.happens(0.2)
    controlled = higher or diary.happens(0.5)
    try:
        story.order(
            GiveAssignment(
                source=Source.HIGHER_BODY if higher else Source.MEETING,
                source_reference=f"Protokol № {diary.chance.randint(1, 60)}",
                text=diary.one_of(SAYINGS.meeting_assignments),
                unit=unit,
                main_executor=first,
                co_executors=(helper,) if helped else (),
                due_on=due_on,
                under_control=controlled,
            ),
            author,
        )
    except TodayReached:
        return
    carry_on(
        diary,
        Given(story, author, executor, due_on, second if helped else None, controlled=controlled),
    )


def carry_on(diary: Diary, given: "Given") -> None:
    """What becomes of an assignment once it was given."""
    fate = diary.one_of(_FATES[:-1] if given.story.long_ago else _FATES)
    try:
        _execute(given, fate)
    except TodayReached:
        return


class Given:
    """An assignment that was given, and the officials it concerns."""

    def __init__(
        self,
        story: Story,
        author: Caller,
        executor: Caller,
        due_on: date,
        helper: str | None = None,
        *,
        controlled: bool,
    ) -> None:
        self.diary = story.diary
        self.story = story
        self.controlled = controlled
        self.author = author
        self.executor = executor
        self.due_on = due_on
        self.helper = helper

    def pass_on(self) -> None:
        others = [
            official
            for official in executors(self.executor.actor.unit)
            if official not in (self.executor.actor.official, self.helper)
        ]
        unit = self.executor.actor.unit
        other = others[0] if others else f"{unit}-head"
        self.executor = caller(other, Role.EXECUTOR)

    def accept(self) -> None:
        self.story.wait(self.diary.chance.randint(0, 1))
        self.story.order(AcceptAssignment(), self.executor)

    def ask_for_more_time(self) -> date:
        self.story.wait(3)
        later = self.diary.calendar.add_working_days(max(self.due_on, self.story.today), 5)
        reason = "Məlumatların toplanması uzanır."
        self.story.order(AskForExtension(reason=reason, due_on=later), self.executor)
        self.story.wait(1)
        return later

    def submit(self, working_days: int) -> None:
        diary, story = self.diary, self.story
        story.wait(max(working_days // 2, 1))
        percent = diary.one_of((30, 50, 70))
        progress = ReportProgress(text=diary.one_of(SAYINGS.progress), percent=percent)
        story.order(progress, self.executor)
        if self.helper:
            story.wait()
            part = ContributeToAssignment(text=diary.one_of(SAYINGS.progress))
            story.order(part, caller(self.helper, Role.EXECUTOR))
        story.wait(max(working_days // 2, 1))
        story.order(SubmitResult(text=diary.one_of(SAYINGS.results)), self.executor)
        story.wait(diary.chance.randint(0, 2))


def _execute(given: Given, fate: str) -> None:
    diary, story, author = given.diary, given.story, given.author
    if fate == "cancelled":
        story.wait(2)
        story.order(CancelAssignment(reason="Zərurət qalmayıb."), author)
        return
    if fate == "rejected":
        story.wait()
        reason = "Məsələ başqa əməkdaşın vəzifəsinə aiddir."
        story.order(RejectAssignment(reason=reason), given.executor)
        story.wait(1)
        given.pass_on()
        given.helper = None
        actor = given.executor.actor
        reason = "İcraçı dəyişdirilir."
        story.order(
            ReassignAssignment(reason=reason, unit=actor.unit, main_executor=actor.official),
            author,
        )
    given.accept()
    days = 2
    match fate:
        case "delegated":
            story.wait()
            before = given.executor
            given.pass_on()
            actor = given.executor.actor
            reason = "Məzuniyyətlə əlaqədar."
            story.order(
                DelegateAssignment(reason=reason, unit=actor.unit, main_executor=actor.official),
                before,
            )
            given.accept()
        case "extended":
            given.due_on = given.ask_for_more_time()
            story.order(GrantExtension(), author)
        case "refused":
            given.ask_for_more_time()
            story.order(RefuseExtension(reason="Müddət kifayətdir."), author)
        case "late":
            days = 24
        case "neglected":
            return
    given.submit(days)
    if fate == "returned":
        story.order(ReturnResult(reason="Arayış rəqəmlərlə tamamlansın."), author)
        given.submit(2)
    story.order(AcceptResult(), author)
    if given.controlled and diary.happens(0.9):
        story.wait()
        story.order(TakeOffControl(reason="Tapşırıq icra olunub."), author)
