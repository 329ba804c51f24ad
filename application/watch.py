"""Which notices a running clock needs on a day, and who is told: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from application.caller import Caller, Role
from application.orders import Order
from domain.calendar import WorkingCalendar
from domain.case import Actor, CaseKind
from domain.ladder import Ladder, Step, clock_name
from domain.notice import EXECUTOR, GiveDeadlineNotice, Recipient, Stage

OFFICIAL = "clock-watch"
CLIENT = "karguzar-watch"
_NOTICES = UUID("6d0f6f0e-5d5c-5b0a-9a53-0f7f0d7c3a61")
"""The ids of the commands derive from it and from what makes a notice one and the same."""


class RunningClock(Protocol):
    """A clock that somebody has to meet, with what tells who works on its case.

    ``unit`` and ``official`` have to meet this clock; of information that was asked they are
    those asked, and None where that is another body. ``case_unit`` and ``executors`` have the
    case; ``home`` registered it.
    """

    @property
    def case_id(self) -> UUID: ...
    @property
    def clock(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def official(self) -> str | None: ...
    @property
    def home(self) -> str: ...
    @property
    def case_unit(self) -> str: ...
    @property
    def executors(self) -> Sequence[str]: ...
    @property
    def controller(self) -> str | None: ...


class Heads(Struct, frozen=True, kw_only=True):
    """Who heads each unit, which unit is above it, and who leads the department."""

    heads: Mapping[str, str]
    parents: Mapping[str, str | None]
    leaders: tuple[str, ...]

    def over(self, unit: str | None, *, besides: str | None = None) -> str | None:
        """The head of the unit, or of the nearest one above that has one *besides* this one."""
        while unit is not None:
            head = self.heads.get(unit)
            if head is not None and head != besides:
                return head
            unit = self.parents.get(unit)
        return None


def horizon(ladder: Ladder, today: date, calendar: WorkingCalendar) -> date:
    """The latest due date that any step of the ladder reaches on this day."""
    furthest = max((step.working_days for step in ladder), default=0)
    return calendar.add_working_days(today, max(furthest, 0) + 1) - timedelta(days=1)


def steps_reached(
    ladder: Ladder, clock: str, due_on: date, today: date, calendar: WorkingCalendar
) -> list[tuple[Step, int]]:
    """Of each stage the latest step that holds on this day, with the working days left.

    A warning holds only before the due date, "due today" only on it. Raises CalendarMissing.
    """
    left = calendar.working_days_between(today, due_on)
    latest: dict[Stage, Step] = {}
    for step in sorted(ladder, key=lambda step: -step.working_days):
        if clock_name(clock) in step.clocks and _holds(step, due_on, today, left):
            latest[step.stage] = step
    return [(step, left) for step in latest.values()]


def _holds(step: Step, due_on: date, today: date, left: int) -> bool:
    match step.stage:
        case Stage.APPROACHING:
            return today < due_on and left <= step.working_days
        case Stage.DUE_TODAY:
            return today == due_on
        case Stage.OVERDUE | Stage.ESCALATED | Stage.CHASED:
            return today > due_on and left <= step.working_days


def recipients(step: Step, clock: RunningClock, heads: Heads) -> tuple[Recipient, ...]:
    """Each official once, in the role that comes first in the step; none where nobody is known."""
    told: dict[str, Recipient] = {}
    for role in step.to:
        for official in _in_role(role, clock, heads):
            told.setdefault(official, Recipient(official=official, role=role))
    return tuple(told.values())


def _in_role(role: str, clock: RunningClock, heads: Heads) -> Iterator[str]:
    asked = clock_name(clock.clock) == "information"
    unit = clock.case_unit if asked else clock.unit or clock.home
    executor = _executor(clock)
    found: Iterable[str | None] = ()
    match role:
        case "executor":
            # What is not yet in anybody's hands is in those of the unit's head.
            found = [executor or heads.over(unit)]
        case "unit-head":
            found = [heads.over(unit, besides=executor)]
        case "controller":
            found = [clock.controller]
        case "leader":
            found = heads.leaders
        case "asked-unit":
            # Another body can't be told by us: whoever asked it has to.
            found = [clock.official or heads.over(clock.unit) if clock.unit else executor]
    return (official for official in found if official is not None)


def order_for(
    step: Step, left: int, clock: RunningClock, told: tuple[Recipient, ...], command_id: UUID
) -> Order:
    actor = Actor(official=OFFICIAL, unit=clock.home, client=CLIENT)
    return Order(
        kind=CaseKind(clock.kind),
        case_id=clock.case_id,
        command=GiveDeadlineNotice(
            clock=clock.clock,
            stage=step.stage,
            step=step.name,
            due_on=clock.due_on,
            working_days_left=left,
            recipients=told,
        ),
        by=Caller(actor, frozenset({Role.SYSTEM})),
        command_id=command_id,
    )


def notice_id(clock: RunningClock, step: Step) -> UUID:
    """The id of the command that gives this notice, the same on each day it may be given.

    Where the executor is told, another executor is told anew.
    """
    executor = _executor(clock) if EXECUTOR in step.to else None
    parts = [clock.case_id, clock.clock, clock.due_on, step.name, *filter(None, [executor])]
    return uuid5(_NOTICES, "/".join(map(str, parts)))


def _executor(clock: RunningClock) -> str | None:
    asked = clock_name(clock.clock) == "information"
    return next(iter(clock.executors), None) if asked else clock.official
