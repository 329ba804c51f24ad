"""Time in the demo: cases go on through working days and office hours until today comes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Self, TypeVar
from uuid import UUID, uuid5

from msgspec import Struct

from application.caller import Caller
from application.demo_cast import Citizens
from application.orders import Order
from domain.case import CaseKind, Command, Person
from domain.due import Terms

HOURS = (9, 10, 11, 14, 15, 16)
"""When the agency acts: once in each of these hours, on all cases that are due for it."""

Choice = TypeVar("Choice")


class TodayReached(Exception):
    """What follows would lie in the future: the case stays as it stands."""


class Entered(Struct, frozen=True):
    """Somebody who was registered, in which case and when."""

    person: Person
    case_id: UUID
    at: datetime


class Planned(Struct, frozen=True):
    """An order and the moment it is given; those of one moment go together."""

    at: datetime
    order: Order


def ids_of(seed: int, today: date) -> UUID:
    """What the ids of this demo derive from."""
    return uuid5(UUID(int=seed), f"karguzar-demo/{today}")


class Diary:
    """All that is planned, and what planning needs. Nothing in it is drawn but from the seed."""

    def __init__(self, *, seed: int, today: date, terms: Terms) -> None:
        self.ids = ids_of(seed, today)
        self.chance = Random(f"{seed}/{today}")  # noqa: S311 - repeatable, not secret
        self.citizens = Citizens(self.chance, self.ids, today)
        self.today = today
        self.terms = terms
        self.calendar = terms.calendar
        self.time_zone = terms.time_zone
        self.ends_at = datetime.combine(today, time(0), terms.time_zone)
        self.planned: list[Planned] = []
        self.returns = 0
        self.entered: list[Entered] = []
        self.begun: dict[CaseKind, int] = dict.fromkeys(CaseKind, 0)

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        return self.chance.choice(choices)

    def drawn(self, weights: Mapping[Choice, int]) -> Choice:
        [drawn] = self.chance.choices(list(weights), list(weights.values()))
        return drawn

    def new_case(self, kind: CaseKind) -> UUID:
        self.begun[kind] += 1
        return uuid5(self.ids, f"{kind}/{self.begun[kind]}")

    def enter(self, person: Person, story: "Story") -> None:
        self.entered.append(Entered(person, story.case_id, story.at))

    def moment(self, day: date, hour: int) -> datetime:
        """The moment within this hour at which the whole agency acts."""
        within = Random(f"{self.ids}/{day}/{hour}").randrange(120, 3480)  # noqa: S311
        return datetime.combine(day, time(hour), self.time_zone) + timedelta(seconds=within)


class Story:
    """One case on its way: its clock, and the orders given for it.

    ``long_ago``: nothing of it is left undone or forgotten.
    """

    hours: Sequence[int] = HOURS
    long_ago = False

    def __init__(self, diary: Diary, kind: CaseKind, at: datetime, case_id: UUID) -> None:
        self.diary = diary
        self.kind = kind
        self.at = at
        self.case_id = case_id
        self._given = 0

    @property
    def today(self) -> date:
        return self.at.date()

    def another(self, kind: CaseKind, case_id: UUID) -> Self:
        """A case that begins now, and goes on as this one does."""
        return type(self)(self.diary, kind, self.at, case_id)

    def wait(self, working_days: int = 0) -> None:
        """To another hour: a later one of the same day, or any of the day that many on."""
        diary = self.diary
        day = self.today
        if working_days == 0:
            if later := [hour for hour in self.hours if hour > self.at.hour]:
                self.at = diary.moment(day, diary.one_of(later[:2]))
                return
            working_days = 1
        day = diary.calendar.add_working_days(day, working_days)
        self.at = diary.moment(day, diary.one_of(self.hours))

    def order(self, command: Command, by: Caller) -> Order:
        """Give the command now. Raises TodayReached when now isn't past."""
        if self.at >= self.diary.ends_at:
            raise TodayReached
        self._given += 1
        command_id = uuid5(self.case_id, f"{self._given}/{type(command).__name__}")
        order = Order(
            kind=self.kind, case_id=self.case_id, command=command, by=by, command_id=command_id
        )
        self.diary.planned.append(Planned(self.at, order))
        return order


class OldStory(Story):
    """A case of the year before. On those the agency acts twice a day: that is fewer commits."""

    hours = (10, 15)
    long_ago = True
