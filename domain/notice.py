"""Notices on the running clocks of a case: approaching, due today, overdue, escalated, chased."""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from domain.case import Code, Command, Event, NotFitting, OfficialId, Refusal, Value

Clock = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Given = frozenset[tuple[str, date, str, str]]
"""Clock, due date, step and official of the notices that a case has had."""
NONE_GIVEN: Given = frozenset()
EXECUTOR = "executor"
MOST_RECIPIENTS = 50


class Stage(StrEnum):
    """How far a clock has run; ``chased`` is said to a unit that was asked for information."""

    APPROACHING = "approaching"
    DUE_TODAY = "due-today"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    CHASED = "chased"


class Recipient(Value):
    """``role`` is executor, unit-head, controller, leader or asked-unit."""

    official: OfficialId
    role: Code


Recipients = Annotated[tuple[Recipient, ...], Meta(min_length=1, max_length=MOST_RECIPIENTS)]


class DeadlineNoticeGiven(Event, tag="deadline-notice-given"):
    """``working_days_left`` is negative when overdue; ``step`` is the step of the ladder."""

    clock: Clock
    stage: Stage
    step: Code
    due_on: date
    working_days_left: int
    recipients: Recipients


class GiveDeadlineNotice(Command):
    """Given by the watch over the clocks, once for each clock, due date and step.

    An executor who has taken over since is told of the step as well.
    """

    clock: Clock
    stage: Stage
    step: Code
    due_on: date
    working_days_left: int
    recipients: Recipients


class RecipientNamedTwice(NotFitting):
    """Each recipient is named once."""


class NoticeAlreadyGiven(Refusal):
    """This notice has already been given for this due date."""


class ClockNotRunning(Refusal):
    """This clock isn't running in the case: nobody has to be told of it."""


class DueDateMoved(Refusal):
    """The clock is now due on another day."""


class NobodyToTell(Refusal):
    """None of the recipients may know of this case."""


def decide(
    command: GiveDeadlineNotice,
    *,
    running: Mapping[str, date],
    given: Given,
    workers: Collection[str],
    confidential: bool,
    may_not_know: Collection[str] = (),
) -> list[Event]:
    """*running* are the case's clocks with their due dates.

    Of a confidential case only its *workers* may know, and never those ``may_not_know`` whom a
    case is about. Where none of the recipients may, the workers are told in their place.
    """
    if len({each.official for each in command.recipients}) < len(command.recipients):
        raise RecipientNamedTwice
    if command.clock not in running:
        raise ClockNotRunning
    if running[command.clock] != command.due_on:
        raise DueDateMoved
    told = [
        each
        for each in command.recipients
        if each.official not in may_not_know and (not confidential or each.official in workers)
    ]
    if not told:
        others = sorted(set(workers) - set(may_not_know))[:MOST_RECIPIENTS]
        told = [Recipient(official=each, role=EXECUTOR) for each in others]
    notice = (command.clock, command.due_on, command.step)
    before = {official for *key, official in given if tuple(key) == notice}
    told = [each for each in told if each.official not in before]
    if before and all(each.role != EXECUTOR for each in told):
        raise NoticeAlreadyGiven
    if not told:
        raise NobodyToTell
    return [
        DeadlineNoticeGiven(
            clock=command.clock,
            stage=command.stage,
            step=command.step,
            due_on=command.due_on,
            working_days_left=command.working_days_left,
            recipients=tuple(told),
        )
    ]


def evolve(given: Given, event: DeadlineNoticeGiven) -> Given:
    step = (event.clock, event.due_on, event.step)
    return given | {(*step, each.official) for each in event.recipients}
