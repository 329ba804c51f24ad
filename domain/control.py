"""Control (nəzarət): an official keeps an eye on a case until it is done."""

from datetime import date
from typing import assert_never

from domain.case import Command, Context, Event, OfficialId, Refusal, ShortText, Value


class ControlEstablished(Event, tag="control-established"):
    controller: OfficialId
    check_on: date | None = None


class ControlLifted(Event, tag="control-lifted"):
    controller: OfficialId


class PutUnderControl(Command):
    """Nəzarətə götürmə. ``check_on`` is the day the controller wants to look again."""

    reason: ShortText
    check_on: date | None = None


class TakeOffControl(Command):
    """Nəzarətdən çıxarma."""

    reason: ShortText


class AlreadyUnderControl(Refusal):
    """The case is already under control."""


class NotUnderControl(Refusal):
    """The case is not under control."""


class NotTheController(Refusal):
    """Only the official who put the case under control, or their deputy, may take it off."""


ControlCommand = PutUnderControl | TakeOffControl
ControlEvent = ControlEstablished | ControlLifted


class Control(Value):
    controller: OfficialId
    check_on: date | None = None


def decide(command: ControlCommand, control: Control | None, ctx: Context) -> list[Event]:
    match command:
        case PutUnderControl(check_on=check_on):
            if control:
                raise AlreadyUnderControl
            return [ControlEstablished(controller=ctx.by.principal, check_on=check_on)]
        case TakeOffControl():
            if not control:
                raise NotUnderControl
            if control.controller != ctx.by.principal:
                raise NotTheController
            return [ControlLifted(controller=control.controller)]
        case _:
            assert_never(command)


def evolve(event: ControlEvent) -> Control | None:
    match event:
        case ControlEstablished(controller=controller, check_on=check_on):
            return Control(controller=controller, check_on=check_on)
        case ControlLifted():
            return None
        case _:
            assert_never(event)
