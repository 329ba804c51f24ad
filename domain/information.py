"""Information asked of another unit or body, with its own due date (statute 000 4.1.2)."""

from datetime import date
from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from domain.case import (
    Command,
    Context,
    Event,
    NotFitting,
    PersonalLongText,
    Refusal,
    ShortText,
    UnitId,
    Value,
)
from domain.due import Due


class InformationAsked(Event, tag="information-asked"):
    request_id: UUID
    question: PersonalLongText
    due: Due
    unit: UnitId | None = None
    body: ShortText | None = None


class InformationReceived(Event, tag="information-received"):
    request_id: UUID
    answer: PersonalLongText
    received_on: date


class AskForInformation(Command):
    """Ask a unit of ours, or another body: exactly one of ``unit`` and ``body``."""

    question: PersonalLongText
    due_on: date
    unit: UnitId | None = None
    body: ShortText | None = None


class RecordInformation(Command):
    request_id: UUID
    answer: PersonalLongText
    received_on: date


class AskedOfOneOnly(NotFitting):
    """Information is asked either of a unit or of another body: name exactly one."""


class DueInThePast(NotFitting):
    """The due date has already passed."""


class DatedInTheFuture(NotFitting):
    """The date lies in the future."""


class NoSuchInformationRequest(Refusal):
    """No open information request has this id."""


InformationCommand = AskForInformation | RecordInformation
InformationEvent = InformationAsked | InformationReceived


class InformationRequest(Value):
    request_id: UUID
    due: Due
    unit: UnitId | None
    received_on: date | None = None


Requests = tuple[InformationRequest, ...]


def decide(command: InformationCommand, requests: Requests, ctx: Context) -> list[Event]:
    match command:
        case AskForInformation(question=question, due_on=due_on, unit=unit, body=body):
            if (unit is None) == (body is None):
                raise AskedOfOneOnly
            if due_on < ctx.today:
                raise DueInThePast
            return [
                InformationAsked(
                    request_id=ctx.derive_id("information"),
                    question=question,
                    due=ctx.terms.choose(due_on),
                    unit=unit,
                    body=body,
                )
            ]
        case RecordInformation(request_id=request_id, answer=answer, received_on=received_on):
            if received_on > ctx.today:
                raise DatedInTheFuture
            if not any(r.request_id == request_id and not r.received_on for r in requests):
                raise NoSuchInformationRequest
            return [
                InformationReceived(request_id=request_id, answer=answer, received_on=received_on)
            ]
        case _:
            assert_never(command)


def clocks(requests: Requests) -> dict[str, Due]:
    """The terms of what hasn't come yet, by the names that the lists use."""
    return {f"information:{r.request_id}": r.due for r in requests if not r.received_on}


def evolve(requests: Requests, event: InformationEvent) -> Requests:
    match event:
        case InformationAsked(request_id=request_id, due=due, unit=unit):
            return (*requests, InformationRequest(request_id=request_id, due=due, unit=unit))
        case InformationReceived(request_id=request_id, received_on=received_on):
            return tuple(
                replace(r, received_on=received_on) if r.request_id == request_id else r
                for r in requests
            )
        case _:
            assert_never(event)
