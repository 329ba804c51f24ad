"""The one list of the kinds of case: what begins each, decides it and folds it."""

from collections.abc import Callable
from typing import Any, get_args

from msgspec import Struct

from domain import appeal, assignment, calendar_decision, media_inquiry, reception
from domain.case import CaseKind, Command, Context, Event


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of case. ``book`` is its register book; ``resource`` its path in the API."""

    kind: CaseKind
    resource: str
    book: str
    begins: type[Command]
    commands: tuple[type[Command], ...]
    events: tuple[type[Event], ...]
    decide: Callable[[Any, Any, Context], list[Event]]
    evolve: Callable[[Any, Any], Any]


KINDS: dict[CaseKind, Kind] = {
    kind.kind: kind
    for kind in (
        Kind(
            kind=appeal.KIND,
            resource="appeals",
            book=appeal.BOOK,
            begins=appeal.BEGINS,
            commands=get_args(appeal.AppealCommand),
            events=get_args(appeal.AppealEvent),
            decide=appeal.decide,
            evolve=appeal.evolve,
        ),
        Kind(
            kind=reception.KIND,
            resource="receptions",
            book=reception.BOOK,
            begins=reception.BEGINS,
            commands=get_args(reception.ReceptionCommand),
            events=get_args(reception.ReceptionEvent),
            decide=reception.decide,
            evolve=reception.evolve,
        ),
        Kind(
            kind=media_inquiry.KIND,
            resource="media-inquiries",
            book=media_inquiry.BOOK,
            begins=media_inquiry.BEGINS,
            commands=get_args(media_inquiry.MediaInquiryCommand),
            events=get_args(media_inquiry.MediaInquiryEvent),
            decide=media_inquiry.decide,
            evolve=media_inquiry.evolve,
        ),
        Kind(
            kind=assignment.KIND,
            resource="assignments",
            book=assignment.BOOK,
            begins=assignment.BEGINS,
            commands=get_args(assignment.AssignmentCommand),
            events=get_args(assignment.AssignmentEvent),
            decide=assignment.decide,
            evolve=assignment.evolve,
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
    )
}

EVENTS: tuple[type[Event], ...] = tuple(
    dict.fromkeys(event for kind in KINDS.values() for event in kind.events)
)
