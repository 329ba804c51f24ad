"""The one list of the kinds of case: what begins each, decides it and folds it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast, get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import (
    appeal,
    assignment,
    calendar_decision,
    cause,
    destruction,
    finding,
    identity,
    keeping,
    media_inquiry,
    reception,
    unit_report,
)
from domain.case import CaseKind, Command, Context, Event, NotYetBegun


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of case. ``book`` is its register book; ``resource`` its path in the API.

    ``case_id_of``: the id of the case that a beginning command is for, where that follows from the
    command; it may then have begun before.
    """

    kind: CaseKind
    resource: str
    book: str
    begins: type[Command]
    commands: tuple[type[Command], ...]
    events: tuple[type[Event], ...]
    decide: Callable[[Any, Any, Context], list[Event]]
    evolve: Callable[[Any, Any], Any]
    case_id_of: Callable[[Any], UUID] | None = None


Decide = Callable[[Any, Any, Context], list[Event]]
Evolve = Callable[[Any, Any], Any]

_KEEPING: tuple[type[Command], ...] = get_args(keeping.KeepingCommand)
_KEPT: tuple[type[Event], ...] = get_args(keeping.KeepingEvent)


def _decided(kind: CaseKind, own: Decide) -> Decide:
    """Holds and destruction are decided alike in all these kinds, and end everything else."""

    @wraps(own)
    def decide(command: Any, case: Any, ctx: Context) -> list[Event]:
        if case is None:
            if isinstance(command, _KEEPING):
                raise NotYetBegun
        elif isinstance(command, _KEEPING):
            return keeping.decide(cast("keeping.KeepingCommand", command), kind, case)
        elif case.keeping.destroyed_by:
            raise keeping.ContentGone
        return own(command, case, ctx)

    return decide


def _evolved(own: Evolve) -> Evolve:
    @wraps(own)
    def evolve(case: Any, event: Any) -> Any:
        if isinstance(event, _KEPT):
            kept = keeping.evolve(case.keeping, cast("keeping.KeepingEvent", event))
            return replace(case, keeping=kept)
        return own(case, event)

    return evolve


KINDS: dict[CaseKind, Kind] = {
    kind.kind: kind
    for kind in (
        Kind(
            kind=appeal.KIND,
            resource="appeals",
            book=appeal.BOOK,
            begins=appeal.BEGINS,
            commands=(*get_args(appeal.AppealCommand), *_KEEPING),
            events=(*get_args(appeal.AppealEvent), *_KEPT),
            decide=_decided(appeal.KIND, appeal.decide),
            evolve=_evolved(appeal.evolve),
        ),
        Kind(
            kind=reception.KIND,
            resource="receptions",
            book=reception.BOOK,
            begins=reception.BEGINS,
            commands=(*get_args(reception.ReceptionCommand), *_KEEPING),
            events=(*get_args(reception.ReceptionEvent), *_KEPT),
            decide=_decided(reception.KIND, reception.decide),
            evolve=_evolved(reception.evolve),
        ),
        Kind(
            kind=media_inquiry.KIND,
            resource="media-inquiries",
            book=media_inquiry.BOOK,
            begins=media_inquiry.BEGINS,
            commands=(*get_args(media_inquiry.MediaInquiryCommand), *_KEEPING),
            events=(*get_args(media_inquiry.MediaInquiryEvent), *_KEPT),
            decide=_decided(media_inquiry.KIND, media_inquiry.decide),
            evolve=_evolved(media_inquiry.evolve),
        ),
        Kind(
            kind=assignment.KIND,
            resource="assignments",
            book=assignment.BOOK,
            begins=assignment.BEGINS,
            commands=(*get_args(assignment.AssignmentCommand), *_KEEPING),
            events=(*get_args(assignment.AssignmentEvent), *_KEPT),
            decide=_decided(assignment.KIND, assignment.decide),
            evolve=_evolved(assignment.evolve),
        ),
        Kind(
            kind=calendar_decision.KIND,
            resource="calendar-decisions",
            book=calendar_decision.BOOK,
            begins=calendar_decision.BEGINS,
            commands=get_args(calendar_decision.CalendarDecisionCommand),
            events=get_args(calendar_decision.CalendarDecisionEvent),
            decide=calendar_decision.decide,
            evolve=calendar_decision.evolve,
        ),
        Kind(
            kind=finding.KIND,
            resource="findings",
            book=finding.BOOK,
            begins=finding.BEGINS,
            commands=get_args(finding.FindingCommand),
            events=get_args(finding.FindingEvent),
            decide=finding.decide,
            evolve=finding.evolve,
        ),
        Kind(
            kind=identity.KIND,
            resource="identities",
            book=identity.BOOK,
            begins=identity.BEGINS,
            commands=get_args(identity.IdentityCommand),
            events=get_args(identity.IdentityEvent),
            decide=identity.decide,
            evolve=identity.evolve,
            case_id_of=identity.case_id_of,
        ),
        Kind(
            kind=cause.KIND,
            resource="causes",
            book=cause.BOOK,
            begins=cause.BEGINS,
            commands=get_args(cause.CauseCommand),
            events=get_args(cause.CauseEvent),
            decide=cause.decide,
            evolve=cause.evolve,
        ),
        Kind(
            kind=destruction.KIND,
            resource="destructions",
            book=destruction.BOOK,
            begins=destruction.BEGINS,
            commands=get_args(destruction.DestructionCommand),
            events=get_args(destruction.DestructionEvent),
            decide=destruction.decide,
            evolve=destruction.evolve,
        ),
        Kind(
            kind=unit_report.KIND,
            resource="unit-reports",
            book=unit_report.BOOK,
            begins=unit_report.BEGINS,
            commands=get_args(unit_report.UnitReportCommand),
            events=get_args(unit_report.UnitReportEvent),
            decide=unit_report.decide,
            evolve=unit_report.evolve,
            case_id_of=unit_report.case_id_of,
        ),
    )
}

EVENTS: tuple[type[Event], ...] = tuple(
    dict.fromkeys(event for kind in KINDS.values() for event in kind.events)
)
