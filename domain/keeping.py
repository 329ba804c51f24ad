"""Keeping: whether the content of a case must stay, may go, or is gone."""

from datetime import date
from typing import Any, assert_never
from uuid import UUID

from msgspec.structs import replace

from domain.case import CaseKind, Command, Event, Refusal, ShortText, Value


class HeldFromDestruction(Event, tag="held-from-destruction"):
    """``until`` is when somebody looks again; the hold doesn't end by itself."""

    until: date | None = None


class HoldReleased(Event, tag="hold-released"):
    """The case may be destroyed again once its time has come."""


class ContentDestroyed(Event, tag="content-destroyed"):
    """What is personal in the case can't be read from here on. ``destruction`` decided it."""

    destruction: UUID


class HoldFromDestruction(Command):
    """A dispute, an inspection or an archive needs the case: it stays whatever its rule says."""

    reason: ShortText
    until: date | None = None


class ReleaseHold(Command):
    """The case isn't needed any more."""

    reason: ShortText


class DestroyContent(Command):
    """Given with the carrying out of the destruction, in the same transaction."""

    destruction: UUID


class AlreadyHeld(Refusal):
    """The case is held from destruction already."""


class NotHeld(Refusal):
    """The case isn't held from destruction."""


class ContentGone(Refusal):
    """The content of this case was destroyed: nothing more can be recorded in it."""


class StillKept(Refusal):
    """The case is open, under control, held, or not destroyed by anybody's decision."""


KeepingCommand = HoldFromDestruction | ReleaseHold | DestroyContent
KeepingEvent = HeldFromDestruction | HoldReleased | ContentDestroyed


class Keeping(Value):
    held: bool = False
    destroyed_by: UUID | None = None


AS_USUAL = Keeping()

_ENDED = {
    CaseKind.APPEAL: frozenset({"closed", "forwarded", "withdrawn", "merged", "unconsidered"}),
    CaseKind.RECEPTION: frozenset({"closed", "cancelled"}),
    CaseKind.MEDIA_INQUIRY: frozenset({"closed", "declined", "handed-over"}),
    CaseKind.ASSIGNMENT: frozenset({"fulfilled", "cancelled"}),
}
"""An answered appeal or inquiry hasn't ended: it is closed and filed first."""


def ended_stages(kind: CaseKind) -> frozenset[str]:
    """The stages from which a time of retention runs; none where cases are kept for ever."""
    return _ENDED.get(kind, frozenset())


def has_ended(kind: CaseKind, case: Any) -> bool:
    return case.stage in ended_stages(kind)


def ended_on(
    before: date | None, kind: CaseKind, case: Any, event: Event, day: date
) -> date | None:
    """When the case ended, after *event* of that *day*; an older register tells its own."""
    if not has_ended(kind, case):
        return None
    return before or getattr(event, "ended_on", None) or day


def gone(case: Any) -> bool:
    """Whether the content of the case was destroyed."""
    return bool(getattr(case, "keeping", AS_USUAL).destroyed_by)


def why_kept(kind: CaseKind, case: Any) -> str | None:
    """Why the case can't be destroyed whatever the day is; None where its time alone decides."""
    if gone(case):
        return "destroyed-before"
    if not has_ended(kind, case):
        return "not-ended"
    if getattr(case, "control", None):
        return "under-control"
    return "held-back" if case.keeping.held else None


def decide(command: KeepingCommand, kind: CaseKind, case: Any) -> list[Event]:
    keeping: Keeping = case.keeping
    if keeping.destroyed_by:
        raise ContentGone
    match command:
        case HoldFromDestruction(until=until):
            if keeping.held:
                raise AlreadyHeld
            return [HeldFromDestruction(until=until)]
        case ReleaseHold():
            if not keeping.held:
                raise NotHeld
            return [HoldReleased()]
        case DestroyContent(destruction=destruction):
            if why_kept(kind, case):
                raise StillKept
            return [ContentDestroyed(destruction=destruction)]
        case _:
            assert_never(command)


def evolve(keeping: Keeping, event: KeepingEvent) -> Keeping:
    match event:
        case HeldFromDestruction():
            return replace(keeping, held=True)
        case HoldReleased():
            return replace(keeping, held=False)
        case ContentDestroyed(destruction=destruction):
            return replace(keeping, destroyed_by=destruction)
        case _:
            assert_never(event)
