"""Given what has happened, when a command comes, then these events or this refusal follow."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.calendar import DayKind, DayMark, WorkingCalendar
from domain.case import Actor, Command, Context, Event, Refusal, RegistrationNumber
from domain.due import Terms
from infra.rulebook import rulebook

CASE = UUID("00000000-0000-7000-8000-000000000001")
COMMAND = UUID("00000000-0000-7000-8000-0000000000c1")
BAKU = ZoneInfo("Asia/Baku")
NOON = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
"""Monday 6 April 2026, noon in Baku."""

PLAIN_CALENDAR = WorkingCalendar(
    jurisdiction="az", version="plain", first=date(2020, 1, 1), last=date(2030, 12, 31)
)
"""Monday to Friday, no holidays: dates in the tests can be counted by hand."""
PLAIN_TERMS = Terms(rulebook=rulebook("az"), calendar=PLAIN_CALENDAR, time_zone=BAKU)
TERMS_WITH_A_HOLIDAY = replace(
    PLAIN_TERMS,
    calendar=PLAIN_CALENDAR.with_marks(
        [DayMark(on=date(2026, 4, 8), kind=DayKind.OFF, reason="decided", act="Decision 1")]
    ),
)
"""The same after Wednesday 8 April 2026 was declared a day off."""


def official(name: str, unit: str = "records", on_behalf_of: str | None = None) -> Actor:
    return Actor(official=name, unit=unit, client="tests", on_behalf_of=on_behalf_of)


CLERK = official("clerk")


def context(by: Actor = CLERK, at: datetime = NOON, case_id: UUID = CASE) -> Context:
    return Context(
        by=by,
        at=at,
        today=at.astimezone(BAKU).date(),
        case_id=case_id,
        terms=PLAIN_TERMS,
        derive_id=lambda what: uuid5(COMMAND, what),
        next_number=lambda book, year: RegistrationNumber(book=book, year=year, sequence=7),
        leads=True,
    )


class Spec:
    """One scenario over an aggregate's ``decide`` and ``evolve``."""

    def __init__(
        self, decide: Callable[..., list[Event]], evolve: Callable[..., Any], *events: Event
    ) -> None:
        self._decide, self._evolve = decide, evolve
        self._events = list(events)
        self._command: Command | None = None
        self._context = context()

    def given(self, *events: Event) -> Self:
        self._events.extend(events)
        return self

    @property
    def state(self) -> Any:
        state = None
        for event in self._events:
            state = self._evolve(state, event)
        return state

    def when(
        self,
        command: Command,
        by: Actor = CLERK,
        *,
        at: datetime | None = None,
        days_later: int = 0,
    ) -> Self:
        self._command = command
        self._context = context(by, (at or NOON) + timedelta(days=days_later))
        return self

    def happens(self) -> list[Event]:
        assert self._command is not None
        return self._decide(self._command, self.state, self._context)

    def then(self, *expected: Event) -> None:
        events = self.happens()
        assert events == list(expected)
        for event in events:
            self._events.append(event)
        assert self.state is not None, "the events that follow can be evolved"

    def refused(self, refusal: type[Refusal]) -> None:
        with pytest.raises(Refusal) as raised:
            self.happens()
        assert raised.type is refusal
