"""The term in which an appeal has to be answered: extended, suspended, resumed."""

from datetime import date
from typing import Annotated, assert_never

from msgspec import Meta

from domain.case import Code, Command, Context, Event, Refusal, ShortText
from domain.due import Due
from domain.information import DatedInTheFuture
from domain.rule import Unit


class AppealTermExtended(Event, tag="appeal-term-extended"):
    """By ``length``, counted in ``unit``."""

    VERSION = 2

    due: Due
    length: int
    unit: Unit
    applicant_notified_on: date


class AppealTermSuspended(Event, tag="appeal-term-suspended"):
    """The term stands still on a ground of its rule: its last day is open until it runs on."""

    due: Due
    ground: Code
    since: date
    applicant_notified_on: date


class AppealTermResumed(Event, tag="appeal-term-resumed"):
    """The term runs on, or starts anew where its rule says so; ``on`` is the first day of it."""

    due: Due
    on: date


class AppealTermCorrected(Event, tag="appeal-term-corrected"):
    """The receipt that the term runs from was corrected."""

    due: Due


class ExtendTerm(Command):
    """As often and as long as the law allows; all of the length it allows, or less.

    ``length`` is in the unit of the law's extension: working days for Art. 10.2.
    """

    reason: ShortText
    applicant_notified_on: date
    length: Annotated[int, Meta(ge=1, le=1000)] | None = None


class SuspendTerm(Command):
    """On a ground that the rule of the term names, from today or a day before."""

    ground: Code
    reason: ShortText
    applicant_notified_on: date
    since: date | None = None


class ResumeTerm(Command):
    """The ground is gone: today, or on a day before."""

    reason: ShortText
    on: date | None = None


class ExtensionToldTooLate(Refusal):
    """The law wants the applicant to be told of the extension earlier."""


class SuspendedBeforeItBegan(Refusal):
    """The term had not begun on that day."""


class SuspendedAfterItPassed(Refusal):
    """The term had already passed on that day: it can't be suspended any more."""


class ResumedBeforeSuspended(Refusal):
    """The term wasn't standing still on that day."""


TermCommand = ExtendTerm | SuspendTerm | ResumeTerm
TermEvent = AppealTermExtended | AppealTermSuspended | AppealTermResumed | AppealTermCorrected


def decide(command: TermCommand, due: Due, ctx: Context) -> list[Event]:
    """Raises the refusals of `domain.due` and `domain.deadline` too."""
    match command:
        case ExtendTerm(length=length, applicant_notified_on=notified_on):
            extended = ctx.terms.extend(due, length, ctx.today)
            told_by = ctx.terms.extension_told_by(due)
            if told_by and notified_on > told_by:
                raise ExtensionToldTooLate(
                    f"The applicant had to be told of the extension by {told_by}."
                )
            return [
                AppealTermExtended(
                    due=extended,
                    length=extended.granted[-1].length,
                    unit=ctx.terms.extension_unit(due),
                    applicant_notified_on=notified_on,
                )
            ]
        case SuspendTerm(ground=ground, applicant_notified_on=notified_on):
            since = command.since or ctx.today
            if since > ctx.today:
                raise DatedInTheFuture
            if due.since and since < due.since:
                raise SuspendedBeforeItBegan
            if since > due.on:
                raise SuspendedAfterItPassed
            return [
                AppealTermSuspended(
                    due=ctx.terms.suspend(due, ground, since),
                    ground=ground,
                    since=since,
                    applicant_notified_on=notified_on,
                )
            ]
        case ResumeTerm(on=on):
            first = on or ctx.today
            if first > ctx.today:
                raise DatedInTheFuture
            if due.paused and first < due.paused.from_date:
                raise ResumedBeforeSuspended
            return [AppealTermResumed(due=ctx.terms.resume(due, first), on=first)]
        case _:
            assert_never(command)
